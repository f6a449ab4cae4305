// The JavaScript side of bindings/node/handoff: runs the events of a batch, keeps the operations
// that are under way, and decides whether the environment is kept alive.

import { errorOf, type TidewireError } from './errors'
import { load } from './native'

/** What runs a request: a route or a method of a started server. */
export interface Runner {
  /** `flags`: see runner.ts. */
  run(slot: number, flags: number): void
}

/** Of Work; a symbol, since users hold such objects too. */
export const CANCEL = Symbol('cancel')

/** Work that a handler does, to be told of its caller's end. */
export interface Work {
  [CANCEL](byDeadline: boolean): void
}

/** An operation of a client or server that is under way. */
export interface Operation {
  completed(result: number, status: number): void
  failed(error: TidewireError): void
}

const EventKind = { request: 1, cancelled: 2, completed: 3, failed: 4 } as const
const EVENT_WORDS = 4

const runners: (Runner | undefined)[] = []
const working: (Work | undefined)[] = []
const operations: (Operation | undefined)[] = []
const freeOperations: number[] = []
let holds = 0
let dispatching = false
let flushScheduled = false

const addon = load()

/** The version of the core in the addon. */
export const version: string = addon.version
export const native = addon.attach({ dispatch, makeError: errorOf })

const events = native.events

// What handlers throw is caught by their Runner. Nothing else in here runs foreign code.
function dispatch(count: number, first: number): void {
  dispatching = true
  try {
    for (let index = first; index < count; index++) {
      events[0] = index
      const at = (index + 1) * EVENT_WORDS
      const one = events[at + 1]
      const two = events[at + 2]
      const three = events[at + 3]
      switch (events[at]) {
        case EventKind.request: {
          const runner = runners[one]
          if (runner === undefined) native.replyError(two, 'no_responders', undefined)
          else runner.run(two, three)
          break
        }
        case EventKind.cancelled:
          working[one]?.[CANCEL](two === 1)
          break
        case EventKind.completed:
          endOperation(one)?.completed(two, three)
          break
        case EventKind.failed:
          endOperation(one)?.failed(native.takeError(two))
          break
      }
    }
  } finally {
    dispatching = false
  }
}

/** A number for a handler of a server; addRunner() gives it to requests. */
let lastRunner = 0
export function newRunnerNumber(): number {
  return lastRunner++
}
export function addRunner(number: number, runner: Runner): void {
  runners[number] = runner
}
export function removeRunner(number: number): void {
  runners[number] = undefined
}

export function beginWork(slot: number, work: Work): void {
  working[slot] = work
}
export function endWork(slot: number): void {
  working[slot] = undefined
}

const settled = Promise.resolve()

/**
 * Call it after a reply and after the start of a client's operation: those of one turn go to the
 * core together.
 */
export function scheduleFlush(): void {
  // The addon itself sends those of a batch when the batch is done.
  if (dispatching || flushScheduled) return
  flushScheduled = true
  void settled.then(flush)
}
function flush(): void {
  flushScheduled = false
  native.flush()
}

/** Keeps the environment alive until as many release() as hold() were called. */
export function hold(): void {
  if (holds++ === 0) native.hold(true)
}
export function release(): void {
  if (--holds === 0) native.hold(false)
}

/** Gives a number to `operation` and keeps the environment alive until it has ended. */
export function beginOperation(operation: Operation): number {
  const number = freeOperations.pop() ?? operations.length
  operations[number] = operation
  hold()
  return number
}
/** Also for an operation that the core refused, which therefore never completes. */
export function endOperation(number: number): Operation | undefined {
  const operation = operations[number]
  if (operation === undefined) return undefined
  operations[number] = undefined
  freeOperations.push(number)
  release()
  return operation
}

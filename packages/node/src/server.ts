import { channel } from 'node:diagnostics_channel'
import { types } from 'node:util'

import { TidewireError } from './errors'
import {
  type Runner,
  addRunner,
  beginOperation,
  endOperation,
  hold,
  native,
  newRunnerNumber,
  release,
  removeRunner,
  scheduleFlush,
} from './handoff'
import { encode } from './json'
import type { ServerStats } from './native'
import { type Limits, checkDuration, checkOptions } from './options'
import {
  MethodContext,
  type Request,
  beginRequest,
  endRequest,
  isAnswered,
  isCancelled,
  slotOf,
} from './request'
import { JSON_DEPTH_MAX, Response, replyWith } from './response'

/**
 * Its result is the answer: a string as text, a Uint8Array as bytes, undefined as 204, a Response
 * as it is, anything else as JSON.
 */
export type Handler = (request: Request) => unknown

/**
 * A method that is called by name with its arguments as one value, usually an object. Its result
 * is sent as JSON.
 */
export type MethodHandler<Args = never> = (args: Args, context: MethodContext) => unknown

export interface ServerOptions {
  /** Threads of the core that serve connections. Default 1. */
  loops?: number
  limits?: Limits
  /** Whether callers are told the messages of exceptions in handlers. */
  debug?: boolean
}

/** What the channel `tidewire:handler:error` publishes. */
export interface HandlerErrorMessage {
  readonly error: unknown
  /** `GET /users/{id}`, or the name of a method. */
  readonly handler: string
}

const handlerErrors = channel('tidewire:handler:error')
// The numbers of bindings/node/request.cpp.
const ContentType = { none: 0, json: 1, text: 2, bytes: 3 } as const

const released = new FinalizationRegistry<number>((handle) => native.serverRelease(handle))

type State = 'new' | 'started' | 'stopped'

interface Registered {
  readonly number: number
  readonly runner: Runner
}

/**
 * Routes and named methods over HTTP/1.1. Its connections live on threads of the core, so that a
 * busy handler does not hurt them. A started server keeps the process alive, as node:http does.
 */
export class Server implements AsyncDisposable {
  readonly #handle: number
  readonly #debug: boolean
  readonly #jsonDepthMax: number
  readonly #registered: Registered[] = []
  #state: State = 'new'
  #held = true
  #url = ''
  #port = 0
  #stopped: Promise<void> | undefined
  #lastStats: ServerStats | undefined

  /** `address`: `host:port`, `[::1]:port`; port 0 takes a free one. */
  constructor(address: string, options: ServerOptions = {}) {
    if (typeof address !== 'string') {
      throw new TidewireError('invalid_argument', 'an address is a string, "host:port"')
    }
    checkOptions('Server', options, ['loops', 'limits', 'debug'])
    const { loops, limits } = options
    if (loops !== undefined && !(Number.isInteger(loops) && loops >= 1 && loops <= 256)) {
      throw new TidewireError('invalid_argument', 'loops is an integer from 1 to 256')
    }
    this.#debug = options.debug ?? false
    this.#jsonDepthMax = limits?.jsonDepthMax ?? JSON_DEPTH_MAX
    this.#handle = native.serverCreate(address, loops, limits, this.#debug)
    released.register(this, this.#handle, this)
  }

  get(pattern: string, handler: Handler): this {
    return this.route('GET', pattern, handler)
  }
  post(pattern: string, handler: Handler): this {
    return this.route('POST', pattern, handler)
  }
  put(pattern: string, handler: Handler): this {
    return this.route('PUT', pattern, handler)
  }
  patch(pattern: string, handler: Handler): this {
    return this.route('PATCH', pattern, handler)
  }
  delete(pattern: string, handler: Handler): this {
    return this.route('DELETE', pattern, handler)
  }

  /**
   * `pattern`: `/users/{id}` matches one segment, `/files/{path...}` the rest of the path.
   *
   * @throws TidewireError misuse after start(); invalid_argument for a pattern that is malformed,
   *   reserved or taken.
   */
  route(method: string, pattern: string, handler: Handler): this {
    checkHandler(method, pattern, handler)
    const number = newRunnerNumber()
    native.serverRoute(this.#open(), method, pattern, number)
    const runner = new RouteRunner(`${method} ${pattern}`, handler, this.#debug, this.#jsonDepthMax)
    this.#registered.push({ number, runner })
    return this
  }

  /**
   * Serves `POST /methods/{name}`. Names are tokens of [A-Za-z0-9_-] joined by single dots.
   * A call without a body gives `undefined` as arguments.
   */
  method<Args>(name: string, handler: MethodHandler<Args>): this {
    checkHandler('method', name, handler)
    const number = newRunnerNumber()
    native.serverMethod(this.#open(), name, number)
    const run = handler as MethodHandler<unknown>
    const runner = new MethodRunner(name, run, this.#debug, this.#jsonDepthMax)
    this.#registered.push({ number, runner })
    return this
  }

  /**
   * Binds and serves.
   *
   * @throws TidewireError unavailable when the address is taken, invalid_argument when it is none.
   */
  async start(): Promise<void> {
    if (this.#state === 'started') throw new TidewireError('misuse', 'the server was started')
    native.serverStart(this.#open())
    this.#state = 'started'
    this.#url = native.serverUrl(this.#handle)
    this.#port = native.serverPort(this.#handle)
    for (const { number, runner } of this.#registered) addRunner(number, runner)
    running.add(this)
    if (this.#held) hold()
  }

  /**
   * Stops accepting, answers what is under way for at most `graceMs` (default: the limit
   * stopGraceMs), then ends every connection.
   */
  async stop(options: { graceMs?: number } = {}): Promise<void> {
    checkOptions('stop', options, ['graceMs'])
    const graceMs = checkDuration('graceMs', options.graceMs)
    this.#stopped ??= this.#state === 'started' ? this.#drain(graceMs) : this.#end()
    return this.#stopped
  }

  /** Starts, if need be, and serves until SIGINT, SIGTERM or stop(); then drains. */
  async run(): Promise<void> {
    if (this.#state === 'new') await this.start()
    const { promise, resolve } = deferred()
    this.#whenStopped = resolve
    process.once('SIGINT', resolve).once('SIGTERM', resolve)
    try {
      await promise
    } finally {
      process.off('SIGINT', resolve).off('SIGTERM', resolve)
    }
    await this.stop()
  }
  #whenStopped: (() => void) | undefined

  /** `http://127.0.0.1:8080`; empty before start(). */
  get url(): string {
    return this.#url
  }
  /** 0 before start(). */
  get port(): number {
    return this.#port
  }

  stats(): ServerStats {
    return this.#lastStats ?? native.serverStats(this.#handle)
  }

  /** Whether this server, while it serves, keeps the process alive. It does at first. */
  ref(): this {
    return this.#hold(true)
  }
  unref(): this {
    return this.#hold(false)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #hold(held: boolean): this {
    if (this.#held === held) return this
    this.#held = held
    if (this.#state === 'started') {
      if (held) hold()
      else release()
    }
    return this
  }

  #open(): number {
    if (this.#stopped !== undefined) throw new TidewireError('misuse', 'the server was stopped')
    return this.#handle
  }

  async #drain(graceMs: number | undefined): Promise<void> {
    this.#whenStopped?.()
    await new Promise<void>((resolve, reject) => {
      const operation = beginOperation({ completed: () => resolve(), failed: reject })
      try {
        native.serverStop(this.#handle, graceMs, operation)
      } catch (error) {
        endOperation(operation)
        throw error
      }
    })
    running.delete(this)
    for (const { number } of this.#registered) removeRunner(number)
    await this.#end()
    if (this.#held) release()
  }

  async #end(): Promise<void> {
    this.#state = 'stopped'
    this.#whenStopped?.()
    this.#lastStats = native.serverStats(this.#handle)
    released.unregister(this)
    native.serverRelease(this.#handle)
  }
}

/** A server that serves is not garbage, whoever holds it. */
const running = new Set<Server>()

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void
  const promise = new Promise<void>((settle) => (resolve = settle))
  return { promise, resolve }
}

function checkHandler(first: unknown, second: unknown, handler: unknown): void {
  if (typeof first !== 'string' || typeof second !== 'string') {
    throw new TidewireError('invalid_argument', 'methods, patterns and names are strings')
  }
  if (typeof handler !== 'function') {
    throw new TidewireError('invalid_argument', 'a handler is a function')
  }
}

/** Runs one handler and sends what it gives. Subclasses say how. */
abstract class HandlerRunner implements Runner {
  protected readonly jsonDepthMax: number
  readonly #name: string
  readonly #debug: boolean

  constructor(name: string, debug: boolean, jsonDepthMax: number) {
    this.#name = name
    this.#debug = debug
    this.jsonDepthMax = jsonDepthMax
  }

  run(slot: number, unsafe: boolean): void {
    const request = beginRequest(slot, this.jsonDepthMax)
    let result: unknown
    try {
      result = this.call(request, slot, unsafe)
      if (isThenable(result)) {
        result.then(
          (value) => this.#finish(request, value),
          (error: unknown) => this.#fail(request, error),
        )
        return
      }
    } catch (error) {
      this.#fail(request, error)
      return
    }
    this.#finish(request, result)
  }

  protected abstract call(request: Request, slot: number, unsafe: boolean): unknown
  /** Sends `result` under `slot`, or throws before it has. */
  protected abstract send(slot: number, result: unknown): void

  // A thenable that is no promise may call both of these, or one of them twice.
  #finish(request: Request, result: unknown): void {
    if (isAnswered(request)) return
    try {
      this.send(slotOf(request), result)
    } catch (error) {
      this.#fail(request, error)
      return
    }
    endRequest(request)
    scheduleFlush()
  }

  #fail(request: Request, error: unknown): void {
    if (isAnswered(request)) return
    const known = error instanceof TidewireError && error.code !== 'internal'
    const code = known ? error.code : 'internal'
    const message = known ? error.message : this.#debug ? String(error) : undefined
    native.replyError(slotOf(request), code, message)
    const cancelled = isCancelled(request)
    endRequest(request)
    scheduleFlush()
    // A handler that gives up since its caller has is no error.
    if (!cancelled && handlerErrors.hasSubscribers) {
      handlerErrors.publish({ error, handler: this.#name } satisfies HandlerErrorMessage)
    }
  }
}

class RouteRunner extends HandlerRunner {
  readonly #handler: Handler

  constructor(name: string, handler: Handler, debug: boolean, jsonDepthMax: number) {
    super(name, debug, jsonDepthMax)
    this.#handler = handler
  }

  protected call(request: Request): unknown {
    return this.#handler(request)
  }

  protected send(slot: number, result: unknown): void {
    if (typeof result === 'string') native.reply(slot, 200, ContentType.text, result)
    else if (result === undefined) native.reply(slot, 204, ContentType.none, undefined)
    else if (result instanceof Response) replyWith(slot, result)
    else if (types.isUint8Array(result)) native.reply(slot, 200, ContentType.bytes, result)
    else native.reply(slot, 200, ContentType.json, encode(result))
  }
}

class MethodRunner extends HandlerRunner {
  readonly #handler: MethodHandler<unknown>

  constructor(
    name: string,
    handler: MethodHandler<unknown>,
    debug: boolean,
    jsonDepthMax: number,
  ) {
    super(name, debug, jsonDepthMax)
    this.#handler = handler
  }

  protected call(request: Request, slot: number, unsafe: boolean): unknown {
    return this.#handler(argumentsOf(slot, unsafe), new MethodContext(request))
  }

  protected send(slot: number, result: unknown): void {
    native.reply(slot, 200, ContentType.json, encode(result))
  }
}

/** The core has checked the body to be JSON. */
function argumentsOf(slot: number, unsafe: boolean): unknown {
  if (unsafe) return native.requestValue(slot)
  const text = native.requestText(slot)
  return text === '' ? undefined : JSON.parse(text)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  )
}

// Streams: sequences of values that are sent while they are being made.

import { TidewireError } from './errors'
import { native } from './handoff'
import { encode, parsedValue } from './json'
import { asError, cancelledBy, checkSignal, perform } from './operation'

/** What can be sent as a stream. */
export type Items = AsyncIterable<unknown> | Iterable<unknown>

/** The status of a batch that is the last one: see Host::completion_items(). */
const LAST = 204

/** How a stream begins: gives the number of its reader. */
type Open = () => number | Promise<number>

const abandoned = new FinalizationRegistry<number>((reader) => native.streamRelease(reader))

/**
 * The items of a stream, in order. `for await` ends with it, or throws what broke it; leaving the
 * loop early tells the other side, which stops.
 */
export class Stream<T = unknown> implements AsyncIterableIterator<T>, AsyncDisposable {
  readonly #jsonDepthMax: number
  #open: Open | undefined
  #reader: number | undefined
  #items: unknown[] = []
  #at = 0
  #over = false
  #error: Error | undefined
  /** The step that was asked for last; steps are taken one after the other. */
  #last: Promise<unknown> | undefined
  #unwatch: (() => void) | undefined

  /** For this package: use `client.stream()`. */
  constructor(open: Open, jsonDepthMax: number, signal?: AbortSignal) {
    this.#open = open
    this.#jsonDepthMax = jsonDepthMax
    if (checkSignal(signal) === undefined) return
    const abort = (): void => this.#break(cancelledBy(signal!))
    if (signal!.aborted) {
      abort()
      return
    }
    signal!.addEventListener('abort', abort, { once: true })
    this.#unwatch = () => signal!.removeEventListener('abort', abort)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<T>> {
    const step =
      this.#last === undefined ? this.#step() : this.#last.then(() => this.#step())
    const settled: Promise<unknown> = step
      .catch(() => undefined)
      .then(() => {
        if (this.#last === settled) this.#last = undefined
      })
    this.#last = settled
    return step
  }

  /** Reads on no more: the other side is told. */
  async return(): Promise<IteratorResult<T>> {
    this.#break(undefined)
    return { done: true, value: undefined }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.return().then(() => undefined)
  }

  async #step(): Promise<IteratorResult<T>> {
    while (this.#at === this.#items.length) {
      if (this.#error !== undefined) throw this.#error
      if (this.#over) return { done: true, value: undefined }
      await this.#read()
    }
    return { done: false, value: this.#items[this.#at++] as T }
  }

  async #read(): Promise<void> {
    try {
      if (this.#open !== undefined) {
        const open = this.#open
        this.#open = undefined
        const reader = await open()
        if (this.#over || this.#error !== undefined) return native.streamRelease(reader)
        this.#reader = reader
        abandoned.register(this, reader, this)
      }
      const reader = this.#reader!
      const [items, last] = await perform(
        undefined,
        (result, status) =>
          [parsedValue(native.takeItems(result, this.#jsonDepthMax)), status === LAST] as [
            unknown[],
            boolean,
          ],
        (operation) => native.streamRead(reader, operation),
      )
      if (this.#over) return
      this.#items = items
      this.#at = 0
      if (last) this.#close()
    } catch (error) {
      if (this.#over || this.#error !== undefined) return
      this.#break(asError(error))
    }
  }

  /** With an error, that is what is read from now on. */
  #break(error: Error | undefined): void {
    if (this.#over || this.#error !== undefined) return
    this.#error = error
    this.#items = []
    this.#at = 0
    this.#close()
  }

  #close(): void {
    this.#over = this.#error === undefined
    this.#open = undefined
    this.#unwatch?.()
    if (this.#reader === undefined) return
    abandoned.unregister(this)
    native.streamRelease(this.#reader)
    this.#reader = undefined
  }
}

/** Whether `value` can be sent as a stream. */
export function isItems(value: unknown): value is Items {
  if (typeof value !== 'object' || value === null) return false
  return Symbol.asyncIterator in value || Symbol.iterator in value
}

export function checkItems(value: unknown): Items {
  if (isItems(value) && !ArrayBuffer.isView(value)) return value
  throw new TidewireError('invalid_argument', 'body is an iterable of items, async or not')
}

/** Sends items, no faster than they are read. */
export class Sender {
  readonly #writer: number
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>
  #stopped = false
  #wake: (() => void) | undefined

  constructor(writer: number, items: Items) {
    this.#writer = writer
    this.#iterator =
      Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  }

  /** Sends all and the end. What the items throw goes to `failed`, and on. */
  async run(
    failed: (error: unknown) => [code: string, message: string | undefined],
  ): Promise<void> {
    try {
      for (;;) {
        const step = await this.#next()
        if (this.#stopped || step === undefined) {
          return native.streamFail(this.#writer, 'cancelled', undefined)
        }
        if (step.done === true) {
          this.#stopped = true
          return native.streamEnd(this.#writer)
        }
        if (!native.streamSend(this.#writer, encode(step.value))) await this.#drained()
      }
    } catch (error) {
      native.streamFail(this.#writer, ...failed(error))
      this.#leave()
      throw error
    }
  }

  /** Nobody reads on: asks the items for no more. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#wake?.()
    this.#leave()
  }

  #next(): Promise<IteratorResult<unknown> | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) return resolve(undefined)
      this.#wake = () => resolve(undefined)
      Promise.resolve(this.#iterator.next()).then(resolve, reject)
    })
  }

  #drained(): Promise<void> {
    return perform(
      undefined,
      () => undefined,
      (operation) => native.streamDrained(this.#writer, operation),
    )
  }

  // A generator that waits for something ends when that has come: nobody waits for it here.
  #leave(): void {
    try {
      void Promise.resolve(this.#iterator.return?.()).catch(() => undefined)
    } catch {
      // Its own affair.
    }
  }
}

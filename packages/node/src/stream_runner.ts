// Runs the handlers of methods that stream: what they give is sent while it is made.

import { TidewireError } from './errors'
import { native } from './handoff'
import type { MethodOptions } from './method_types'
import { MethodContext, type Request } from './request'
import { HandlerRunner, type MethodHandler, argumentsOf } from './runner'
import { type StandardSchemaV1, validated } from './standard_schema'
import { Sender, Stream, checkItems } from './stream'

/** Which side of a method is a stream. */
export type Streams = 'reply' | 'request' | 'both'

/** The numbers of the core's Streams. */
const NUMBERS = { reply: 1, request: 2, both: 3 } as const

/** What a method streams, by its options and its handler: a generator streams its reply. */
export function streamsOf(options: MethodOptions, handler: unknown): number {
  const given = options.streams === undefined ? 0 : NUMBERS[options.streams]
  const kind = Object.prototype.toString.call(handler)
  const yields = kind === '[object AsyncGeneratorFunction]' || kind === '[object GeneratorFunction]'
  return given | (yields ? NUMBERS.reply : 0)
}

export class StreamRunner extends HandlerRunner {
  readonly #handler: MethodHandler<unknown>
  readonly #options: MethodOptions
  readonly #replies: boolean
  readonly #receives: boolean

  constructor(
    name: string,
    handler: MethodHandler<unknown>,
    options: MethodOptions,
    streams: number,
    debug: boolean,
    jsonDepthMax: number,
  ) {
    super(name, debug, jsonDepthMax)
    this.#handler = handler
    this.#options = options
    this.#replies = (streams & NUMBERS.reply) !== 0
    this.#receives = (streams & NUMBERS.request) !== 0
  }

  protected call(request: Request, slot: number, flags: number): unknown {
    if (!this.#replies) return this.#reply(request, slot)
    return this.#stream(request, slot, flags)
  }

  protected send(slot: number, result: unknown, flags: number): void {
    if (this.#replies) native.requestRelease(slot)
    else this.sendValue(slot, result, flags)
  }

  /** One value for a stream of arguments. */
  async #reply(request: Request, slot: number): Promise<unknown> {
    const items = this.#items(slot)
    try {
      const result = await this.#handler(items, new MethodContext(request))
      const { output } = this.#options
      return output === undefined ? result : await validated(output, result, badResult)
    } finally {
      await items.return?.()
    }
  }

  /** What it fails with is told by the writer. */
  async #stream(request: Request, slot: number, flags: number): Promise<void> {
    const writer = native.requestWriter(slot)
    let sender: Sender | undefined
    const failed = (error: unknown): [string, string | undefined] => this.failure(request, error)
    try {
      const args = this.#receives ? this.#items(slot) : await this.#arguments(slot, flags)
      const result = await this.#handler(args, new MethodContext(request))
      const { output } = this.#options
      const items = checkItems(result)
      sender = new Sender(writer, output === undefined ? items : each(output, items, badResult))
    } catch (error) {
      native.streamFail(writer, ...failed(error))
      return
    }
    const stop = (): void => sender.stop()
    request.signal.addEventListener('abort', stop, { once: true })
    try {
      await sender.run(failed)
    } catch {
      // It was told.
    }
  }

  #arguments(slot: number, flags: number): unknown {
    const args = argumentsOf(slot, flags)
    const { input } = this.#options
    return input === undefined ? args : validated(input, args, badArguments)
  }

  #items(slot: number): AsyncIterableIterator<unknown> {
    const reader = native.requestReader(slot)
    const stream = new Stream(() => reader, this.jsonDepthMax)
    const { input } = this.#options
    return input === undefined ? stream : each(input, stream, badArguments)
  }
}

async function* each(
  schema: StandardSchemaV1,
  items: AsyncIterable<unknown> | Iterable<unknown>,
  failure: (message: string) => TidewireError,
): AsyncGenerator<unknown> {
  for await (const item of items) yield await validated(schema, item, failure)
}

function badArguments(message: string): TidewireError {
  return new TidewireError('invalid_argument', message)
}

function badResult(message: string): TidewireError {
  return new TidewireError('internal', `the result of the method does not fit: ${message}`)
}


import {
  CALL_OPTIONS,
  CONNECT_OPTIONS,
  type CallOptions,
  type ConnectOptions,
  NO_OPTIONS,
  REQUEST_OPTIONS,
  type RequestOptions,
  bodyOf,
  checkCount,
  checkStreamOptions,
  checkText,
  isCapnp,
  itemsFailed,
} from './client_options'
import { decodeMessage, encodeMessage } from './capnp/value'
import { TidewireError } from './errors'
import { hold, native, release } from './handoff'
import { flatHeaders, takeContentType } from './headers'
import { encode, parsedValue } from './json'
import { perform } from './operation'
import { checkDuration, checkOptions, checkTimeout } from './options'
import { Sender, Stream } from './stream'
import { JSON_DEPTH_MAX, type Response, received } from './response'
import { checkedClientTls } from './tls'
import { Token } from './token'

/** `client.methods.add({ a, b })` is `client.call('add', { a, b })`. */
export type Methods = Readonly<
  Record<string, (args?: unknown, options?: CallOptions) => Promise<unknown>>
>

/** The default of the core. */
const TIMEOUT_MS = 30_000

const released = new FinalizationRegistry<number>((handle) => native.clientClose(handle))

/**
 * Connects to `http(s)://host[:port][/prefix]`, or to a Unix socket, `unix:/path`.
 *
 * @throws TidewireError unavailable when nobody answers there, invalid_argument for a URL that is
 *   none of ours.
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Client> {
  checkOptions('connect', options, CONNECT_OPTIONS)
  const capnp = isCapnp(options.serializer, false)
  const token =
    options.token === undefined
      ? undefined
      : new Token(options.token, options.timeoutMs ?? TIMEOUT_MS)
  const handle = native.clientCreate(
    String(url),
    checkTimeout(options.timeoutMs),
    checkDuration('connectTimeoutMs', options.connectTimeoutMs),
    checkCount('connectionsMax', options.connectionsMax),
    checkDuration('idleTimeoutMs', options.idleTimeoutMs),
    flatHeaders(options.headers),
    options.limits,
    checkedClientTls(String(url), options.tls),
    options.compression ?? false,
  )
  try {
    await perform(undefined, () => undefined, (operation) => native.clientOpen(handle, operation))
  } catch (error) {
    native.clientClose(handle)
    throw error
  }
  return makeClient(handle, options.limits?.jsonDepthMax ?? JSON_DEPTH_MAX, token, capnp)
}

function isExpired(error: unknown): boolean {
  return error instanceof TidewireError && error.code === 'token_expired'
}

function errorOfResponse(response: Response): unknown {
  return native.responseError(response.status, response.contentType, response.body)
}

let makeClient: (
  handle: number,
  jsonDepthMax: number,
  token: Token | undefined,
  capnp: boolean,
) => Client

/**
 * Calls methods and routes of one server, over a pool of kept connections. What is under way keeps
 * the process alive; an idle client does not, unless ref() was called.
 */
export class Client implements AsyncDisposable {
  readonly url: string
  readonly methods: Methods
  readonly #handle: number
  readonly #jsonDepthMax: number
  readonly #token: Token | undefined
  /** Whether calls are written by Cap'n Proto unless they say otherwise. */
  readonly #capnp: boolean
  #held = false
  #closed = false

  private constructor(
    handle: number,
    jsonDepthMax: number,
    token: Token | undefined,
    capnp: boolean,
  ) {
    this.#token = token
    this.#capnp = capnp
    this.#handle = handle
    this.#jsonDepthMax = jsonDepthMax
    this.url = native.clientUrl(handle)
    this.methods = methodsOf(this)
    released.register(this, handle, this)
  }

  static {
    makeClient = (...parts) => new Client(...parts)
  }

  /**
   * Calls a method by name.
   *
   * @throws TidewireError what the server reports, or timeout, cancelled, connection_lost,
   *   unavailable, closed.
   */
  call<Result = unknown>(
    name: string,
    args?: unknown,
    options: CallOptions = NO_OPTIONS,
  ): Promise<Result> {
    if (options.body !== undefined) {
      return this.#callWith(name, args, options) as Promise<Result>
    }
    if (this.#token === undefined) return this.#call(name, args, options)
    return this.#token.send(
      options.headers,
      options.timeoutMs,
      (headers, timeoutMs) => this.#call(name, args, { ...options, headers, timeoutMs }),
      (_, error) => isExpired(error),
    )
  }

  #call<Result>(name: string, args: unknown, options: CallOptions): Promise<Result> {
    return perform(
      options.signal,
      (result) => this.#valueOf(result) as Result,
      (operation) => {
        if (options !== NO_OPTIONS) checkOptions('call', options, CALL_OPTIONS)
        checkText('the name of a method', name)
        const capnp = isCapnp((options).serializer, this.#capnp)
        native.clientCall(
          this.#handle,
          operation,
          name,
          args === undefined ? '' : capnp ? encodeMessage(args) : encode(args),
          checkTimeout(options.timeoutMs),
          flatHeaders(options.headers),
          capnp,
        )
      },
    )
  }

  #valueOf(result: number): unknown {
    const parsed = native.takeValue(result, this.#jsonDepthMax)
    if (parsed === undefined) return undefined
    return parsed instanceof Uint8Array ? decodeMessage(parsed) : parsedValue(parsed)
  }

  async #callWith(name: string, args: unknown, options: CallOptions): Promise<unknown> {
    const { items, timeoutMs } = checkStreamOptions('call', name, args, options)
    const headers = await this.#streamHeaders(options)
    let sender: Sender | undefined
    const reply = perform(
      options.signal,
      (result) => this.#valueOf(result),
      (operation) => {
        const writer = native.clientCallWithStream(
          this.#handle,
          operation,
          name,
          timeoutMs,
          headers,
        )
        sender = new Sender(writer, items!)
      },
    )
    reply.catch(() => undefined)
    const sent = sender!.run(itemsFailed).then(() => reply)
    try {
      return await Promise.race([reply, sent])
    } finally {
      sender!.stop()
      sent.catch(() => undefined)
    }
  }

  /**
   * Calls a method whose reply is a stream: `for await (const item of client.stream('ticks'))`.
   * It begins with the first item that is asked for. `timeoutMs` holds to the last item; without
   * one it lasts as long as it wants.
   */
  stream<T = unknown>(name: string, args?: unknown, options: CallOptions = NO_OPTIONS): Stream<T> {
    const { items, timeoutMs } = checkStreamOptions('stream', name, args, options)
    const json = args === undefined ? '' : encode(args)
    const begin = (headers: string[] | undefined): number => {
      if (items === undefined) {
        return native.clientStream(this.#handle, name, json, timeoutMs, headers)
      }
      const [writer, reader] = native.clientStreamWithStream(
        this.#handle,
        name,
        timeoutMs,
        headers,
      )
      // What the items throw has failed the call, which tells.
      new Sender(writer, items).run(itemsFailed).catch(() => undefined)
      return reader
    }
    const open = async (): Promise<number> => begin(await this.#streamHeaders(options))
    return new Stream<T>(open, this.#jsonDepthMax, options.signal)
  }

  async #streamHeaders(options: CallOptions): Promise<string[] | undefined> {
    if (this.#token === undefined) return flatHeaders(options.headers)
    return flatHeaders(await this.#token.headers(options.headers))
  }

  /** Any request; any status is a Response. `target` is a path with query: `/users/7?full=1`. */
  request(
    method: string,
    target: string,
    options: RequestOptions = NO_OPTIONS,
  ): Promise<Response> {
    if (this.#token === undefined) return this.#request(method, target, options)
    return this.#token.send(
      options.headers,
      options.timeoutMs,
      (headers, timeoutMs) => this.#request(method, target, { ...options, headers, timeoutMs }),
      (response) => response?.status === 401 && isExpired(errorOfResponse(response)),
    )
  }

  #request(method: string, target: string, options: RequestOptions): Promise<Response> {
    const take = (result: number, status: number): Response =>
      received(status, native.takeResponse(result), this.#jsonDepthMax)
    return perform(options.signal, take, (operation) => {
      if (options !== NO_OPTIONS) checkOptions('request', options, REQUEST_OPTIONS)
      checkText('an HTTP method', method)
      checkText('a target', target)
      const headers = flatHeaders(options.headers)
      const named = takeContentType(headers)
      const [body, type] = bodyOf(options)
      native.clientRequest(
        this.#handle,
        operation,
        method,
        target,
        headers,
        body,
        named ?? type,
        checkTimeout(options.timeoutMs),
      )
    })
  }

  /** Ends every connection: what is under way fails with `closed`, what follows with `misuse`. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.unref()
    this.#closed = true
    released.unregister(this)
    native.clientClose(this.#handle)
  }

  /** Keeps the process alive while this client is open. */
  ref(): this {
    if (!this.#held && !this.#closed) {
      this.#held = true
      hold()
    }
    return this
  }
  unref(): this {
    if (this.#held) {
      this.#held = false
      release()
    }
    return this
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function methodsOf(client: Client): Methods {
  return new Proxy(Object.create(null) as Methods, {
    get(_, name) {
      // `then` would make `await client.methods` a call.
      if (typeof name === 'symbol' || name === 'then') return undefined
      return (args?: unknown, options?: CallOptions) => client.call(name, args, options)
    },
  })
}

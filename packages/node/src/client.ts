import { TidewireError } from './errors'
import {
  type Operation,
  beginOperation,
  endOperation,
  hold,
  native,
  release,
  scheduleFlush,
} from './handoff'
import { type HeadersInit, flatHeaders, takeContentType } from './headers'
import { encode, parsedValue } from './json'
import { type Limits, checkDuration, checkOptions, checkTimeout } from './options'
import {
  BYTES_TYPE,
  JSON_DEPTH_MAX,
  JSON_TYPE,
  type Response,
  TEXT_TYPE,
  received,
} from './response'
import { type ClientTls, checkedClientTls } from './tls'
import { Token, type TokenSource } from './token'

export interface ConnectOptions {
  /** Of each operation that gives none. Default 30,000; Infinity or 0: no deadline. */
  timeoutMs?: number
  /** Of one attempt to connect. Default 10,000. */
  connectTimeoutMs?: number
  /** Further operations wait for one of these. Default 100. */
  connectionsMax?: number
  /** After which a kept connection is closed. Default 60,000. */
  idleTimeoutMs?: number
  /** Sent with every request. */
  headers?: HeadersInit
  limits?: Limits
  /**
   * Sent with every operation as `Authorization: Bearer`, unless its headers have that field. A
   * function gives it; it is called again, once, when the server answers `token_expired`.
   */
  token?: TokenSource
  /** Whom to trust behind an `https:` URL. Default: the CAs of the system. */
  tls?: ClientTls
}

export interface CallOptions {
  /** The deadline, which the server is told. Infinity or 0: none. */
  timeoutMs?: number
  /** Aborting it cancels the call, and the server's handler is told. */
  signal?: AbortSignal
  headers?: HeadersInit
}

export interface RequestOptions extends CallOptions {
  /** The body as JSON. */
  json?: unknown
  /** The body as it is. */
  body?: string | Uint8Array
}

/** `client.methods.add({ a, b })` is `client.call('add', { a, b })`. */
export type Methods = Readonly<
  Record<string, (args?: unknown, options?: CallOptions) => Promise<unknown>>
>

const CONNECT_OPTIONS = [
  'timeoutMs',
  'connectTimeoutMs',
  'connectionsMax',
  'idleTimeoutMs',
  'headers',
  'limits',
  'token',
  'tls',
]
const CALL_OPTIONS = ['timeoutMs', 'signal', 'headers']
const REQUEST_OPTIONS = [...CALL_OPTIONS, 'json', 'body']
const NO_OPTIONS: RequestOptions = {}

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
  )
  try {
    await perform(undefined, () => undefined, (operation) => native.clientOpen(handle, operation))
  } catch (error) {
    native.clientClose(handle)
    throw error
  }
  return makeClient(handle, options.limits?.jsonDepthMax ?? JSON_DEPTH_MAX, token)
}

function isExpired(error: unknown): boolean {
  return error instanceof TidewireError && error.code === 'token_expired'
}

function errorOfResponse(response: Response): unknown {
  return native.responseError(response.status, response.contentType, response.body)
}

let makeClient: (handle: number, jsonDepthMax: number, token: Token | undefined) => Client

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
  #held = false
  #closed = false

  private constructor(handle: number, jsonDepthMax: number, token: Token | undefined) {
    this.#token = token
    this.#handle = handle
    this.#jsonDepthMax = jsonDepthMax
    this.url = native.clientUrl(handle)
    this.methods = methodsOf(this)
    released.register(this, handle, this)
  }

  static {
    makeClient = (handle, jsonDepthMax, token) => new Client(handle, jsonDepthMax, token)
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
      (result) => {
        const parsed = native.takeValue(result, this.#jsonDepthMax)
        return (parsed === undefined ? undefined : parsedValue(parsed)) as Result
      },
      (operation) => {
        if (options !== NO_OPTIONS) checkOptions('call', options, CALL_OPTIONS)
        checkText('the name of a method', name)
        native.clientCall(
          this.#handle,
          operation,
          name,
          args === undefined ? '' : encode(args),
          checkTimeout(options.timeoutMs),
          flatHeaders(options.headers),
        )
      },
    )
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

/**
 * An operation as a promise. `begin` hands it to the core under its number; `take` makes the value
 * of the result that the core gives.
 */
function perform<T>(
  signal: AbortSignal | undefined,
  take: (result: number, status: number) => T,
  begin: (operation: number) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new TidewireError('invalid_argument', 'signal is an AbortSignal')
    }
    if (signal?.aborted === true) throw cancelledBy(signal)
    const operation: Operation = {
      completed: (result, status) => {
        if (signal !== undefined) unwatch(signal, number)
        try {
          resolve(take(result, status))
        } catch (error) {
          reject(asError(error))
        }
      },
      failed: (error) => {
        if (signal !== undefined) unwatch(signal, number)
        const ours = signal?.aborted === true && error.code === 'cancelled'
        reject(ours ? cancelledBy(signal) : error)
      },
    }
    const number = beginOperation(operation)
    try {
      begin(number)
    } catch (error) {
      endOperation(number)
      throw error
    }
    scheduleFlush()
    if (signal !== undefined) watch(signal, number)
  })
}

/** The operations that each signal cancels: with one listener, however many they are. */
const watched = new WeakMap<AbortSignal, Set<number>>()

function watch(signal: AbortSignal, number: number): void {
  let numbers = watched.get(signal)
  if (numbers === undefined) {
    const made = new Set<number>()
    const cancelAll = (): void => made.forEach((one) => native.operationCancel(one))
    signal.addEventListener('abort', cancelAll, { once: true })
    watched.set(signal, made)
    numbers = made
  }
  numbers.add(number)
}

function unwatch(signal: AbortSignal, number: number): void {
  watched.get(signal)?.delete(number)
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new TidewireError('internal', String(thrown))
}

function cancelledBy(signal: AbortSignal): TidewireError {
  return new TidewireError('cancelled', undefined, { cause: signal.reason })
}

function bodyOf(options: RequestOptions): [string | Uint8Array | undefined, string | undefined] {
  const { body, json } = options
  if (json !== undefined) {
    if (body === undefined) return [encode(json), JSON_TYPE]
    throw new TidewireError('invalid_argument', 'a request has json or a body, not both')
  }
  if (body === undefined) return [undefined, undefined]
  if (typeof body === 'string') return [body, TEXT_TYPE]
  if (body instanceof Uint8Array) return [body, BYTES_TYPE]
  throw new TidewireError('invalid_argument', 'a body is a string or a Uint8Array')
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

function checkCount(name: string, count: number | undefined): number | undefined {
  if (count === undefined || (Number.isInteger(count) && count >= 1)) return count
  throw new TidewireError('invalid_argument', `${name} is an integer above 0`)
}

function checkText(what: string, value: unknown): void {
  if (typeof value !== 'string') {
    throw new TidewireError('invalid_argument', `${what} is a string`)
  }
}

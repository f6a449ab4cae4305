import { TidewireError } from './errors'
import { CANCEL, type Work, beginWork, endWork, native } from './handoff'
import { type Headers, headersFromSource } from './headers'
import type { Action } from './hooks'
import { parsedValue } from './json'

// For this package only: they reach what is private.
export let beginRequest: (slot: number, jsonDepthMax: number) => Request
/** The number that a reply takes. */
export let slotOf: (request: Request) => number
/** Call it after the reply; nothing can be read from the request afterwards. */
export let endRequest: (request: Request) => void
export let isAnswered: (request: Request) => boolean
/** Whether the caller is gone or its deadline has passed. */
export let isCancelled: (request: Request) => boolean

const ANSWERED = -1

/** Who makes a request, as the hook `authenticate` said. */
export interface Principal {
  /** What keeps one caller's data from another's: stable, never empty. */
  readonly id: string
  /** What else the application knows of it, as JSON can say it. */
  readonly claims?: unknown
}

/** What few handlers ask for, made when they do. */
interface Extras {
  params?: Readonly<Record<string, string>>
  query?: URLSearchParams
  headers?: Headers
  body?: Uint8Array
  principal?: Principal | undefined
  controller?: AbortController
  reason?: TidewireError
}

/**
 * What a handler is given. It is read from the core when asked, and only until the handler has
 * answered: after that every property that was not read yet throws `misuse`.
 */
export class Request implements Work {
  #slot: number
  readonly #jsonDepthMax: number
  #extras: Extras | undefined

  private constructor(slot: number, jsonDepthMax: number) {
    this.#slot = slot
    this.#jsonDepthMax = jsonDepthMax
    this.#extras = undefined
  }

  static {
    beginRequest = (slot, jsonDepthMax) => {
      const request = new Request(slot, jsonDepthMax)
      beginWork(slot, request)
      return request
    }
    slotOf = (request) => request.#slot
    endRequest = (request) => {
      endWork(request.#slot)
      request.#slot = ANSWERED
    }
    isAnswered = (request) => request.#slot === ANSWERED
    isCancelled = (request) => request.#extras?.reason !== undefined
  }

  /** `GET` */
  get method(): string {
    return native.requestMethod(this.#open)
  }

  /** As it was sent: `/users/7?full=1` */
  get target(): string {
    return native.requestTarget(this.#open)
  }

  /** As it was sent, still %-encoded: `/users/7` */
  get path(): string {
    return native.requestPath(this.#open)
  }

  get query(): URLSearchParams {
    return (this.#more.query ??= new URLSearchParams(native.requestQuery(this.#open)))
  }

  /** The decoded parts of the path that stand for `{name}` in the route. */
  get params(): Readonly<Record<string, string>> {
    return (this.#more.params ??= this.#readParams())
  }

  get headers(): Headers {
    return (this.#more.headers ??= headersFromSource({
      get: (name) => native.requestHeader(this.#open, name),
      all: () => native.requestHeaders(this.#open),
    }))
  }

  get body(): Uint8Array {
    return (this.#more.body ??= native.requestBody(this.#open))
  }

  /** The body as UTF-8; what is none becomes U+FFFD. */
  text(): string {
    return native.requestText(this.#open)
  }

  /**
   * The body as JSON. Integers beyond +-(2^53 - 1) are bigints.
   *
   * @throws TidewireError invalid_argument when it is none.
   */
  json<T = unknown>(): T {
    return parsedValue(native.requestJson(this.#open, this.#jsonDepthMax)) as T
  }

  /** Who asks, as `authenticate` said; undefined when nobody did. */
  get principal(): Principal | undefined {
    const more = this.#more
    if (!('principal' in more)) more.principal = native.requestPrincipal(this.#open)
    return more.principal
  }

  /** What is asked for: the name of a method, or of a route, `GET /users/{id}`. */
  get operation(): string {
    return native.requestOperation(this.#open)
  }

  /** What authorize is asked: `call`, or `admin` for what is the operator's. */
  get action(): Action {
    return native.requestAction(this.#open) as Action
  }

  /** `127.0.0.1:51234` */
  get peer(): string {
    return native.requestPeer(this.#open)
  }

  /** What is left of the caller's deadline, if it set one. Never negative. */
  get timeLeftMs(): number | undefined {
    return native.requestTimeLeft(this.#open)
  }

  /** Aborted when the caller hangs up (`cancelled`) or its deadline passes (`timeout`). */
  get signal(): AbortSignal {
    const more = this.#more
    if (more.controller === undefined) {
      more.controller = new AbortController()
      if (more.reason !== undefined) more.controller.abort(more.reason)
    }
    return more.controller.signal
  }

  [CANCEL](byDeadline: boolean): void {
    const more = this.#more
    more.reason = new TidewireError(byDeadline ? 'timeout' : 'cancelled')
    more.controller?.abort(more.reason)
  }

  get #open(): number {
    if (this.#slot === ANSWERED) {
      throw new TidewireError('misuse', 'the request was answered: read what you need before')
    }
    return this.#slot
  }

  get #more(): Extras {
    return (this.#extras ??= {})
  }

  #readParams(): Readonly<Record<string, string>> {
    // Without a prototype, so that no name of a parameter has a meaning of its own.
    const params = Object.create(null) as Record<string, string>
    const flat = native.requestParams(this.#open)
    for (let index = 0; index < flat.length; index += 2) params[flat[index]] = flat[index + 1]!
    return params
  }
}

/** What a method is given beside its arguments. */
export class MethodContext {
  readonly request: Request

  constructor(request: Request) {
    this.request = request
  }

  /** Who calls, as `authenticate` said; undefined when nobody did. */
  get principal(): Principal | undefined {
    return this.request.principal
  }

  /** Aborted when the caller hangs up (`cancelled`) or its deadline passes (`timeout`). */
  get signal(): AbortSignal {
    return this.request.signal
  }

  /** When the caller's deadline passes, on the clock of Date.now(); undefined if it set none. */
  get deadline(): number | undefined {
    const left = this.request.timeLeftMs
    return left === undefined ? undefined : Date.now() + left
  }
}

import { TidewireError } from './errors'
import { native } from './handoff'
import {
  type Headers,
  type HeadersInit,
  flatHeaders,
  flatOf,
  headersFromFlat,
  headersFromLines,
  takeContentType,
} from './headers'
import { encode } from './json'
import type { ReceivedParts } from './native'

export interface ResponseInit {
  /** 200 to 599. Without it 200, or 204 when there is no body. */
  status?: number
  headers?: HeadersInit
  /** Without it, what `headers` say, or the plain type of a string or of bytes. */
  contentType?: string
}

export const JSON_TYPE = 'application/json'
export const CAPNP_TYPE = 'application/capnp'
export const TEXT_TYPE = 'text/plain; charset=utf-8'
export const BYTES_TYPE = 'application/octet-stream'
/** Of a JSON text that no option limits. */
export const JSON_DEPTH_MAX = 64

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

// For this package only: they reach what is private.
/** Answers the request of `slot`. */
export let replyWith: (slot: number, response: Response) => void
/** What a peer sent, whatever its status. */
export let received: (status: number, parts: ReceivedParts, jsonDepthMax: number) => Response

/** What a handler answers, and what `client.request` receives. */
export class Response {
  #status: number
  #headers: Headers
  #contentType: string
  #body: string | Uint8Array
  #jsonDepthMax = JSON_DEPTH_MAX

  constructor(body?: string | Uint8Array, init: ResponseInit = {}) {
    if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) {
      throw new TidewireError('invalid_argument', 'a body is a string or a Uint8Array')
    }
    const status = init.status ?? (body === undefined ? 204 : 200)
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new TidewireError('invalid_argument', 'the status of a response is 200 to 599')
    }
    const flat = flatHeaders(init.headers) ?? []
    const named = takeContentType(flat)
    this.#status = status
    this.#headers = headersFromFlat(flat)
    this.#contentType = init.contentType ?? named ?? typeOf(body)
    this.#body = body ?? ''
  }

  static {
    replyWith = (slot, response) => {
      const flat = flatOf(response.#headers)
      native.replyFull(slot, response.#status, response.#contentType, flat, response.#body)
    }
    received = (status, [contentType, headers, body], jsonDepthMax) => {
      const response = new Response(body, { contentType })
      response.#status = status
      response.#headers = headersFromLines(headers)
      response.#jsonDepthMax = jsonDepthMax
      return response
    }
  }

  /** `value` as JSON. */
  static json(value: unknown, init: ResponseInit = {}): Response {
    return new Response(encode(value), { contentType: JSON_TYPE, ...init })
  }

  get status(): number {
    return this.#status
  }

  /** Received ones include Content-Type and Content-Length. */
  get headers(): Headers {
    return this.#headers
  }

  /** Empty if there is none. */
  get contentType(): string {
    return this.#contentType
  }

  get body(): Uint8Array {
    return typeof this.#body === 'string' ? encoder.encode(this.#body) : this.#body
  }

  /** The body as UTF-8; what is none becomes U+FFFD. */
  text(): string {
    return typeof this.#body === 'string' ? this.#body : decoder.decode(this.#body)
  }

  /**
   * The body as JSON. Integers beyond +-(2^53 - 1) are bigints.
   *
   * @throws TidewireError invalid_data when it is none.
   */
  json<T = unknown>(): T {
    const exact = native.parseJson(this.#body, this.#jsonDepthMax)
    return (exact === undefined ? JSON.parse(this.text()) : exact[0]) as T
  }

  /**
   * Gives this response, if its status is below 400.
   *
   * @throws TidewireError what the peer reported, or what the status stands for.
   */
  raiseForStatus(): this {
    const error = native.responseError(this.#status, this.#contentType, this.body)
    if (error !== undefined) throw error
    return this
  }
}

function typeOf(body: string | Uint8Array | undefined): string {
  if (body === undefined) return ''
  return typeof body === 'string' ? TEXT_TYPE : BYTES_TYPE
}

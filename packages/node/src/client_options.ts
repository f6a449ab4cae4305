import { TidewireError } from './errors'
import type { HeadersInit } from './headers'
import { encode } from './json'
import { type Limits, checkOptions, checkTimeout } from './options'
import { BYTES_TYPE, JSON_TYPE, TEXT_TYPE } from './response'
import { type Items, checkItems } from './stream'
import type { ClientTls } from './tls'
import type { TokenSource } from './token'

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
  /** Asks for answers in gzip or deflate, and undoes them within the limits. Default false. */
  compression?: boolean
  /**
   * What calls are written in. `capnp` keeps bytes and numbers that are not finite, which JSON
   * cannot say. Default `json`.
   */
  serializer?: Serializer
}

/** How values are written in messages: as JSON, or by Cap'n Proto (schemas/value.capnp). */
export type Serializer = 'json' | 'capnp'

export interface OperationOptions {
  /** The deadline, which the server is told. Infinity or 0: none. */
  timeoutMs?: number
  /** Aborting it cancels the call, and the server's handler is told. */
  signal?: AbortSignal
  headers?: HeadersInit
}

export interface CallOptions extends OperationOptions {
  /** Sent as a stream, in place of arguments: its items are the arguments. */
  body?: Items
  /** Default: the client's. Streams are JSON. */
  serializer?: Serializer
}

export interface RequestOptions extends OperationOptions {
  /** The body as JSON. */
  json?: unknown
  /** The body as it is. */
  body?: string | Uint8Array
}

export const CONNECT_OPTIONS = [
  'timeoutMs',
  'connectTimeoutMs',
  'connectionsMax',
  'idleTimeoutMs',
  'headers',
  'limits',
  'token',
  'tls',
  'compression',
  'serializer',
]
export const CALL_OPTIONS = ['timeoutMs', 'signal', 'headers', 'body', 'serializer']
export const REQUEST_OPTIONS = ['timeoutMs', 'signal', 'headers', 'body', 'json']
export const NO_OPTIONS: OperationOptions = {}

/** What a streamed call takes of its options. It has no deadline but its own. */
export function checkStreamOptions(
  where: string,
  name: unknown,
  args: unknown,
  options: CallOptions,
): { items: Items | undefined; timeoutMs: number } {
  checkOptions(where, options, CALL_OPTIONS)
  checkText('the name of a method', name)
  if (options.body !== undefined && args !== undefined) {
    throw new TidewireError('invalid_argument', 'a call has arguments or a body, not both')
  }
  if (isCapnp(options.serializer, false)) {
    throw new TidewireError('invalid_argument', 'streams are JSON')
  }
  const items = options.body === undefined ? undefined : checkItems(options.body)
  return { items, timeoutMs: checkTimeout(options.timeoutMs) ?? 0 }
}

/** How the other side is told that the items of a call broke off. */
export function itemsFailed(error: unknown): [code: string, message: string | undefined] {
  if (error instanceof TidewireError) return [error.code, error.message]
  return ['cancelled', 'the items broke off']
}

/** The bytes of a body, and its type. */
export function bodyOf(
  options: RequestOptions,
): [string | Uint8Array | undefined, string | undefined] {
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

export function isCapnp(serializer: Serializer | undefined, otherwise: boolean): boolean {
  if (serializer === undefined) return otherwise
  if (serializer === 'json' || serializer === 'capnp') return serializer === 'capnp'
  throw new TidewireError('invalid_argument', "serializer is 'json' or 'capnp'")
}

export function checkCount(name: string, count: number | undefined): number | undefined {
  if (count === undefined || (Number.isInteger(count) && count >= 1)) return count
  throw new TidewireError('invalid_argument', `${name} is an integer above 0`)
}

export function checkText(what: string, value: unknown): void {
  if (typeof value !== 'string') {
    throw new TidewireError('invalid_argument', `${what} is a string`)
  }
}

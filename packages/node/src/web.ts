// What a server needs to stand on the web: which hosts it has, and which pages may use it.

import { TidewireError } from './errors'
import { checkDuration, checkOptions } from './options'
import { type Tls, checkedTls } from './tls'

/** Which pages of other origins may use a server from a browser (the Fetch standard, 3.2). */
export interface Cors {
  /** `https://app.example.com` and the like, or `*` for any. */
  origins: readonly string[]
  /** Default GET, HEAD, POST, PUT, PATCH, DELETE. */
  methods?: readonly string[]
  /** Request fields beside those that tidewire reads itself. */
  headers?: readonly string[]
  /** Response fields that pages may read, beside ETag, Retry-After, Location and Tidewire-*. */
  expose?: readonly string[]
  /** Lets browsers send cookies; needs origins by name. */
  credentials?: boolean
  /** For how long a browser keeps the answer to a preflight. Default 600,000. */
  maxAgeMs?: number
}

/**
 * Which answers leave as gzip or deflate, for callers that send Accept-Encoding. Left as they are:
 * answers that have a Content-Encoding, and those with `Cache-Control: no-transform`. A strong ETag
 * becomes a weak one. Do not compress a secret beside text that others choose (BREACH).
 */
export interface Compression {
  /** Of a body that is compressed, at least. Default 1,024. */
  bytesMin?: number
  /** And at most; streams have no such bound. Default 1 MiB. */
  bytesMax?: number
  /** 1 (fast) to 9 (small). Default 4. */
  level?: number
  /** `type/subtype`, or `type/*`. By default text, JSON, XML, JavaScript and SVG. */
  types?: readonly string[]
}

/** The part of a server's options that is about the web. */
export interface WebOptions {
  /**
   * The names that a request's Host may have: `example.com` (any port), `example.com:8080`, `*`.
   * Anything else is `misdirected`. On loopback the loopback names are always among them, and the
   * only ones by default; elsewhere the default is any.
   */
  hosts?: readonly string[]
  cors?: Cors
  /** With it the server speaks https. */
  tls?: Tls
  /** Which answers leave compressed; none do by default. */
  compression?: Compression
}

export const WEB_OPTIONS = ['hosts', 'cors', 'tls', 'compression'] as const
const COMPRESSION_OPTIONS = ['bytesMin', 'bytesMax', 'level', 'types'] as const
const CORS_OPTIONS = [
  'origins',
  'methods',
  'headers',
  'expose',
  'credentials',
  'maxAgeMs',
] as const

function checkTexts(name: string, value: unknown): void {
  if (value === undefined) return
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return
  throw new TidewireError('invalid_argument', `${name} is an array of strings`)
}

function checkCompression(compression: Compression): void {
  checkOptions('compression', compression, COMPRESSION_OPTIONS)
  checkTexts('compression.types', compression.types)
  const { bytesMin = 0, bytesMax = 0, level = 1 } = compression
  const sizes = [bytesMin, bytesMax].every((size) => Number.isSafeInteger(size) && size >= 0)
  if (sizes && Number.isInteger(level) && level >= 1 && level <= 9) return
  throw new TidewireError(
    'invalid_argument',
    'compression: sizes are integers of 0 or more, the level is 1 to 9',
  )
}

/** @throws TidewireError invalid_argument */
export function checkedWebOptions(options: WebOptions): WebOptions {
  const { hosts, cors, compression } = options
  const tls = checkedTls(options.tls)
  checkTexts('hosts', hosts)
  if (compression !== undefined) checkCompression(compression)
  if (cors === undefined) return { hosts, tls, compression }
  checkOptions('cors', cors, CORS_OPTIONS)
  for (const name of ['origins', 'methods', 'headers', 'expose'] as const) {
    checkTexts(`cors.${name}`, cors[name])
  }
  if (cors.credentials === true && cors.origins.includes('*')) {
    throw new TidewireError(
      'invalid_argument',
      'cors: credentials need origins by name, not *: any page could act for the user',
    )
  }
  const maxAgeMs = checkDuration('cors.maxAgeMs', cors.maxAgeMs)
  return { hosts, tls, compression, cors: { ...cors, maxAgeMs } }
}

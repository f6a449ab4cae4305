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
}

export const WEB_OPTIONS = ['hosts', 'cors', 'tls'] as const
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

/** @throws TidewireError invalid_argument */
export function checkedWebOptions(options: WebOptions): WebOptions {
  const { hosts, cors } = options
  const tls = checkedTls(options.tls)
  checkTexts('hosts', hosts)
  if (cors === undefined) return { hosts, tls }
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
  return { hosts, tls, cors: { ...cors, maxAgeMs: checkDuration('cors.maxAgeMs', cors.maxAgeMs) } }
}

// Options as users give them: a name that does not exist is an error, not silence.

import { TidewireError } from './errors'

/** Every bound of a server and of a client; docs/LIMITS.md gives defaults and reasons. */
export interface Limits {
  requestLineBytesMax?: number
  headerBytesMax?: number
  headerFieldsMax?: number
  bodyBytesMax?: number
  jsonDepthMax?: number
  /** Of a compressed body, beyond its first MiB. */
  inflateRatioMax?: number
  tlsHandshakeTimeoutMs?: number
  headerReadTimeoutMs?: number
  bodyIdleTimeoutMs?: number
  keepAliveIdleTimeoutMs?: number
  connectionsMax?: number
  connectionsPerAddressMax?: number
  /** Requests of one connection that are answered at once. */
  pipelineMax?: number
  /** Of one connection: above it, the connection is not read. */
  unsentBytesMax?: number
  stopGraceMs?: number
}

/** The longest that fits the core's arithmetic; ~285 years. */
const DURATION_MAX_MS = Number.MAX_SAFE_INTEGER / 1000

export function checkOptions(where: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new TidewireError('invalid_argument', `the options of ${where} are an object`)
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    throw new TidewireError('invalid_argument', `${where} has no option ${name}`)
  }
}

export function checkDuration(name: string, ms: number | undefined): number | undefined {
  if (ms === undefined) return undefined
  if (typeof ms !== 'number' || !(ms >= 0)) {
    throw new TidewireError('invalid_argument', `${name} is a number of milliseconds, 0 or more`)
  }
  return Math.min(ms, DURATION_MAX_MS)
}

/** A deadline of an operation: Infinity is none, which is 0 for the core. */
export function checkTimeout(ms: number | undefined): number | undefined {
  return ms === Infinity ? 0 : checkDuration('timeoutMs', ms)
}

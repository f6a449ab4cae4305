import { ERRORS, type ErrorCode } from './errors-generated'

export { ERRORS, type ErrorCode, type ErrorRow } from './errors-generated'

/** Every error of tidewire: a code of the one table (docs/errors.md) and a sentence. */
export class TidewireError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message?: string, options?: ErrorOptions) {
    super(message === undefined || message === '' ? ERRORS[code].when : message, options)
    this.code = code
  }

  /** Whether the same may succeed later. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable
  }
}
// On the prototype, as for the built-in errors, so that it is no own property of each error.
Object.defineProperty(TidewireError.prototype, 'name', { value: 'TidewireError' })

/** The error for a code that came as text, from the core or from a peer. */
export function errorOf(code: string, message: string): TidewireError {
  return new TidewireError(Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'internal', message)
}

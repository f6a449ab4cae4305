import { TidewireError } from './errors'
import { type Limits, checkOptions } from './options'
import { WEB_OPTIONS, type WebOptions } from './web'

export interface ServerOptions extends WebOptions {
  /** Threads of the core that serve connections. Default 1. */
  loops?: number
  limits?: Limits
  /** Whether callers are told the messages of exceptions in handlers. */
  debug?: boolean
}

export function checkServerOptions(address: unknown, options: ServerOptions): void {
  if (typeof address !== 'string') {
    throw new TidewireError('invalid_argument', 'an address is a string, "host:port"')
  }
  checkOptions('Server', options, ['loops', 'limits', 'debug', ...WEB_OPTIONS])
  const { loops } = options
  if (loops !== undefined && !(Number.isInteger(loops) && loops >= 1 && loops <= 256)) {
    throw new TidewireError('invalid_argument', 'loops is an integer from 1 to 256')
  }
}

export function checkHook(hook: unknown): void {
  if (typeof hook !== 'function') {
    throw new TidewireError('invalid_argument', 'a hook is a function')
  }
}

export function checkHandler(first: unknown, second: unknown, handler: unknown): void {
  if (typeof first !== 'string' || typeof second !== 'string') {
    throw new TidewireError('invalid_argument', 'methods, patterns and names are strings')
  }
  if (typeof handler !== 'function') {
    throw new TidewireError('invalid_argument', 'a handler is a function')
  }
}

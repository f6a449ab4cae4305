// What stands around the handlers of a server: middleware, authenticate and authorize.

import { TidewireError } from './errors'
import type { Principal, Request } from './request'
import { Response } from './response'

/** What a principal wants to do. */
export type Action = 'call' | 'publish' | 'subscribe' | 'lease' | 'admin'

/** The rest: the next middleware, at last the handler. What they throw comes out of it. */
export type Next = (request: Request) => Promise<Response>

/** Its result is the answer, as a handler's is. */
export type Middleware = (request: Request, next: Next) => unknown

type Maybe<T> = T | Promise<T>

/** Says who asks; undefined or null for nobody. */
export type Authenticate = (request: Request) => Maybe<Principal | undefined | null>

/**
 * Whether `principal`, undefined when nobody was named, may do it. `name` is that of a method,
 * `add`, or of a route, `GET /users/{id}`; `admin` is asked with `GET /metrics`.
 */
export type Authorize = (
  principal: Principal | undefined,
  action: Action,
  name: string,
) => Maybe<boolean>

/** The handler that the core asks before every other. */
export function admission(
  authenticate: Authenticate | undefined,
  authorize: Authorize | undefined,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const { action, operation } = request
    const principal = (await authenticate?.(request)) ?? undefined
    if (principal !== undefined && (typeof principal.id !== 'string' || principal.id === '')) {
      throw new TypeError('the id of a principal is a string, not empty')
    }
    const may =
      authorize === undefined
        ? principal !== undefined
        : await authorize(principal, action, operation)
    if (typeof may !== 'boolean') throw new TypeError('authorize gives true or false')
    if (!may) throw new TidewireError(principal === undefined ? 'unauthenticated' : 'forbidden')
    if (principal === undefined) return new Response()
    return Response.json({ id: principal.id, claims: principal.claims ?? {} })
  }
}

/** `last` inside of the middleware, the first of which is outermost. */
export function layered(
  middleware: readonly Middleware[],
  last: Next,
  answerOf: (result: unknown) => Response,
): Next {
  return middleware.reduceRight<Next>(
    (next, layer) => async (request) => answerOf(await layer(request, next)),
    last,
  )
}

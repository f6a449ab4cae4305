// Runs the handlers of a server: what they are given, and what becomes of what they give.

import { channel } from 'node:diagnostics_channel'
import { types } from 'node:util'

import { decodeMessage, encodeMessage } from './capnp/value'
import { TidewireError } from './errors'
import { type Runner, native, scheduleFlush } from './handoff'
import { encode } from './json'
import {
  MethodContext,
  type Request,
  beginRequest,
  endRequest,
  isAnswered,
  isCancelled,
  slotOf,
} from './request'
import { type Middleware, layered } from './hooks'
import { CAPNP_TYPE, JSON_TYPE, Response, replyWith } from './response'

/**
 * Its result is the answer: a string as text, a Uint8Array as bytes, undefined as 204, a Response
 * as it is, anything else as JSON.
 */
export type Handler = (request: Request) => unknown

/**
 * A method that is called by name with its arguments as one value, usually an object. Its result
 * is sent as JSON.
 */
export type MethodHandler<Args = never> = (args: Args, context: MethodContext) => unknown

/** What the channel `tidewire:handler:error` publishes. */
export interface HandlerErrorMessage {
  readonly error: unknown
  /** `GET /users/{id}`, or the name of a method. */
  readonly handler: string
}

const handlerErrors = channel('tidewire:handler:error')
// The numbers of bindings/node/request.cpp.
const ContentType = { none: 0, json: 1, text: 2, bytes: 3, capnp: 4 } as const
/** What a method must know of its request; the numbers of bindings/node/handoff.hpp. */
const Flag = { unsafe: 1, argsCapnp: 2, replyCapnp: 4 } as const

/** Runs one handler and sends what it gives. Subclasses say how. */
export abstract class HandlerRunner implements Runner {
  protected readonly jsonDepthMax: number
  readonly #name: string
  readonly #debug: boolean

  constructor(name: string, debug: boolean, jsonDepthMax: number) {
    this.#name = name
    this.#debug = debug
    this.jsonDepthMax = jsonDepthMax
  }

  run(slot: number, flags: number): void {
    const request = beginRequest(slot, this.jsonDepthMax)
    let result: unknown
    try {
      result = this.call(request, slot, flags)
      if (isThenable(result)) {
        result.then(
          (value) => this.#finish(request, value, flags),
          (error: unknown) => this.#fail(request, error),
        )
        return
      }
    } catch (error) {
      this.#fail(request, error)
      return
    }
    this.#finish(request, result, flags)
  }

  protected abstract call(request: Request, slot: number, flags: number): unknown
  /** Sends `result` under `slot`, or throws before it has. */
  protected abstract send(slot: number, result: unknown, flags: number): void

  // A thenable that is no promise may call both of these, or one of them twice.
  #finish(request: Request, result: unknown, flags: number): void {
    if (isAnswered(request)) return
    try {
      this.send(slotOf(request), result, flags)
    } catch (error) {
      this.#fail(request, error)
      return
    }
    endRequest(request)
    scheduleFlush()
  }

  #fail(request: Request, error: unknown): void {
    if (isAnswered(request)) return
    const [code, message] = this.failure(request, error)
    native.replyError(slotOf(request), code, message)
    endRequest(request)
    scheduleFlush()
  }

  /** What the caller is told of an error; those who listen are told all of it. */
  protected failure(request: Request, error: unknown): [code: string, message: string | undefined] {
    // A handler that gives up since its caller has is no error.
    if (!isCancelled(request) && handlerErrors.hasSubscribers) {
      handlerErrors.publish({ error, handler: this.#name } satisfies HandlerErrorMessage)
    }
    if (error instanceof TidewireError && error.code !== 'internal') {
      return [error.code, error.message]
    }
    return ['internal', this.#debug ? String(error) : undefined]
  }

  protected sendValue(slot: number, result: unknown, flags: number): void {
    if ((flags & Flag.replyCapnp) === 0) native.reply(slot, 200, ContentType.json, encode(result))
    else native.reply(slot, 200, ContentType.capnp, encodeMessage(result))
  }
}

export class RouteRunner extends HandlerRunner {
  readonly #handler: Handler

  constructor(name: string, handler: Handler, debug: boolean, jsonDepthMax: number) {
    super(name, debug, jsonDepthMax)
    this.#handler = handler
  }

  protected call(request: Request): unknown {
    return this.#handler(request)
  }

  protected send(slot: number, result: unknown): void {
    if (typeof result === 'string') native.reply(slot, 200, ContentType.text, result)
    else if (result === undefined) native.reply(slot, 204, ContentType.none, undefined)
    else if (result instanceof Response) replyWith(slot, result)
    else if (types.isUint8Array(result)) native.reply(slot, 200, ContentType.bytes, result)
    else native.reply(slot, 200, ContentType.json, encode(result))
  }
}

export class MethodRunner extends HandlerRunner {
  readonly #handler: MethodHandler<unknown>

  constructor(
    name: string,
    handler: MethodHandler<unknown>,
    debug: boolean,
    jsonDepthMax: number,
  ) {
    super(name, debug, jsonDepthMax)
    this.#handler = handler
  }

  protected call(request: Request, slot: number, flags: number): unknown {
    return this.#handler(argumentsOf(slot, flags), new MethodContext(request))
  }

  protected send(slot: number, result: unknown, flags: number): void {
    this.sendValue(slot, result, flags)
  }
}

/** A route inside of middleware. */
export class LayeredRouteRunner extends RouteRunner {
  constructor(
    name: string,
    handler: Handler,
    middleware: readonly Middleware[],
    debug: boolean,
    jsonDepthMax: number,
  ) {
    const last = async (request: Request) => routeAnswer(await handler(request))
    super(name, layered(middleware, last, routeAnswer), debug, jsonDepthMax)
  }
}

/** A method inside of middleware. */
export class LayeredMethodRunner extends HandlerRunner {
  readonly #handler: MethodHandler<unknown>
  readonly #middleware: readonly Middleware[]

  constructor(
    name: string,
    handler: MethodHandler<unknown>,
    middleware: readonly Middleware[],
    debug: boolean,
    jsonDepthMax: number,
  ) {
    super(name, debug, jsonDepthMax)
    this.#handler = handler
    this.#middleware = middleware
  }

  protected call(request: Request, slot: number, flags: number): unknown {
    const answer = (result: unknown): Response => methodAnswer(result, flags)
    const last = async (passed: Request) =>
      answer(await this.#handler(argumentsOf(slot, flags), new MethodContext(passed)))
    return layered(this.#middleware, last, answer)(request)
  }

  protected send(slot: number, result: unknown): void {
    replyWith(slot, result as Response)
  }
}

function routeAnswer(result: unknown): Response {
  if (result instanceof Response) return result
  if (result === undefined) return new Response()
  if (typeof result === 'string' || result instanceof Uint8Array) return new Response(result)
  return Response.json(result)
}

function methodAnswer(result: unknown, flags: number): Response {
  if (result instanceof Response) return result
  if ((flags & Flag.replyCapnp) !== 0) {
    return new Response(encodeMessage(result), { contentType: CAPNP_TYPE })
  }
  return new Response(encode(result), { contentType: JSON_TYPE })
}

/** The core has checked the body to be JSON, if it is said to be that. */
export function argumentsOf(slot: number, flags: number): unknown {
  if ((flags & Flag.argsCapnp) !== 0) return argumentsOfMessage(native.requestBody(slot))
  if ((flags & Flag.unsafe) !== 0) return native.requestValue(slot)
  const text = native.requestText(slot)
  return text === '' ? undefined : JSON.parse(text)
}

function argumentsOfMessage(message: Uint8Array): unknown {
  try {
    return decodeMessage(message)
  } catch (error) {
    throw new TidewireError('invalid_argument', (error as Error).message)
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  )
}

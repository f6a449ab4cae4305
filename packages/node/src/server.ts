import { TidewireError } from './errors'
import {
  type Runner,
  addRunner,
  beginOperation,
  endOperation,
  hold,
  native,
  newRunnerNumber,
  release,
  removeRunner,
} from './handoff'
import { type Authenticate, type Authorize, type Middleware, admission } from './hooks'
import type { ServerStats } from './native'
import {
  type MethodOptions,
  type TypedMethodHandler,
  checkMethodOptions,
  typedHandler,
} from './method_types'
import { checkDuration, checkOptions } from './options'
import { JSON_DEPTH_MAX } from './response'
import {
  type Handler,
  LayeredMethodRunner,
  LayeredRouteRunner,
  type MethodHandler,
  MethodRunner,
  RouteRunner,
} from './runner'
import {
  type ServerOptions,
  checkHandler,
  checkHook,
  checkServerOptions,
} from './server_options'
import type { StandardSchemaV1 } from './standard_schema'
import { StreamRunner, type Streams, streamsOf } from './stream_runner'
import { type Tls, checkedTls } from './tls'
import { checkedWebOptions } from './web'

const released = new FinalizationRegistry<number>((handle) => native.serverRelease(handle))

type State = 'new' | 'started' | 'stopped'

interface Registered {
  readonly number: number
  /** At the start, when the middleware is known. */
  readonly make: () => Runner
}

/**
 * Routes and named methods over HTTP/1.1. Its connections live on threads of the core, so that a
 * busy handler does not hurt them. A started server keeps the process alive, as node:http does.
 */
export class Server implements AsyncDisposable {
  readonly #handle: number
  readonly #debug: boolean
  readonly #jsonDepthMax: number
  readonly #registered: Registered[] = []
  readonly #methods = new Map<string, MethodOptions>()
  readonly #middleware: Middleware[] = []
  /** The name of a method that streams. */
  #streaming: string | undefined
  #authenticate: Authenticate | undefined
  #authorize: Authorize | undefined
  #state: State = 'new'
  #held = true
  #url = ''
  #port = 0
  #stopped: Promise<void> | undefined
  #lastStats: ServerStats | undefined

  /** `address`: `host:port`, `[::1]:port`, port 0 takes a free one; or `unix:/run/app.sock`. */
  constructor(address: string, options: ServerOptions = {}) {
    checkServerOptions(address, options)
    const { loops, limits } = options
    this.#debug = options.debug ?? false
    this.#jsonDepthMax = limits?.jsonDepthMax ?? JSON_DEPTH_MAX
    this.#handle = native.serverCreate(
      address,
      loops,
      limits,
      this.#debug,
      checkedWebOptions(options),
    )
    released.register(this, this.#handle, this)
  }

  get(pattern: string, handler: Handler): this {
    return this.route('GET', pattern, handler)
  }
  post(pattern: string, handler: Handler): this {
    return this.route('POST', pattern, handler)
  }
  put(pattern: string, handler: Handler): this {
    return this.route('PUT', pattern, handler)
  }
  patch(pattern: string, handler: Handler): this {
    return this.route('PATCH', pattern, handler)
  }
  delete(pattern: string, handler: Handler): this {
    return this.route('DELETE', pattern, handler)
  }

  /**
   * `pattern`: `/users/{id}` matches one segment, `/files/{path...}` the rest of the path.
   *
   * @throws TidewireError misuse after start(); invalid_argument for a pattern that is malformed,
   *   reserved or taken.
   */
  route(method: string, pattern: string, handler: Handler): this {
    checkHandler(method, pattern, handler)
    const number = newRunnerNumber()
    native.serverRoute(this.#open(), method, pattern, number)
    const name = `${method} ${pattern}`
    const [debug, depth, layers] = [this.#debug, this.#jsonDepthMax, this.#middleware]
    const make = () =>
      layers.length === 0
        ? new RouteRunner(name, handler, debug, depth)
        : new LayeredRouteRunner(name, handler, layers, debug, depth)
    this.#registered.push({ number, make })
    return this
  }

  /** What was registered by name, with its types. */
  get methods(): ReadonlyMap<string, MethodOptions> {
    return this.#methods
  }

  /**
   * Serves `POST /methods/{name}`. Names are tokens of [A-Za-z0-9_-] joined by single dots.
   * A call without a body gives `undefined` as arguments. With `input` and `output`, of any library
   * that keeps to Standard Schema (zod, valibot), both are checked, and the handler's are typed.
   * A generator, or one with `streams`, sends its reply while it is made, or is sent a stream.
   * A `pure` one answers `GET /methods/{name}?args=JSON` too, with an ETag.
   */
  method<Args>(name: string, handler: MethodHandler<Args>): this
  method<Args>(
    name: string,
    options: MethodOptions & { streams: Streams },
    handler: MethodHandler<Args>,
  ): this
  method<Input extends StandardSchemaV1, Output extends StandardSchemaV1>(
    name: string,
    options: MethodOptions<Input, Output>,
    handler: TypedMethodHandler<Input, Output>,
  ): this
  method(
    name: string,
    given: MethodHandler<unknown> | MethodOptions,
    typed?: MethodHandler<unknown>,
  ): this {
    const options = typed === undefined ? {} : (given as MethodOptions)
    const handler = typed ?? given
    checkHandler('method', name, handler)
    checkMethodOptions(options)
    const number = newRunnerNumber()
    const streams = streamsOf(options, handler)
    native.serverMethod(this.#open(), name, number, options.pure ?? false, streams)
    this.#methods.set(name, options)
    if (streams !== 0) {
      this.#registerStream(name, number, handler as MethodHandler<unknown>, options, streams)
      return this
    }
    const run = typedHandler(options, handler as MethodHandler<unknown>)
    const [debug, depth, layers] = [this.#debug, this.#jsonDepthMax, this.#middleware]
    const make = () =>
      layers.length === 0
        ? new MethodRunner(name, run, debug, depth)
        : new LayeredMethodRunner(name, run, layers, debug, depth)
    this.#registered.push({ number, make })
    return this
  }

  /**
   * Puts `layer` around every route and method, the first one outermost. `await next(request)`
   * gives the Response of the rest, or throws what it threw; what `layer` gives is the answer, as
   * a handler's result is.
   */
  middleware(layer: Middleware): this {
    checkHook(layer)
    this.#fresh()
    this.#middleware.push(layer)
    return this
  }

  /**
   * Registers what says who asks. It may throw a TidewireError `unauthenticated` or
   * `token_expired` for a bad token; anything else that it throws is `internal`.
   */
  authenticate(hook: Authenticate): this {
    checkHook(hook)
    this.#fresh()
    if (this.#authenticate !== undefined) {
      throw new TidewireError('misuse', 'there is a hook authenticate already')
    }
    this.#authenticate = hook
    return this
  }

  /**
   * Registers what says who may do what. Without it, whoever has a principal may do everything.
   */
  authorize(hook: Authorize): this {
    checkHook(hook)
    this.#fresh()
    if (this.#authorize !== undefined) {
      throw new TidewireError('misuse', 'there is a hook authorize already')
    }
    this.#authorize = hook
    return this
  }

  /**
   * Binds and serves.
   *
   * @throws TidewireError unavailable when the address is taken, invalid_argument when it is none.
   */
  async start(): Promise<void> {
    if (this.#state === 'started') throw new TidewireError('misuse', 'the server was started')
    if (this.#middleware.length > 0 && this.#streaming !== undefined) {
      throw new TidewireError(
        'misuse',
        `${this.#streaming} streams: middleware stands around handlers that give their answer`,
      )
    }
    this.#registerAdmission()
    native.serverStart(this.#open())
    this.#state = 'started'
    this.#url = native.serverUrl(this.#handle)
    this.#port = native.serverPort(this.#handle)
    for (const { number, make } of this.#registered) addRunner(number, make())
    running.add(this)
    if (this.#held) hold()
  }

  /**
   * Stops accepting, answers what is under way for at most `graceMs` (default: the limit
   * stopGraceMs), then ends every connection.
   */
  async stop(options: { graceMs?: number } = {}): Promise<void> {
    checkOptions('stop', options, ['graceMs'])
    const graceMs = checkDuration('graceMs', options.graceMs)
    this.#stopped ??= this.#state === 'started' ? this.#drain(graceMs) : this.#end()
    return this.#stopped
  }

  /** Starts, if need be, and serves until SIGINT, SIGTERM or stop(); then drains. */
  async run(): Promise<void> {
    if (this.#state === 'new') await this.start()
    const { promise, resolve } = deferred()
    this.#whenStopped = resolve
    process.once('SIGINT', resolve).once('SIGTERM', resolve)
    try {
      await promise
    } finally {
      process.off('SIGINT', resolve).off('SIGTERM', resolve)
    }
    await this.stop()
  }
  #whenStopped: (() => void) | undefined

  /** `http://127.0.0.1:8080`; empty before start(). */
  get url(): string {
    return this.#url
  }
  /** 0 before start(), or on a Unix socket. */
  get port(): number {
    return this.#port
  }

  stats(): ServerStats {
    return this.#lastStats ?? native.serverStats(this.#handle)
  }

  /** Whether this server, while it serves, keeps the process alive. It does at first. */
  ref(): this {
    return this.#hold(true)
  }
  unref(): this {
    return this.#hold(false)
  }

  /**
   * Takes other certificates: handshakes that begin from now on use them, connections go on with
   * theirs. For certificates that are not usable it throws, and nothing changes.
   */
  reloadTls(tls: Tls): void {
    native.serverReloadTls(this.#open(), checkedTls(tls))
  }

  /**
   * Says what GET /readyz answers from now on: 200, or 503 when not ready. A server is ready from
   * start() on, and not any more from stop() on.
   */
  setReady(ready: boolean): void {
    if (typeof ready !== 'boolean') {
      throw new TidewireError('invalid_argument', 'ready is a boolean')
    }
    native.serverSetReady(this.#open(), ready)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #hold(held: boolean): this {
    if (this.#held === held) return this
    this.#held = held
    if (this.#state === 'started') {
      if (held) hold()
      else release()
    }
    return this
  }

  #registerAdmission(): void {
    if (this.#authenticate === undefined && this.#authorize === undefined) return
    const hook = admission(this.#authenticate, this.#authorize)
    const number = newRunnerNumber()
    native.serverAdmission(this.#open(), number)
    const make = () => new RouteRunner('authenticate', hook, this.#debug, this.#jsonDepthMax)
    this.#registered.push({ number, make })
  }

  #registerStream(
    name: string,
    number: number,
    handler: MethodHandler<unknown>,
    options: MethodOptions,
    streams: number,
  ): void {
    this.#streaming ??= name
    const [debug, depth] = [this.#debug, this.#jsonDepthMax]
    const make = () => new StreamRunner(name, handler, options, streams, debug, depth)
    this.#registered.push({ number, make })
  }

  #fresh(): void {
    this.#open()
    if (this.#state !== 'new') {
      throw new TidewireError('misuse', 'hooks are registered before start()')
    }
  }

  #open(): number {
    if (this.#stopped !== undefined) throw new TidewireError('misuse', 'the server was stopped')
    return this.#handle
  }

  async #drain(graceMs: number | undefined): Promise<void> {
    this.#whenStopped?.()
    await new Promise<void>((resolve, reject) => {
      const operation = beginOperation({ completed: () => resolve(), failed: reject })
      try {
        native.serverStop(this.#handle, graceMs, operation)
      } catch (error) {
        endOperation(operation)
        throw error
      }
    })
    running.delete(this)
    for (const { number } of this.#registered) removeRunner(number)
    await this.#end()
    if (this.#held) release()
  }

  async #end(): Promise<void> {
    this.#state = 'stopped'
    this.#whenStopped?.()
    this.#lastStats = native.serverStats(this.#handle)
    released.unregister(this)
    native.serverRelease(this.#handle)
  }
}

/** A server that serves is not garbage, whoever holds it. */
const running = new Set<Server>()

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void
  const promise = new Promise<void>((settle) => (resolve = settle))
  return { promise, resolve }
}

// Finds and loads the addon, and says what its functions are. They are internal: wrong arguments
// throw, but only the classes around them give good messages.

import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'

import { TidewireError } from './errors'
import type { ClientTls, Tls } from './tls'
import type { WebOptions } from './web'

/** What the addon calls. */
export interface Callbacks {
  /** Runs the events `first` to `count` of the event array. */
  dispatch(count: number, first: number): void
  makeError(code: string, message: string): Error
}

/** [name, value, name, value, ...] */
export type FlatHeaders = string[]

/** Names and values in turn, a line each. */
export type HeaderLines = string

/** A body of ASCII text comes as a string, which is cheaper. */
export type ReceivedParts = [
  contentType: string,
  headers: HeaderLines,
  body: string | Uint8Array,
]

/** JSON text that is checked and has safe numbers only; or the value, where it has others. */
export type Parsed = string | [unknown]

type Body = string | Uint8Array | undefined

/** The functions of one attach(). A handle, slot, operation or result is a small number. */
export interface Native {
  /** Word 0: the event being run; from word 4 on four words per event, see handoff.ts. */
  readonly events: Uint32Array
  hold(held: boolean): void

  serverCreate(
    address: string,
    loops: number | undefined,
    limits: object | undefined,
    debug: boolean,
    web: WebOptions,
  ): number
  serverRoute(server: number, method: string, pattern: string, handler: number): void
  /** `streams`: 1 the reply, 2 the request, 3 both. */
  serverMethod(
    server: number,
    name: string,
    handler: number,
    pure: boolean,
    streams: number,
  ): void
  /** `handler` is asked before every other: see hooks.ts. */
  serverAdmission(server: number, handler: number): void
  serverStart(server: number): void
  serverStop(server: number, graceMs: number | undefined, operation: number): void
  serverSetReady(server: number, ready: boolean): void
  serverReloadTls(server: number, tls: Tls | undefined): void
  serverRelease(server: number): void
  serverUrl(server: number): string
  serverPort(server: number): number
  serverStats(server: number): ServerStats

  requestMethod(slot: number): string
  requestTarget(slot: number): string
  requestPath(slot: number): string
  requestQuery(slot: number): string
  requestParams(slot: number): string[]
  requestHeader(slot: number, name: string): string | undefined
  requestHeaders(slot: number): HeaderLines
  requestBody(slot: number): Uint8Array
  requestText(slot: number): string
  requestJson(slot: number, depthMax: number): Parsed
  requestValue(slot: number): unknown
  requestPrincipal(slot: number): { id: string; claims: unknown } | undefined
  requestOperation(slot: number): string
  requestAction(slot: number): string
  requestPeer(slot: number): string
  requestTimeLeft(slot: number): number | undefined
  /** `contentType` is a number of ContentType in request.ts. */
  reply(slot: number, status: number, contentType: number, body: Body): void
  replyFull(
    slot: number,
    status: number,
    contentType: string | undefined,
    headers: FlatHeaders | undefined,
    body: Body,
  ): void
  replyError(slot: number, code: string, message: string | undefined): void
  flush(): void

  /** The writer of the streamed reply; the slot is then freed by requestRelease(). */
  requestWriter(slot: number): number
  requestReader(slot: number): number
  requestRelease(slot: number): void
  /** False: wait by streamDrained() before the next one, or nobody reads on. */
  streamSend(writer: number, json: string): boolean
  streamDrained(writer: number, operation: number): void
  streamEnd(writer: number): void
  streamFail(writer: number, code: string, message: string | undefined): void
  /** Completes with items: status 204 when they are the last ones. */
  streamRead(reader: number, operation: number): void
  streamRelease(reader: number): void
  takeItems(result: number, depthMax: number): Parsed

  clientStream(
    client: number,
    method: string,
    json: string,
    timeoutMs: number,
    headers: FlatHeaders | undefined,
  ): number
  clientCallWithStream(
    client: number,
    operation: number,
    method: string,
    timeoutMs: number,
    headers: FlatHeaders | undefined,
  ): number
  clientStreamWithStream(
    client: number,
    method: string,
    timeoutMs: number,
    headers: FlatHeaders | undefined,
  ): [writer: number, reader: number]
  clientCreate(
    url: string,
    timeoutMs: number | undefined,
    connectTimeoutMs: number | undefined,
    connectionsMax: number | undefined,
    idleTimeoutMs: number | undefined,
    headers: FlatHeaders | undefined,
    limits: object | undefined,
    tls: ClientTls | undefined,
    compression: boolean,
  ): number
  clientOpen(client: number, operation: number): void
  clientCall(
    client: number,
    operation: number,
    method: string,
    args: string | Uint8Array,
    timeoutMs: number | undefined,
    headers: FlatHeaders | undefined,
    capnp: boolean,
  ): void
  clientRequest(
    client: number,
    operation: number,
    method: string,
    target: string,
    headers: FlatHeaders | undefined,
    body: Body,
    contentType: string | undefined,
    timeoutMs: number | undefined,
  ): void
  makeEtag(content: string | Uint8Array): string
  ifMatch(field: string, tag: string): boolean
  ifNoneMatch(field: string, tag: string): boolean

  operationCancel(operation: number): void
  clientUrl(client: number): string
  clientClose(client: number): void
  takeError(result: number): TidewireError
  /** The bytes are a Cap'n Proto message. */
  takeValue(result: number, depthMax: number): Parsed | Uint8Array | undefined
  takeResponse(result: number): ReceivedParts
  responseError(status: number, contentType: string, body: Uint8Array): TidewireError | undefined
  /** [value] when JSON.parse would change one of its integers; throws when it is no JSON. */
  parseJson(json: string | Uint8Array, depthMax: number): [unknown] | undefined

  /** The tables of a `.capnp` file as JSON; see capnp/description.ts. */
  schemaLoad(path: string, importPaths: readonly string[] | undefined): string
  schemaParse(text: string, importPaths: readonly string[] | undefined): string
}

/** What a server counts. */
export interface ServerStats {
  /** Open now. */
  readonly connections: number
  readonly connectionsAccepted: number
  readonly requests: number
  /** Not answered yet. */
  readonly requestsInFlight: number
  /** Whose caller was gone, or whose deadline had passed, before the answer. */
  readonly requestsCancelled: number
  /** Connections that were ended for what their peer sent. */
  readonly protocolErrors: number
  /** For how long requests lay waiting since this event loop was blocked. */
  readonly appStallSeconds: number
}

interface Addon {
  readonly version: string
  attach(callbacks: Callbacks): Native
}

const FILE = 'tidewire.node'

function prebuild(): string {
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  const libc = report.header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
  return `${process.platform}-${process.arch}-${libc}`
}

function candidates(): string[] {
  const given = process.env['TIDEWIRE_NATIVE_PATH']
  if (given !== undefined && given !== '') return [given]
  const root = join(__dirname, '..', '..', '..')
  const built = join(root, 'build', 'node', 'Release', FILE)
  if (existsSync(built)) return [built]
  return [built, join(root, 'prebuilds', prebuild(), FILE)]
}

/**
 * Loads an addon so that it and the libraries beside it prefer each other's symbols. node exports
 * its own libuv and, from version 22, its own simdjson: the dynamic linker would take those, which
 * are of other versions, and a call would end the process. The sanitizers refuse RTLD_DEEPBIND.
 */
function open(path: string): Addon {
  const { RTLD_LAZY, RTLD_DEEPBIND } = constants.dlopen
  const sanitized = /lib[at]san/.test(process.env['LD_PRELOAD'] ?? '')
  const loaded = { exports: {} }
  process.dlopen(loaded, path, sanitized ? RTLD_LAZY : RTLD_LAZY | (RTLD_DEEPBIND ?? 0))
  return loaded.exports as Addon
}

/** Loads the first addon that is there, or throws one error that says what was tried. */
export function load(): Addon {
  const failures: string[] = []
  for (const path of candidates()) {
    try {
      return open(path)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      failures.push(`  ${path}: ${reason.split('\n', 1)[0]}`)
    }
  }
  throw new TidewireError(
    'unavailable',
    `tidewire has no native addon for this machine (${process.platform} ${process.arch}, Node ` +
      `${process.version}). Tried:\n${failures.join('\n')}\n` +
      'To build it: apt-get install g++ cmake ninja-build libuv1-dev libssl-dev libsimdjson-dev ' +
      'libboost-dev libcapnp-dev zlib1g-dev, then npm rebuild tidewire. ' +
      'TIDEWIRE_NATIVE_PATH names another file.',
  )
}

/// <reference lib="esnext.disposable" preserve="true" />
import { native } from './handoff'

export { Client, connect } from './client'
export type { CallOptions, ConnectOptions, Methods, RequestOptions } from './client'
export { ERRORS, TidewireError } from './errors'
export type { ErrorCode, ErrorRow } from './errors'
export { Headers } from './headers'
export type { HeadersInit } from './headers'
export type { ServerStats } from './native'
export type { Limits } from './options'
export type { MethodContext, Request } from './request'
export { Response } from './response'
export type { ResponseInit } from './response'
export { Server } from './server'
export type { Handler, HandlerErrorMessage, MethodHandler, ServerOptions } from './server'

/** The version of the package and of the core in it. */
export const version: string = native.version

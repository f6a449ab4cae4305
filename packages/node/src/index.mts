// The same instance for `import` as for `require`: the classes of both are equal, and the addon is
// loaded once.
/// <reference lib="esnext.disposable" preserve="true" />
export {
  Client,
  ERRORS,
  Headers,
  Response,
  Schema,
  Server,
  Stream,
  TidewireError,
  Type,
  connect,
  decodeMessage,
  encodeMessage,
  ifMatch,
  ifNoneMatch,
  loadSchema,
  makeEtag,
  packMessage,
  parseSchema,
  unpackMessage,
  version,
} from './index.js'
export type * from './index.js'

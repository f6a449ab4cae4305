// TLS: the certificates of a server, and whom a client trusts.

import { TidewireError } from './errors'
import { checkOptions } from './options'

/** A certificate or key in PEM: the name of a file, or the text, which contains `-----BEGIN`. */
export type Pem = string | Uint8Array

/** The certificate of a server. Files are read by start() and reloadTls(). */
export interface Tls {
  /** Its certificate, followed by those between it and the CA. */
  cert: Pem
  /** The private key, not encrypted. Without it `cert` has it too. */
  key?: Pem
  /** The CAs that clients must be certified by. Without it they need no certificate. */
  clientCa?: Pem
}

/** How a client of an `https:` URL is sure of its server, and tells who it is itself. */
export interface ClientTls {
  /** The CAs to trust, instead of those of the system. */
  ca?: Pem
  /** The client's own, for servers that ask for one. */
  cert?: Pem
  /** Without it `cert` has it too. */
  key?: Pem
  /** Default true. False takes any certificate: anybody on the way may be the server then. */
  verify?: boolean
  /** The name to ask for and to verify, instead of the URL's host. */
  serverName?: string
}

/** The addon calls the OpenSSL that Node exports, and was compiled for this major version. */
function checkOpenssl(): void {
  const version = process.versions['openssl']
  if (version?.startsWith('3.') === true) return
  throw new TidewireError(
    'unavailable',
    `TLS needs a Node with OpenSSL 3; this one has ${version ?? 'none'}`,
  )
}

function checkPem(name: string, value: unknown): void {
  if (value === undefined) return
  const pem = typeof value === 'string' || value instanceof Uint8Array
  if (pem && value.length > 0) return
  throw new TidewireError(
    'invalid_argument',
    `tls.${name} is the name of a PEM file, or PEM as a string or Uint8Array`,
  )
}

/** @throws TidewireError invalid_argument */
export function checkedTls(tls: Tls | undefined): Tls | undefined {
  if (tls === undefined) return undefined
  checkOptions('tls', tls, ['cert', 'key', 'clientCa'])
  checkOpenssl()
  if (tls.cert === undefined) {
    throw new TidewireError('invalid_argument', 'tls.cert: a server needs a certificate')
  }
  for (const name of ['cert', 'key', 'clientCa'] as const) checkPem(name, tls[name])
  return tls
}

/** @throws TidewireError invalid_argument */
export function checkedClientTls(url: string, tls: ClientTls | undefined): ClientTls | undefined {
  if (/^https:/i.test(url)) checkOpenssl()
  if (tls === undefined) return undefined
  checkOptions('tls', tls, ['ca', 'cert', 'key', 'verify', 'serverName'])
  for (const name of ['ca', 'cert', 'key'] as const) checkPem(name, tls[name])
  if (tls.verify !== undefined && typeof tls.verify !== 'boolean') {
    throw new TidewireError('invalid_argument', 'tls.verify is a boolean')
  }
  if (tls.serverName !== undefined && typeof tls.serverName !== 'string') {
    throw new TidewireError('invalid_argument', 'tls.serverName is a string')
  }
  return { ...tls, verify: tls.verify ?? true }
}

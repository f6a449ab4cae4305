// The certificates of tests/support/certificates, by name.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tls } from 'tidewire'

export function file(name: string): string {
  return join(__dirname, '..', 'support', 'certificates', name)
}

export const CA = file('ca.pem')
export const TRUSTING = { ca: CA }

export function serverTls(name = 'server'): Tls {
  return { cert: file(`${name}.pem`), key: file(`${name}.key`) }
}

/** As node:tls and node:https take them. */
export function nodeTls(name = 'server'): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(file(`${name}.pem`)), key: readFileSync(file(`${name}.key`)) }
}

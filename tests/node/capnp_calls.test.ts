// Calls by Cap'n Proto.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { connect, decodeMessage, encodeMessage } from 'tidewire'

import { failure, serving } from './support'

interface Case {
  value: unknown
  message: string
}

const CASES = JSON.parse(
  readFileSync(join(__dirname, '..', 'conformance', 'capnp_values.json'), 'utf8'),
) as Case[]

/** {"$bytes": "hex"} and {"$float": "Infinity"} stand for what JSON cannot say. */
function untagged(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untagged)
  if (typeof value !== 'object' || value === null) return value
  if ('$bytes' in value) return new Uint8Array(Buffer.from(String(value.$bytes), 'hex'))
  if ('$float' in value) return Number(value.$float)
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, untagged(one)]))
}

test.each(CASES)('$message is written as the other languages write it', ({ value, message }) => {
  const plain = untagged(value)
  expect(Buffer.from(encodeMessage(plain)).toString('hex')).toBe(message)
  expect(decodeMessage(Buffer.from(message, 'hex'))).toEqual(plain)
})

test('calls by capnp keep what JSON cannot say', async () => {
  const { app, client } = await serving((app) => {
    app.method('echo', (value) => value)
    app.method('nothing', () => undefined)
  })
  const given = [new Uint8Array([0, 255]), Infinity, 2n ** 64n - 1n, { a: null }]
  const options = { serializer: 'capnp' } as const
  expect(await client.call('echo', given, options)).toEqual(given)
  expect(await client.call('echo', NaN, options)).toBeNaN()
  expect(await client.call('nothing', undefined, options)).toBeNull()
  await using other = await connect(app.url, { serializer: 'capnp' })
  expect(await other.call('echo', new Uint8Array([7]))).toEqual(new Uint8Array([7]))
  const refused = other.call('echo', new Uint8Array([7]), { serializer: 'json' })
  expect(await failure(refused)).toMatchObject({ code: 'invalid_argument' })
  const odd = other.call('echo', 1, { serializer: 'xml' as never })
  expect(await failure(odd)).toMatchObject({ code: 'invalid_argument' })
})

test('arguments that are no message are told', async () => {
  const { client } = await serving((app) => app.method('echo', (value) => value))
  const response = await client.request('POST', '/methods/echo', {
    body: new Uint8Array(16).fill(255),
    headers: { 'Content-Type': 'application/capnp' },
  })
  expect(response.status).toBe(400)
  expect(response.json()).toMatchObject({ code: 'invalid_argument' })
})

test('a reply inside of middleware is what its caller wants', async () => {
  const seen: string[] = []
  const { client } = await serving((app) => {
    app.middleware(async (request, next) => {
      const response = await next(request)
      seen.push(response.contentType)
      return response
    })
    app.method('echo', (value) => value)
  })
  const bytes = new Uint8Array([1])
  expect(await client.call('echo', bytes, { serializer: 'capnp' })).toEqual(bytes)
  expect(await client.call('echo', 1)).toBe(1)
  expect(seen).toEqual(['application/capnp', 'application/json'])
})

// Values as messages of schemas/value.capnp, which both ends know without a schema of their own.

import { join } from 'node:path'
import { decodeMessage, encodeMessage, loadSchema } from 'tidewire'

import { failure } from './support'

const byFile = loadSchema(join(__dirname, '..', '..', 'schemas', 'value.capnp')).type('Value')

const round = (value: unknown): unknown => decodeMessage(encodeMessage(value))

test('the layout is that of the file', () => {
  const value = { a: [1, 2.5, 'x', true, null, new Uint8Array([9]), 2n ** 63n], b: {} }
  expect(byFile.decode(encodeMessage(value))).toEqual({
    name: '',
    map: [
      {
        name: 'a',
        list: [
          { name: '', int64: 1n },
          { name: '', float64: 2.5 },
          { name: '', text: 'x' },
          { name: '', bool: true },
          { name: '', null: null },
          { name: '', data: new Uint8Array([9]) },
          { name: '', uint64: 2n ** 63n },
        ],
      },
      { name: 'b', map: [] },
    ],
  })
  const written = byFile.encode({ list: [{ bool: true }, { map: [{ name: 'k', text: 'v' }] }] })
  expect(decodeMessage(written)).toEqual([true, { k: 'v' }])
})

test('integers are numbers when they are safe, and bigints otherwise', () => {
  expect(round([5n, 2 ** 53 - 1, 2n ** 53n, -(2n ** 63n), 2n ** 64n - 1n])).toEqual([
    5,
    2 ** 53 - 1,
    2n ** 53n,
    -(2n ** 63n),
    2n ** 64n - 1n,
  ])
  expect(round([2 ** 60, -0, NaN, -Infinity])).toEqual([2 ** 60, -0, NaN, -Infinity])
})

test('what JSON writes in its own way is written so', () => {
  const date = new Date(Date.UTC(2024, 1, 29))
  expect(round({ date, gone: undefined, json: { toJSON: () => [1] } })).toEqual({
    date: '2024-02-29T00:00:00.000Z',
    json: [1],
  })
  expect(round([undefined])).toEqual([null])
})

test('keys of objects are plain', () => {
  const value = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2, "": 3}') as unknown
  expect(round(value)).toEqual(value)
  expect(({} as Record<string, unknown>)['a']).toBeUndefined()
})

test.each<[string, unknown, string]>([
  ['a function', { a: [() => 1] }, '$.a[0] is a function'],
  ['a symbol', { 'b c': Symbol('x') }, '$["b c"] is a symbol'],
  ['a Map', [new Map()], '$[0] is a Map'],
  ['an integer beyond 64 bits', 2n ** 64n, '$ is an integer beyond 64 bits'],
  ['text that is not Unicode', ['\udc00'], '$[0] is text that is not Unicode'],
])('%s is invalid_argument', async (_, value, message) => {
  const error = await failure(() => encodeMessage(value))
  expect(error.code).toBe('invalid_argument')
  expect(error.message).toBe(message)
})

test('what contains itself ends at the nesting limit', async () => {
  const value: unknown[] = []
  value.push(value)
  expect((await failure(() => encodeMessage(value))).message).toContain('nesting limit')
})

test('a kind that a later version has is an error', async () => {
  const message = encodeMessage(1)
  message[16] = 77
  expect((await failure(() => decodeMessage(message))).message).toContain('does not know')
})

import { Response } from 'tidewire'
import { failure, serving } from './support'

/** Sends `value` as arguments and gives what came back. */
async function echoed(value: unknown): Promise<unknown> {
  const { client } = await serving((app) => app.method('echo', (args: unknown) => args))
  return client.call('echo', value)
}

test.each([
  [null],
  [true],
  [0],
  [-1.5],
  [1e300],
  [Number.MAX_SAFE_INTEGER],
  [''],
  ['tekst på norsk, 日本語, 🌊, "quoted" \\ \u0000'],
  [[]],
  [{}],
  [[1, [2, [3]], { a: [] }]],
  [{ a: { b: { c: null } }, 'with space': 1, '': 2 }],
])('%j goes there and back unchanged', async (value) => {
  expect(await echoed(value)).toEqual(value)
})

test.each([
  [2n ** 53n],
  [-(2n ** 53n)],
  [2n ** 63n - 1n],
  [-(2n ** 63n)],
  [2n ** 64n - 1n],
])('the integer %s beyond 2^53 - 1 stays exact, as a bigint', async (value) => {
  expect(await echoed(value)).toBe(value)
  expect(await echoed({ list: [value], other: 1 })).toEqual({ list: [value], other: 1 })
})

test('a bigint that is safe comes back as a number', async () => {
  expect(await echoed({ n: 7n })).toEqual({ n: 7 })
})

test('whether a number is written as an integer decides, not its size', async () => {
  const { app, client } = await serving((server) =>
    server.method('types', (args: unknown[]) => args.map((one) => typeof one)),
  )
  const answer = await fetch(`${app.url}/methods/types`, {
    method: 'POST',
    body: '[9007199254740993, 9007199254740993.0, 9007199254740991, 1e20]',
    headers: { 'content-type': 'application/json' },
  })
  expect(await answer.json()).toEqual(['bigint', 'number', 'number', 'number'])
  expect(await client.call('types', [1n])).toEqual(['number'])
})

test('a route reads large integers of its body, and a client those of a response', async () => {
  const { client } = await serving((app) =>
    app.post('/', (request) => [request.json<{ n: bigint }>().n + 1n, 'as a reply']),
  )
  const response = await client.request('POST', '/', { json: { n: 2n ** 60n } })
  expect(response.json()).toEqual([2n ** 60n + 1n, 'as a reply'])
})

test('__proto__ is a key like any other', async () => {
  const value = JSON.parse('{"__proto__": {"admin": true}, "a": 1}') as Record<string, unknown>
  const back = (await echoed(value)) as Record<string, unknown>
  expect(Object.keys(back)).toEqual(['__proto__', 'a'])
  expect(back['admin']).toBeUndefined()
  // The same when a large integer sends it by the other way.
  const large = JSON.parse('{"__proto__": {"admin": true}}') as Record<string, unknown>
  large['n'] = 2n ** 60n
  const exact = (await echoed(large)) as Record<string, unknown>
  expect(Object.keys(exact)).toEqual(['__proto__', 'n'])
  expect(exact['admin']).toBeUndefined()
  expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
})

test('of members with one name the last wins, with and without large integers', async () => {
  const { app } = await serving((server) => server.method('echo', (args: unknown) => args))
  const send = async (body: string): Promise<string> => {
    const headers = { 'content-type': 'application/json' }
    return (await fetch(`${app.url}/methods/echo`, { method: 'POST', body, headers })).text()
  }
  expect(await send('{"a":1,"a":2}')).toBe('{"a":2}')
  expect(await send('{"a":1,"a":9007199254740993}')).toBe('{"a":9007199254740993}')
})

test('a Date is RFC 3339 text, and toJSON is obeyed', async () => {
  const at = new Date(Date.UTC(2026, 10, 24, 12, 30, 0, 5))
  expect(await echoed({ at })).toEqual({ at: '2026-11-24T12:30:00.005Z' })
  expect(await echoed([new URL('http://a/b')])).toEqual(['http://a/b'])
  expect(await echoed({ toJSON: () => ({ n: 2n ** 60n }) })).toEqual({ n: 2n ** 60n })
  const boxed = [new Number(1), new String('s'), new Boolean(false)]
  expect(await echoed(boxed)).toEqual([1, 's', false])
})

test('undefined is left out of objects and null elsewhere', async () => {
  expect(await echoed({ a: undefined, b: 1 })).toEqual({ b: 1 })
  expect(await echoed([undefined, 1])).toEqual([null, 1])
  expect(await echoed({ a: undefined, b: 2n ** 60n })).toEqual({ b: 2n ** 60n })
})

const cyclic: Record<string, unknown> = { a: [] }
;(cyclic['a'] as unknown[]).push(cyclic)

test.each([
  ['NaN', { a: [0, NaN] }, '$.a[1]', 'NaN'],
  ['an infinity', [{ 'a b': -Infinity }], '$[0]["a b"]', '-Infinity'],
  ['bytes', { raw: new Uint8Array(3) }, '$.raw', 'bytes'],
  ['an ArrayBuffer', [new ArrayBuffer(1)], '$[0]', 'bytes'],
  ['a bigint beyond 64 bits', { n: 2n ** 64n }, '$.n', '64 bits'],
  ['a bigint below 64 bits', { n: -(2n ** 63n) - 1n }, '$.n', '64 bits'],
  ['a function', { f: () => 1 }, '$.f', 'function'],
  ['a symbol', [Symbol('s')], '$[0]', 'symbol'],
  ['a cycle', cyclic, '$.a[0]', 'itself'],
  ['a Map', { m: new Map([[1, 2]]) }, '$.m', 'Map'],
  ['a Set', { s: new Set([1]) }, '$.s', 'Set'],
  ['an invalid Date', { d: new Date(NaN) }, '$.d', 'Date'],
  ['a Date of year 10000', { d: new Date(Date.UTC(10000, 0, 1)) }, '$.d', 'Date'],
  ['half a surrogate pair', { s: 'a\ud800b' }, '$.s', 'Unicode'],
  ['an Error', { e: new Error('x') }, '$.e', 'Error'],
])('%s is refused with its path', async (_, value, path, reason) => {
  const { client } = await serving((app) => app.method('echo', (args: unknown) => args))
  const error = await failure(client.call('echo', value))
  expect(error.code).toBe('invalid_argument')
  expect(error.message.startsWith(`${path} `)).toBe(true)
  expect(error.message).toContain(reason)
})

test('the same object twice is no cycle', async () => {
  const shared = { n: 2n ** 60n }
  expect(await echoed([shared, shared])).toEqual([shared, shared])
})

test('text that only looks like half a surrogate pair passes', async () => {
  expect(await echoed('\\ud800')).toBe('\\ud800')
})

test('a value that is too deep is refused, by the peer or before it is sent', async () => {
  let deep: unknown = 1
  for (let n = 0; n < 100; n++) deep = [deep]
  const { client } = await serving((app) => app.method('echo', (args: unknown) => args))
  expect((await failure(client.call('echo', deep))).code).toBe('invalid_argument')
  for (let n = 0; n < 100_000; n++) deep = [deep]
  expect((await failure(client.call('echo', deep))).code).toBe('invalid_argument')
  expect(await client.call('echo', 'still here')).toBe('still here')
})

test('a depth of 64 passes, also with large integers', async () => {
  let deep: unknown = 2n ** 60n
  for (let n = 0; n < 64; n++) deep = [deep]
  expect(await echoed(deep)).toEqual(deep)
})

const NO_JSON = ['{"a":', 'nul', '[1,]', '"\\ud800"', '{"a":1} x', "{'a':1}", 'NaN', '01']

test.each(NO_JSON)(
  'the text %s is no JSON for a method nor for a route',
  async (text) => {
    let ran = false
    const { client } = await serving((app) =>
      app.method('echo', () => (ran = true)).post('/', (request) => request.json()),
    )
    const headers = { 'content-type': 'application/json' }
    const method = await client.request('POST', '/methods/echo', { body: text, headers })
    expect(method.status).toBe(400)
    expect(method.json()).toMatchObject({ code: 'invalid_argument' })
    const route = await client.request('POST', '/', { body: text, headers })
    expect(route.json()).toMatchObject({ code: 'invalid_argument' })
    expect(ran).toBe(false)
  },
)

test('a body that is not UTF-8 is no JSON', async () => {
  const { client } = await serving((app) => app.post('/', (request) => request.json()))
  const body = new Uint8Array([0x22, 0xff, 0x22])
  const response = await client.request('POST', '/', { body })
  expect(response.json()).toMatchObject({ code: 'invalid_argument' })
})

test('a Response says JSON like a handler does', () => {
  expect(Response.json({ n: 2n ** 60n, d: new Date(0) }).text()).toBe(
    '{"n":1152921504606846976,"d":"1970-01-01T00:00:00.000Z"}',
  )
  expect(new Response('[1152921504606846976]').json()).toEqual([2n ** 60n])
})

import { createServer, type RequestListener, type Server as ForeignServer } from 'node:http'
import { createServer as createRawServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from 'tidewire'
import { clientOf, failure, serving } from './support'

test('call gives what the method gave', async () => {
  const { client } = await serving((app) =>
    app.method('add', ({ a, b }: { a: number; b: number }) => a + b),
  )
  expect(await client.call<number>('add', { a: 1, b: 2 })).toBe(3)
})

test('methods.name is call by another spelling', async () => {
  const { client } = await serving((app) =>
    app
      .method('add', ({ a, b }: { a: number; b: number }) => a + b)
      .method('math.neg', (n: number) => -n),
  )
  expect(await client.methods['add']({ a: 1, b: 2 })).toBe(3)
  expect(await client.methods['math.neg'](4)).toBe(-4)
  // An object with methods of any name must not look like a promise.
  expect((client.methods as unknown as Record<string, unknown>)['then']).toBeUndefined()
})

test('request gives any status as a response', async () => {
  const { client } = await serving((app) => app.get('/', () => 'here'))
  expect((await client.request('GET', '/')).status).toBe(200)
  const missing = await client.request('GET', '/nowhere')
  expect(missing.status).toBe(404)
  expect(missing.contentType).toBe('application/problem+json')
  expect(missing.json()).toMatchObject({ status: 404, code: 'not_found' })
  expect((await failure(() => missing.raiseForStatus())).code).toBe('not_found')
})

test('raiseForStatus gives a good response back', async () => {
  const { client } = await serving((app) => app.get('/', () => 'here'))
  const response = await client.request('GET', '/')
  expect(response.raiseForStatus()).toBe(response)
})

test('a request sends JSON, text or bytes with their types', async () => {
  const { client } = await serving((app) =>
    app.post('/', (request) => ({
      type: request.headers.get('content-type'),
      text: request.text(),
    })),
  )
  const send = async (options: Parameters<typeof client.request>[2]): Promise<unknown> =>
    (await client.request('POST', '/', options)).json()
  expect(await send({ json: { a: 1 } })).toEqual({ type: 'application/json', text: '{"a":1}' })
  expect(await send({ body: 'hei' })).toEqual({ type: 'text/plain; charset=utf-8', text: 'hei' })
  const bytes = new TextEncoder().encode('raw')
  expect(await send({ body: bytes })).toEqual({ type: 'application/octet-stream', text: 'raw' })
  expect(await send({ body: 'a,b', headers: { 'Content-Type': 'text/csv' } })).toEqual({
    type: 'text/csv',
    text: 'a,b',
  })
  expect(await send({ body: bytes.subarray(1) })).toMatchObject({ text: 'aw' })
})

test('headers of the client and of the request are both sent', async () => {
  const { app } = await serving((server) =>
    server.get('/', ({ headers }) => [headers.get('x-client'), headers.get('x-request')]),
  )
  const client = await connect(app.url, { headers: { 'x-client': '1' } })
  try {
    const response = await client.request('GET', '/', { headers: [['x-request', '2']] })
    expect(response.json()).toEqual(['1', '2'])
  } finally {
    await client.close()
  }
})

test('connections are kept and used again', async () => {
  const { app, client } = await serving((server) => server.get('/', () => 'x'))
  for (let n = 0; n < 20; n++) await client.request('GET', '/')
  expect(app.stats().connectionsAccepted).toBe(1)
})

test('connect fails at once when nobody answers', async () => {
  const { app } = await serving(() => undefined)
  const { port } = app
  await app.stop({ graceMs: 0 })
  const error = await failure(connect(`http://127.0.0.1:${port}`))
  expect(error.code).toBe('unavailable')
  expect(error.retryable).toBe(true)
})

test.each([
  'unix:tidewire.sock',
  'ftp://127.0.0.1',
  'http://',
  'nonsense',
])('connect refuses %s with a reason', async (url) => {
  const error = await failure(connect(url))
  expect(error.code).toBe('invalid_argument')
  expect(error.message.length).toBeGreaterThan(10)
})

test('a deadline that passes is a timeout, and the server answers it itself', async () => {
  const { client } = await serving((app) => app.method('never', () => new Promise(() => undefined)))
  const error = await failure(client.call('never', null, { timeoutMs: 50 }))
  expect(error.code).toBe('timeout')
  expect(error.retryable).toBe(true)
})

test('the deadline of the client holds where the call gives none', async () => {
  const { app } = await serving((server) =>
    server.method('never', () => new Promise(() => undefined)),
  )
  const client = await connect(app.url, { timeoutMs: 50 })
  try {
    expect((await failure(client.call('never'))).code).toBe('timeout')
  } finally {
    await client.close()
  }
})

test('an unknown method is not_found', async () => {
  const { client } = await serving(() => undefined)
  expect((await failure(client.call('nothing'))).code).toBe('not_found')
})

test('close ends what is under way', async () => {
  const { client } = await serving((app) => app.method('never', () => new Promise(() => undefined)))
  const pending = failure(client.call('never'))
  await client.close()
  expect((await pending).code).toBe('closed')
  expect((await failure(client.call('never'))).code).toBe('misuse')
  await client.close()
})

describe('with a foreign server', () => {
  let foreign: ForeignServer | undefined

  afterEach(() => {
    foreign?.closeAllConnections()
    foreign?.close()
    foreign = undefined
  })

  async function answering(listener: RequestListener): Promise<string> {
    foreign = createServer(listener)
    foreign.listen(0, '127.0.0.1')
    await once(foreign, 'listening')
    return `http://127.0.0.1:${(foreign.address() as AddressInfo).port}`
  }

  test('an error that is no problem document gets a code by its status', async () => {
    const url = await answering((_request, response) => {
      response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>busy</h1>')
    })
    const client = await clientOf(url)
    const response = await client.request('GET', '/')
    expect(response.text()).toBe('<h1>busy</h1>')
    const error = await failure(() => response.raiseForStatus())
    expect(error.retryable).toBe(true)
  })

  test('a reply that is no JSON is invalid_data', async () => {
    const url = await answering((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":')
    })
    const client = await clientOf(url)
    expect((await failure(client.call('any'))).code).toBe('invalid_data')
    const response = await client.request('GET', '/')
    expect((await failure(() => response.json())).code).toBe('invalid_data')
  })

  test('chunked bodies and repeated headers are understood', async () => {
    const url = await answering((_request, response) => {
      response.setHeader('Set-Cookie', ['a=1', 'b=2'])
      response.write('one ')
      response.end('two')
    })
    const client = await clientOf(url)
    const response = await client.request('GET', '/')
    expect(response.text()).toBe('one two')
    const cookies = [...response.headers].filter(([name]) => name.toLowerCase() === 'set-cookie')
    expect(cookies.map(([, value]) => value)).toEqual(['a=1', 'b=2'])
  })
})

test('a connection that breaks before the answer is connection_lost', async () => {
  const raw = createRawServer((socket) => socket.on('data', () => socket.destroy()))
  raw.listen(0, '127.0.0.1')
  await once(raw, 'listening')
  try {
    const client = await clientOf(`http://127.0.0.1:${(raw.address() as AddressInfo).port}`)
    const error = await failure(client.call('any'))
    expect(error.code).toBe('connection_lost')
    expect(error.retryable).toBe(true)
  } finally {
    raw.close()
  }
})

test('an answer that breaks the protocol is protocol_error', async () => {
  const raw = createRawServer((socket) => socket.on('data', () => socket.end('HELLO\r\n\r\n')))
  raw.listen(0, '127.0.0.1')
  await once(raw, 'listening')
  try {
    const client = await clientOf(`http://127.0.0.1:${(raw.address() as AddressInfo).port}`)
    expect((await failure(client.call('any'))).code).toBe('protocol_error')
  } finally {
    raw.close()
  }
})

import { type Handler, Response, Server } from 'tidewire'
import { clientOf, deferred, failure, rawSocket, readAll, serving } from './support'

test('a route answers an object as JSON', async () => {
  const { client } = await serving((app) =>
    app.get('/users/{id}', ({ params }) => ({ id: params['id'] })),
  )
  const response = await client.request('GET', '/users/7')
  expect(response.status).toBe(200)
  expect(response.contentType).toBe('application/json')
  expect(response.json()).toEqual({ id: '7' })
})

test('an async handler answers when its promise settles', async () => {
  const gate = deferred<string>()
  const { client } = await serving((app) =>
    app.get('/late', async () => ({ at: await gate.promise })),
  )
  const pending = client.request('GET', '/late')
  gate.resolve('last')
  expect((await pending).json()).toEqual({ at: 'last' })
})

test.each<[string, Handler, number, string, string]>([
  ['a string', () => 'hei på deg', 200, 'text/plain; charset=utf-8', 'hei på deg'],
  ['undefined', () => undefined, 204, '', ''],
  ['null', () => null, 200, 'application/json', 'null'],
  ['a number', () => 1.5, 200, 'application/json', '1.5'],
  ['an array', () => [1, 'two'], 200, 'application/json', '[1,"two"]'],
  ['bytes', () => new TextEncoder().encode('raw'), 200, 'application/octet-stream', 'raw'],
  ['a Response', () => new Response('a', { status: 201 }), 201, 'text/plain; charset=utf-8', 'a'],
  ['a JSON one', () => Response.json([1], { status: 202 }), 202, 'application/json', '[1]'],
])('a handler may give %s', async (_, handler, status, contentType, text) => {
  const { client } = await serving((app) => app.get('/', handler))
  const response = await client.request('GET', '/')
  expect(response.status).toBe(status)
  expect(response.contentType).toBe(contentType)
  expect(response.text()).toBe(text)
})

test('a Response carries headers of its own and its Content-Type once', async () => {
  const { client } = await serving((app) =>
    app.get('/', () => {
      const headers = { 'X-One': 'a', 'Content-Type': 'text/css' }
      return new Response('body{}', { headers })
    }),
  )
  const response = await client.request('GET', '/')
  expect(response.headers.get('x-one')).toBe('a')
  const types = [...response.headers].filter(([name]) => name.toLowerCase() === 'content-type')
  expect(types).toHaveLength(1)
  expect(response.contentType).toBe('text/css')
})

test('a request shows all that was sent', async () => {
  const { client } = await serving((app) =>
    app.post('/files/{path...}', (request) => ({
      method: request.method,
      target: request.target,
      path: request.path,
      params: request.params,
      page: request.query.get('page'),
      one: request.headers.get('x-ONE'),
      has: request.headers.has('x-none'),
      names: [...request.headers].map(([name]) => name.toLowerCase()).includes('x-one'),
      text: request.text(),
      bytes: request.body.length,
      isBytes: request.body instanceof Uint8Array,
      peer: /^127\.0\.0\.1:\d+$/.test(request.peer),
    })),
  )
  const response = await client.request('POST', '/files/a/b%20c?page=2', {
    headers: { 'X-One': '1' },
    body: 'blå',
  })
  expect(response.json()).toEqual({
    method: 'POST',
    target: '/files/a/b%20c?page=2',
    path: '/files/a/b%20c',
    params: { path: 'a/b c' },
    page: '2',
    one: '1',
    has: false,
    names: true,
    text: 'blå',
    bytes: 4,
    isBytes: true,
    peer: true,
  })
})

test('each HTTP method has its registration, and another one is refused', async () => {
  const { client } = await serving((app) =>
    app
      .get('/', (): string => 'get')
      .post('/', (): string => 'post')
      .put('/', (): string => 'put')
      .patch('/', (): string => 'patch')
      .delete('/', (): string => 'delete')
      .route('OPTIONS', '/', (): string => 'options'),
  )
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    expect((await client.request(method, '/')).text()).toBe(method.toLowerCase())
  }
  const refused = await client.request('TRACE', '/')
  expect(refused.status).toBe(405)
  expect(refused.headers.get('allow')).toContain('PATCH')
})

test('a method is called by name over plain HTTP', async () => {
  const { app } = await serving((server) =>
    server.method('add', ({ a, b }: { a: number; b: number }) => a + b),
  )
  const body = '{"a":1,"b":2}'
  for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
    const headers = { 'content-type': type }
    const answer = await fetch(`${app.url}/methods/add`, { method: 'POST', body, headers })
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(await answer.text()).toBe('3')
  }
  const headers = { 'content-type': 'application/xml' }
  const refused = await fetch(`${app.url}/methods/add`, { method: 'POST', body, headers })
  expect(refused.status).toBe(415)
})

test('a method is given its request and the deadline', async () => {
  const { client } = await serving((app) =>
    app.method('about', (_args, { request, deadline, signal }) => ({
      path: request.path,
      left: deadline !== undefined && deadline - Date.now() <= 5000 && deadline > Date.now(),
      timeLeftMs: request.timeLeftMs,
      aborted: signal.aborted,
    })),
  )
  const about = await client.call<{ timeLeftMs: number }>('about', undefined, { timeoutMs: 5000 })
  expect(about).toEqual({
    path: '/methods/about',
    left: true,
    timeLeftMs: expect.any(Number) as number,
    aborted: false,
  })
  expect(about.timeLeftMs).toBeGreaterThan(0)
})

test('a method called without arguments has undefined, so that defaults apply', async () => {
  const { client } = await serving((app) =>
    app.method('greet', ({ name }: { name: string } = { name: 'you' }) => `hei ${name}`),
  )
  expect(await client.call('greet')).toBe('hei you')
})

test('a Content-Type with a line end in it never reaches the wire', async () => {
  const { app } = await serving((server) =>
    server.get(
      '/',
      () => new Response('x', { headers: { 'content-type': 'text/plain\r\nX-Split: 1' } }),
    ),
  )
  const answer = await fetch(app.url)
  expect(answer.status).toBe(500)
  expect(answer.headers.get('x-split')).toBeNull()
})

test('pipelined requests are answered in order', async () => {
  const gates = [deferred<string>(), deferred<string>()]
  const { app } = await serving((server) =>
    server.get('/{n}', ({ params }) => gates[Number(params['n'])].promise),
  )
  const socket = await rawSocket(app.port)
  socket.write('GET /0 HTTP/1.1\r\nHost: localhost\r\n\r\n')
  socket.write('GET /1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  gates[1].resolve('second')
  gates[0].resolve('first')
  const text = await readAll(socket)
  expect(text.indexOf('first')).toBeGreaterThan(0)
  expect(text.indexOf('second')).toBeGreaterThan(text.indexOf('first'))
})

test('many requests at once are all answered, each with its own answer', async () => {
  const { client } = await serving((app) => app.method('echo', async (n: number) => n))
  const calls = Array.from({ length: 3000 }, (_, n) => client.call<number>('echo', n))
  expect(await Promise.all(calls)).toEqual(Array.from({ length: 3000 }, (_, n) => n))
})

test('a body of some megabytes passes both ways unchanged', async () => {
  const { client } = await serving((app) => app.post('/echo', (request) => request.body))
  const body = new Uint8Array(3_000_000).map((_, index) => index % 251)
  const response = await client.request('POST', '/echo', { body })
  expect(Buffer.compare(response.body, body)).toBe(0)
})

test('a body over its limit is refused before the handler runs', async () => {
  let ran = false
  const { client } = await serving((app) => app.post('/', () => (ran = true)), {
    limits: { bodyBytesMax: 1000 },
  })
  const response = await client.request('POST', '/', { body: 'x'.repeat(1001) })
  expect(response.status).toBe(413)
  expect(ran).toBe(false)
})

test('the url names the port that was taken', async () => {
  const { app } = await serving(() => undefined)
  expect(app.url).toBe(`http://127.0.0.1:${app.port}`)
  expect(app.port).toBeGreaterThan(0)
})

test('a server counts its requests and connections', async () => {
  const { app, client } = await serving((server) => server.get('/', () => 'x'))
  await client.request('GET', '/')
  await client.request('GET', '/')
  const stats = app.stats()
  expect(stats.requests).toBe(2)
  expect(stats.connections).toBe(1)
  expect(stats.connectionsAccepted).toBe(1)
  expect(stats.protocolErrors).toBe(0)
})

test('stop answers what is under way and then refuses', async () => {
  const entered = deferred()
  const gate = deferred<string>()
  const { app, client } = await serving((server) =>
    server.get('/', () => {
      entered.resolve()
      return gate.promise
    }),
  )
  const pending = client.request('GET', '/')
  await entered.promise
  const stopped = app.stop({ graceMs: 30_000 })
  gate.resolve('done')
  expect((await pending).text()).toBe('done')
  await stopped
  expect((await failure(clientOf(app.url))).code).toBe('unavailable')
})

test('stop without grace ends what is under way', async () => {
  const entered = deferred()
  const { app, client } = await serving((server) =>
    server.get('/', () => {
      entered.resolve()
      return new Promise(() => undefined)
    }),
  )
  const pending = failure(client.request('GET', '/'))
  await entered.promise
  await app.stop({ graceMs: 0 })
  expect((await pending).code).toBe('connection_lost')
})

test('several servers live beside each other', async () => {
  const one = await serving((app) => app.get('/', () => 'one'))
  const two = await serving((app) => app.get('/', () => 'two'), { loops: 2 })
  expect((await one.client.request('GET', '/')).text()).toBe('one')
  expect((await two.client.request('GET', '/')).text()).toBe('two')
})

test('an address in use is unavailable, and the server may not serve', async () => {
  const { app } = await serving(() => undefined)
  const second = new Server(`127.0.0.1:${app.port}`)
  expect((await failure(second.start())).code).toBe('unavailable')
  expect(second.url).toBe('')
})

test('Symbol.asyncDispose stops a server and closes a client', async () => {
  const { app, client } = await serving((server) => server.get('/', () => 'x'))
  await client[Symbol.asyncDispose]()
  expect((await failure(client.request('GET', '/'))).code).toBe('misuse')
  await app[Symbol.asyncDispose]()
  expect((await failure(() => app.get('/late', () => 'x'))).code).toBe('misuse')
})

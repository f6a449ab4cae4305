// https: servers and clients of ours, and node's own at either end.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Agent } from 'node:https'
import { connect as connectTls } from 'node:tls'

import { type Client, type ClientTls, Server, type ServerOptions, connect } from 'tidewire'

import { CA, TRUSTING, file, nodeTls, serverTls } from './certificates'
import { failure, rawSocket, readAll, until } from './support'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function secure(options: ServerOptions = {}): Promise<Server> {
  const app = new Server('127.0.0.1:0', { tls: serverTls(), ...options })
  app.method('add', ({ a, b }: { a: number; b: number }) => a + b)
  app.post('/echo', (incoming) => incoming.body)
  await app.start()
  closing.push(() => app.stop({ graceMs: 0 }))
  return app
}

async function clientOf(url: string, tls: ClientTls | undefined = TRUSTING): Promise<Client> {
  const client = await connect(url, tls === undefined ? {} : { tls })
  closing.push(() => client.close())
  return client
}

test('a client calls methods and routes over https', async () => {
  const app = await secure()
  expect(app.url).toBe(`https://127.0.0.1:${app.port}`)
  const client = await clientOf(app.url)
  expect(await client.call('add', { a: 1, b: 2 })).toBe(3)
  const body = Buffer.alloc(5_000_000, 'tide')
  const response = await client.request('POST', '/echo', { body })
  expect(body.equals(response.body)).toBe(true)
  const sums = Array.from({ length: 100 }, (_, a) => client.call('add', { a, b: 1 }))
  expect(await Promise.all(sums)).toEqual(sums.map((_, a) => a + 1))
})

test('aborting reaches the handler through TLS', async () => {
  const app = new Server('127.0.0.1:0', { tls: serverTls() })
  let reason: unknown
  let started = false
  app.method('never', (_, { signal }) => {
    started = true
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason
        reject(new Error('aborted'))
      })
    })
  })
  await app.start()
  closing.push(() => app.stop({ graceMs: 0 }))
  const client = await clientOf(app.url)
  const controller = new AbortController()
  const call = client.call('never', {}, { signal: controller.signal })
  await until(() => started)
  controller.abort()
  expect((await failure(call)).code).toBe('cancelled')
  await until(() => reason !== undefined)
  expect((await failure(client.call('never', {}, { timeoutMs: 50 }))).code).toBe('timeout')
})

test.each([
  ['other_host', TRUSTING, 'IP address mismatch'],
  ['expired', TRUSTING, 'certificate has expired'],
  ['stranger', TRUSTING, 'unable to get local issuer certificate'],
  ['server', {}, 'certificate verify failed'],
  ['self_signed', TRUSTING, 'self-signed certificate'],
  ['server', { ca: CA, serverName: 'x.example' }, 'hostname mismatch'],
])('a server with the certificate %s and a client %j: %s', async (name, tls, reason) => {
  const app = await secure({ tls: serverTls(name) })
  const error = await failure(connect(app.url, { tls }))
  expect(error.code).toBe('unavailable')
  expect(error.message).toContain(reason)
})

test('whom to trust can be said', async () => {
  const cases: [string, ClientTls][] = [
    ['self_signed', { ca: file('self_signed.pem') }],
    ['expired', { verify: false }],
    ['other_host', { ca: CA, serverName: 'other.example.com' }],
    ['server', { ca: readFileSync(CA) }],
    ['server', { ca: readFileSync(CA, 'utf8'), serverName: 'api.example.com' }],
  ]
  for (const [name, tls] of cases) {
    const app = await secure({ tls: serverTls(name) })
    const client = await clientOf(app.url, tls)
    expect(await client.call('add', { a: 1, b: 2 })).toBe(3)
  }
})

test('a server may ask for a certificate of its clients', async () => {
  const app = await secure({ tls: { ...serverTls(), clientCa: CA } })
  const own = { ...TRUSTING, ...serverTls('client') }
  expect(await (await clientOf(app.url, own)).call('add', { a: 1, b: 2 })).toBe(3)
  const without = await failure(async () => (await clientOf(app.url)).call('add'))
  expect(without.message).toContain('certificate required')
  const stranger = { ...TRUSTING, ...serverTls('stranger') }
  const refused = await failure(async () => (await clientOf(app.url, stranger)).call('add'))
  expect(refused.message).toContain('unknown ca')
})

test('plain HTTP on the port of TLS is told so, and the other way round', async () => {
  const app = await secure()
  const socket = await rawSocket(app.port)
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const answer = await readAll(socket)
  expect(answer).toMatch(/^HTTP\/1.1 400/)
  expect(answer).toContain('use https://')

  const plain = new Server('127.0.0.1:0')
  await plain.start()
  closing.push(() => plain.stop({ graceMs: 0 }))
  const error = await failure(connect(`https://127.0.0.1:${plain.port}`, { tls: TRUSTING }))
  expect(error.code).toBe('unavailable')
  expect(error.message).toContain('does not speak TLS')
})

test('200 handshakes that stand still hinder nobody, and end by their time', async () => {
  const app = await secure({ limits: { tlsHandshakeTimeoutMs: 1000 } })
  const half = await Promise.all(Array.from({ length: 200 }, () => rawSocket(app.port)))
  half.forEach((socket, i) => {
    if (i % 2 === 0) socket.write(Buffer.from([0x16, 3, 1, 2, 0, 1]))
  })
  const client = await clientOf(app.url)
  for (let i = 0; i < 100; i++) expect(await client.call('add', { a: i, b: 1 })).toBe(i + 1)
  expect(await Promise.all(half.map(readAll))).toEqual(half.map(() => ''))
})

test('reloaded certificates serve the next handshakes', async () => {
  const app = await secure({ tls: serverTls('expired') })
  const bad = await failure(() => app.reloadTls({ cert: '/none.pem', key: '/none.key' }))
  expect(bad.code).toBe('invalid_argument')
  expect((await failure(connect(app.url, { tls: TRUSTING }))).code).toBe('unavailable')
  app.reloadTls(serverTls())
  expect(await (await clientOf(app.url)).call('add', { a: 1, b: 2 })).toBe(3)
  const plain = new Server('127.0.0.1:0')
  expect((await failure(() => plain.reloadTls(serverTls()))).code).toBe('misuse')
})

test('what is no certificate is an invalid argument', async () => {
  const code = async (options: ServerOptions): Promise<string> => {
    const error = await failure(() => new Server('127.0.0.1:0', options).start())
    expect(error.message).toContain('tls')
    return error.code
  }
  const { cert = '', key = '' } = serverTls()
  for (const tls of [
    { cert: '/none.pem', key },
    { cert, key: file('encrypted.key') },
    { cert, key: file('client.key') },
    { cert: '' },
    { cert: 7 } as never,
    { key } as never,
    { cert, key, ca: CA } as never,
  ]) {
    expect(await code({ tls })).toBe('invalid_argument')
  }
  for (const tls of [{ verify: 'no' }, { ca: 1 }, { serverName: 'a b' }] as never[]) {
    const error = await failure(connect('https://127.0.0.1:1', { tls }))
    expect(error.code).toBe('invalid_argument')
  }
  const error = await failure(connect('http://127.0.0.1:1', { tls: TRUSTING }))
  expect(error.code).toBe('invalid_argument')
})

test('node:https and node:tls are served, in one process with their OpenSSL', async () => {
  const app = await secure()
  const agent = new Agent({ keepAlive: true, ca: readFileSync(CA) })
  for (let i = 0; i < 20; i++) {
    const sent = request(`${app.url}/echo`, { method: 'POST', agent })
    sent.end(`round ${i}`)
    const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).toString()).toBe(`round ${i}`)
  }
  agent.destroy()
  const socket = connectTls({
    port: app.port,
    host: 'localhost',
    ca: readFileSync(CA),
    ALPNProtocols: ['h2', 'http/1.1'],
  })
  await once(socket, 'secureConnect')
  expect(socket.alpnProtocol).toBe('http/1.1')
  socket.write('GET /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  expect(await readAll(socket)).toMatch(/^HTTP\/1.1 404/)
})

test('a client of ours asks a server of node:https', async () => {
  const server = createServer(nodeTls(), (incoming, answer) => {
    incoming.pipe(answer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = await clientOf(`https://localhost:${port}`)
  const body = Buffer.alloc(1_000_000, 'x')
  const response = await client.request('POST', '/', { body })
  expect(body.equals(response.body)).toBe(true)
  await client.close()
  server.close()
  await once(server, 'close')
})

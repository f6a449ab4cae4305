// Hosts, origins and CORS, over a socket.

import { Server, type ServerOptions } from 'tidewire'

import { failure, rawSocket, readAll, serving } from './support'

async function sent(port: number, line: string, fields: string[]): Promise<string> {
  const socket = await rawSocket(port)
  const all = [line, ...fields, 'Content-Length: 0', 'Connection: close', '', '']
  socket.write(all.join('\r\n'))
  return readAll(socket)
}

const CHANGE = 'POST /x HTTP/1.1'

async function changeable(options: ServerOptions = {}) {
  const calls: string[] = []
  const { app } = await serving((server) => {
    server.post('/x', (request) => void calls.push(request.path))
  }, options)
  return { port: app.port, calls }
}

test('a local server answers to local names only', async () => {
  const { port, calls } = await changeable()
  for (const host of ['localhost', '127.0.0.1:1', `[::1]:${port}`]) {
    expect(await sent(port, CHANGE, [`Host: ${host}`])).toMatch(/^HTTP\/1.1 204/)
  }
  const refused = await sent(port, CHANGE, ['Host: rebound.example'])
  expect(refused).toMatch(/^HTTP\/1.1 421/)
  expect(refused).toContain('"code":"misdirected"')
  expect(calls).toHaveLength(3)
})

test('hosts by name', async () => {
  const { port } = await changeable({ hosts: ['api.example.com'] })
  expect(await sent(port, CHANGE, ['Host: API.example.com'])).toMatch(/^HTTP\/1.1 204/)
  expect(await sent(port, CHANGE, ['Host: b.example.com'])).toMatch(/^HTTP\/1.1 421/)
})

test('a foreign page changes nothing', async () => {
  const { port, calls } = await changeable()
  const host = `Host: localhost:${port}`
  const own = await sent(port, CHANGE, [host, `Origin: http://localhost:${port}`])
  expect(own).toMatch(/^HTTP\/1.1 204/)
  for (const origin of ['http://evil.example', 'null', 'http://localhost']) {
    const refused = await sent(port, CHANGE, [host, `Origin: ${origin}`])
    expect(refused).toMatch(/^HTTP\/1.1 403/)
    expect(refused).toContain('"code":"forbidden"')
  }
  expect(calls).toHaveLength(1)
})

test('CORS', async () => {
  const page = 'https://app.example'
  const cors = { origins: [page], credentials: true, headers: ['X-Mine'], maxAgeMs: 60_000 }
  const { port, calls } = await changeable({ cors })
  const from = ['Host: localhost', `Origin: ${page}`]
  const preflight = await sent(port, 'OPTIONS /x HTTP/1.1', [
    ...from,
    'Access-Control-Request-Method: POST',
    'Access-Control-Request-Headers: x-mine',
  ])
  expect(preflight).toMatch(/^HTTP\/1.1 204/)
  expect(preflight).toContain(`Access-Control-Allow-Origin: ${page}\r\n`)
  expect(preflight).toContain('Access-Control-Max-Age: 60\r\n')
  expect(calls).toEqual([])
  const done = await sent(port, CHANGE, from)
  expect(done).toContain('Access-Control-Allow-Credentials: true\r\n')
  expect(done).toContain('Vary: Origin\r\n')
  const other = await sent(port, CHANGE, ['Host: localhost', 'Origin: https://b.example'])
  expect(other).toMatch(/^HTTP\/1.1 403/)
  expect(other).not.toContain('Access-Control-Allow-Origin')
})

test('what is no option is refused', async () => {
  const made = (options: object) => failure(() => new Server('127.0.0.1:0', options))
  expect((await made({ cors: { origins: ['*'], credentials: true } })).message).toMatch(
    'credentials',
  )
  expect((await made({ cors: { origins: 'https://app.example' } })).message).toMatch('cors.origins')
  expect((await made({ cors: { origins: [], other: 1 } })).message).toMatch('other')
  expect((await made({ hosts: 'example.com' })).message).toMatch('hosts')
  const app = new Server('127.0.0.1:0', { hosts: ['http://a'] })
  expect((await failure(app.start())).code).toBe('invalid_argument')
  await app.stop()
})

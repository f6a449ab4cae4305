// Unix sockets: ours at both ends, and node:http at either.

import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { createServer, get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Server, connect } from 'tidewire'

import { failure } from './support'

function newPath(): string {
  return join(mkdtempSync(join(tmpdir(), 'unix-')), 'app.sock')
}

async function textOf(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

test('a client calls over a Unix socket, and so does node:http', async () => {
  const path = newPath()
  const app = new Server(`unix:${path}`, { loops: 2 })
  app.method('add', ({ a, b }: { a: number; b: number }) => a + b)
  app.get('/peer', (request) => request.peer)
  await app.start()
  try {
    expect([app.url, app.port]).toEqual([`unix:${path}`, 0])
    const client = await connect(app.url)
    expect(await client.call('add', { a: 1, b: 2 })).toBe(3)
    await client.close()
    const [answer] = (await once(get({ socketPath: path, path: '/peer' }), 'response')) as [
      IncomingMessage,
    ]
    expect(await textOf(answer)).toBe('unix')
    expect((await failure(new Server(app.url).start())).code).toBe('unavailable')
  } finally {
    await app.stop({ graceMs: 0 })
  }
  expect(existsSync(path)).toBe(false)
  expect((await failure(connect(`unix:${path}`))).code).toBe('unavailable')
})

test('a client of ours asks a server of node:http over a Unix socket', async () => {
  const path = newPath()
  const server = createServer((request, answer) => answer.end(request.headers.host))
  server.listen(path)
  await once(server, 'listening')
  const client = await connect(`unix:${path}`)
  expect((await client.request('GET', '/')).text()).toBe('localhost')
  await client.close()
  server.close()
  await once(server, 'close')
})

test('what is no Unix socket is refused', async () => {
  for (const address of ['unix:', 'unix:relative.sock', `unix:/${'a'.repeat(107)}`]) {
    expect((await failure(new Server(address).start())).code).toBe('invalid_argument')
    expect((await failure(connect(address))).code).toBe('invalid_argument')
  }
})

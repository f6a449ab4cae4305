// ETags, pure methods and compressed bodies, over a socket.

import { request as httpRequest, type IncomingMessage } from 'node:http'
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib'
import {
  Response,
  type ServerOptions,
  connect,
  ifMatch,
  ifNoneMatch,
  makeEtag,
} from 'tidewire'

import { failure, serving } from './support'

const LONG = 'a line of text\n'.repeat(500)

async function served(options: ServerOptions = {}) {
  return serving((app) => {
    app.get('/page', () => new Response(LONG, { headers: { ETag: '"v1"' } }))
    app.post('/echo', (request) => request.text())
    app.method('double', { pure: true }, (args) => 2 * (args as { n: number }).n)
    app.method('changing', () => 1)
  }, options)
}

interface Received {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** By node:http, which leaves bodies as they come. */
function ask(
  url: string,
  path: string,
  headers: Record<string, string>,
  body?: Buffer,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const sent = httpRequest(url + path, { method, headers, agent: false }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('end', () => {
        const all = Buffer.concat(pieces)
        resolve({ status: answer.statusCode, headers: answer.headers, body: all })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

test('who has the version that is served gets 304', async () => {
  const { app } = await served()
  const known = await ask(app.url, '/page', { 'If-None-Match': '"v0", W/"v1"' })
  expect(known.status).toBe(304)
  expect(known.body).toHaveLength(0)
  expect(known.headers.etag).toBe('"v1"')
  expect(known.headers['content-type']).toBeUndefined()
  const other = await ask(app.url, '/page', { 'If-None-Match': '"v0"' })
  expect(other.body.toString()).toBe(LONG)
})

test('a pure method may be read', async () => {
  const { client } = await served()
  const target = `/methods/double?args=${encodeURIComponent('{"n":21}')}`
  const first = await client.request('GET', target)
  expect(first.json()).toBe(42)
  const tag = first.headers.get('etag') ?? ''
  expect(tag).toBe(makeEtag('42'))
  expect(makeEtag(Buffer.from('42'))).toBe(tag)
  const again = await client.request('GET', target, { headers: { 'If-None-Match': tag } })
  expect(again.status).toBe(304)
  expect(await client.call('double', { n: 1 })).toBe(2)
  const refused = await client.request('GET', '/methods/changing')
  expect(refused.status).toBe(405)
  expect(refused.headers.get('allow')).toBe('POST')
})

test('answers leave compressed for who asks', async () => {
  const { app } = await served({ compression: {} })
  const gzip = await ask(app.url, '/page', { 'Accept-Encoding': 'gzip' })
  expect(gzip.headers['content-encoding']).toBe('gzip')
  expect(gzip.headers.vary).toBe('Accept-Encoding')
  expect(gzip.headers.etag).toBe('W/"v1"')
  expect(gunzipSync(gzip.body).toString()).toBe(LONG)
  const deflate = await ask(app.url, '/page', { 'Accept-Encoding': 'gzip;q=0.1, deflate' })
  expect(inflateSync(deflate.body).toString()).toBe(LONG)
  const plain = await ask(app.url, '/page', {})
  expect(plain.body.toString()).toBe(LONG)
})

test('nothing is compressed unless the server was told to', async () => {
  const { app } = await served()
  const answer = await ask(app.url, '/page', { 'Accept-Encoding': 'gzip' })
  expect(answer.body.toString()).toBe(LONG)
  expect(answer.headers.vary).toBeUndefined()
})

test('the client undoes what it asked for', async () => {
  const { app } = await served({ compression: { bytesMin: 1, level: 9, types: ['text/*'] } })
  const client = await connect(app.url, { compression: true })
  try {
    const response = await client.request('GET', '/page')
    expect(response.text()).toBe(LONG)
    expect(response.headers.get('vary')).toBe('Accept-Encoding')
    expect(response.headers.get('content-encoding')).toBeUndefined()
    expect(await client.call('double', { n: 2 })).toBe(4)
  } finally {
    await client.close()
  }
})

test('compressed requests are undone within bounds', async () => {
  const { app } = await served({ limits: { bodyBytesMax: 100_000 } })
  const send = (coding: string, body: Buffer) =>
    ask(app.url, '/echo', { 'Content-Encoding': coding, 'Content-Type': 'text/plain' }, body)
  expect((await send('gzip', gzipSync(LONG))).body.toString()).toBe(LONG)
  expect((await send('deflate', deflateSync(LONG))).body.toString()).toBe(LONG)
  const bomb = await send('gzip', gzipSync(Buffer.alloc(10_000_000)))
  expect(bomb.body.toString()).toContain('"code":"payload_too_large"')
  const broken = await send('gzip', Buffer.from('no gzip'))
  expect(broken.body.toString()).toContain('"code":"invalid_data"')
  const unknown = await send('br', Buffer.from('x'))
  expect(unknown.status).toBe(415)
  expect(unknown.headers['accept-encoding']).toBe('gzip, deflate')
})

test('tags are compared as the RFC says', async () => {
  expect(ifMatch('"a", "b"', '"b"')).toBe(true)
  expect(ifMatch('W/"a"', 'W/"a"')).toBe(false)
  expect(ifNoneMatch('W/"a"', '"a"')).toBe(true)
  expect(ifNoneMatch('*', '"a"')).toBe(true)
  expect((await failure(() => makeEtag(5 as unknown as string))).code).toBe('invalid_argument')
})

test('options that make no sense are refused', async () => {
  for (const compression of [{ level: 0 }, { bytesMin: -1 }, { types: ['text'] }, { size: 1 }]) {
    const refused = await failure(() => served({ compression }))
    expect(refused.code).toBe('invalid_argument')
  }
})

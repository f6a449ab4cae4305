import { type ServerStats, connect } from 'tidewire'
import { program, rawSocket, readAll } from './support'

test('a handler that blocks the loop for 5 s costs connections nothing in the core', async () => {
  const server = program('serving.mjs')
  const url = await server.line()
  const port = Number(new URL(url).port)
  const client = await connect(url)
  try {
    const kept = await rawSocket(port)
    const before = (await client.call<ServerStats>('stats')).appStallSeconds
    let blocked = true
    const block = client.call<number>('block', 5).finally(() => (blocked = false))
    expect(await server.line()).toBe('block')

    // The core goes on: it accepts, parses, refuses, and keeps what was open.
    for (let n = 0; n < 20; n++) {
      const response = await client.request('GET', '/nowhere')
      expect(response.status).toBe(404)
    }
    const fresh = await rawSocket(port)
    fresh.write('GET / HTTP/1.1\r\nhost : x\r\n\r\n')
    expect(await readAll(fresh)).toContain('HTTP/1.1 400')
    expect(blocked).toBe(true)

    // What needs the handler's loop is answered after it.
    kept.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
    const late = readAll(kept)
    const seconds = await block
    expect(await late).toMatch(/^HTTP\/1\.1 200 [^]*here$/)
    const stalled = (await client.call<ServerStats>('stats')).appStallSeconds - before
    expect(stalled).toBeGreaterThan(seconds * 0.95)
    expect(stalled).toBeLessThan(seconds * 1.05)
  } finally {
    await client.close()
  }
})

test('a reply that was given before a handler blocks does not wait for it', async () => {
  const server = program('serving.mjs')
  const url = await server.line()
  const client = await connect(url)
  try {
    // The first long batch teaches it that handlers block here.
    await client.call('block', 0.05)
    await server.line()
    const port = Number(new URL(url).port)
    const [quick, slow] = [await rawSocket(port), await rawSocket(port)]
    let blocked = true
    const late = readAll(slow).finally(() => (blocked = false))
    const end = 'Host: 127.0.0.1\r\nConnection: close\r\n'
    quick.write(`GET / HTTP/1.1\r\n${end}\r\n`)
    slow.write(`POST /methods/block HTTP/1.1\r\n${end}Content-Length: 1\r\n\r\n2`)
    expect(await readAll(quick)).toContain('here')
    expect(blocked).toBe(true)
    expect(await late).toContain('HTTP/1.1 200')
  } finally {
    await client.close()
  }
})

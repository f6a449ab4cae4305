// Resident memory after 10,000 and after 100,000 calls, in MiB; TIDEWIRE_TORTURE adds a zero to
// both. --expose-gc
//   server          prints its url, then serves; a line on stdin makes it print its memory
//   client <url>    calls, and prints its memory twice
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Server, connect } from '../../../packages/node/dist/index.mjs'

const IN_FLIGHT = 32
const FIRST = process.env.TIDEWIRE_TORTURE ? 100_000 : 10_000
const [role, url] = process.argv.slice(2)

async function residentMib() {
  for (let n = 0; n < 3; n++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return (process.memoryUsage.rss() / 2 ** 20).toFixed(2)
}

async function callMany(client, count) {
  let left = count
  const run = async () => {
    while (left-- > 0) {
      await client.call('add', { a: left, b: 1 })
      if (left % 100 === 0) await client.request('POST', '/echo?x=1', { body: 'x'.repeat(2000) })
      if (left % 1000 === 0) await client.call('fail').catch(() => undefined)
      if (left % 1000 === 1) {
        const signal = AbortSignal.timeout(1)
        await client.call('wait', null, { signal }).catch(() => undefined)
      }
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, run))
}

if (role === 'server') {
  const app = new Server('127.0.0.1:0')
  app.method('add', ({ a, b }) => a + b)
  app.method('fail', async () => {
    throw new Error('on purpose')
  })
  app.method('wait', (_args, { signal }) => {
    return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  })
  app.post('/echo', (request) => {
    return request.headers.get('host') && request.query.get('x') ? request.body : undefined
  })
  await app.start()
  console.log(app.url)
  for await (const line of createInterface(process.stdin)) {
    if (line === 'stop') break
    console.log(await residentMib())
  }
  await app.stop({ graceMs: 0 })
  process.stdin.destroy()
} else {
  const client = await connect(url)
  // Before the first look: opening stdin takes memory of Node's own.
  const go = once(process.stdin, 'data')
  await callMany(client, FIRST)
  console.log(await residentMib())
  await go
  // Collected after each part, so that V8's habit of letting garbage lie is not measured.
  let resident
  for (let part = 0; part < 9; part++) {
    await callMany(client, FIRST)
    resident = await residentMib()
  }
  console.log(resident)
  await client.close()
  process.stdin.destroy()
}

// Servers and clients that are dropped in any order, in any state, and collected. --expose-gc
import { Server, connect } from '../../../packages/node/dist/index.mjs'

const collect = async () => {
  globalThis.gc()
  await new Promise((resolve) => setImmediate(resolve))
}
const main = new Server('127.0.0.1:0')
main.method('add', ({ a, b }) => a + b)
main.method('never', () => new Promise(() => undefined))
await main.start()

for (let n = 0; n < 30; n++) {
  new Server('127.0.0.1:0').get('/', () => 'never started')
  const stopped = new Server('127.0.0.1:0').get('/', () => 'stopped')
  await stopped.start()
  const client = await connect(stopped.url)
  if (n % 2) await stopped.stop({ graceMs: 0 })
  else await client.close()
  if (n % 2 === 0) await stopped.stop({ graceMs: 0 })
  // Dropped with a call under way, which still settles.
  await (async () => {
    const dropped = await connect(main.url)
    return dropped.call('add', { a: n, b: 1 })
  })()
  await collect()
}
// A server that serves is not garbage.
const url = await (async () => {
  const kept = new Server('127.0.0.1:0').get('/', () => 'kept')
  await kept.start()
  kept.unref()
  return kept.url
})()
for (let n = 0; n < 5; n++) await collect()
const client = await connect(url)
console.log((await client.request('GET', '/')).text())
// A client that is dropped while its call waits: the call ends at its deadline.
const waiting = (async () => (await connect(main.url)).call('never', null, { timeoutMs: 300 }))()
for (let n = 0; n < 5; n++) await collect()
console.log(await waiting.catch((error) => error.code))
await main.stop({ graceMs: 0 })

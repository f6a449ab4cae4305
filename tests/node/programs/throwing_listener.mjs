// A listener of an AbortSignal throws: that is an uncaught exception of the application, and the
// requests of the same batch are still answered.
import { Server, connect } from '../../../packages/node/dist/index.mjs'

process.on('uncaughtException', (error) => console.log(`caught ${error}`))
const app = new Server('127.0.0.1:0')
let began
const beginning = new Promise((resolve) => (began = resolve))
app.method('listen', (_args, { signal }) => {
  signal.addEventListener('abort', () => {
    throw new Error('from a listener')
  })
  began()
  return new Promise(() => undefined)
})
app.method('add', ({ a, b }) => a + b)
await app.start()
const client = await connect(app.url)
const controller = new AbortController()
const cancelled = client.call('listen', null, { signal: controller.signal }).catch(() => undefined)
await beginning
controller.abort()
if ((await client.call('add', { a: 1, b: 2 })) === 3) {
  await cancelled
  // The handler is told through the server's socket, which may come after the answer.
  while (app.stats().requestsCancelled === 0) await new Promise((r) => setTimeout(r, 1))
  await new Promise((r) => setTimeout(r, 1))
  console.log('answered')
}
await client.close()
await app.stop({ graceMs: 0 })

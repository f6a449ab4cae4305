// Ends in one of several ways with sockets, threads and operations of tidewire alive.
import { Server, connect } from '../../../packages/node/dist/index.mjs'

const [way] = process.argv.slice(2)
const app = new Server('127.0.0.1:0', { loops: 2 })
app.method('never', () => new Promise(() => undefined))
app.method('end', () => process.exit(0))
app.get('/', () => 'x')
await app.start()
const client = await connect(app.url)
await client.request('GET', '/')

const ways = {
  // In the middle of everything.
  exit() {
    client.call('never').catch(() => undefined)
    process.exit(0)
  },
  // From a handler, in the middle of a batch.
  exit_in_handler() {
    for (let n = 0; n < 50; n++) client.call('never').catch(() => undefined)
    client.call('end').catch(() => undefined)
  },
  // The loop has nothing more to do: a server that is unref'd and a client do not keep it.
  idle() {
    app.unref()
  },
  // The same while a handler is at work for a foreign caller.
  async idle_with_request() {
    app.unref()
    const { connect: dial } = await import('node:net')
    const socket = dial(app.port, '127.0.0.1').unref()
    socket.write('POST /methods/never HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n')
    while (app.stats().requestsInFlight === 0) await new Promise((r) => setTimeout(r, 1))
  },
  // Everything closed in order.
  async orderly() {
    await client.close()
    await app.stop()
  },
  // The server goes first, under a client that has a call on it.
  async server_first() {
    const call = client.call('never').catch(() => undefined)
    await app.stop({ graceMs: 0 })
    await call
  },
  // An exception that nobody catches: Node's own exit code, not an abort.
  uncaught() {
    client.call('never').catch(() => undefined)
    setImmediate(() => {
      throw new Error('on purpose')
    })
  },
}
await ways[way]()

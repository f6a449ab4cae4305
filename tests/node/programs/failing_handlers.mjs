// Handlers that throw in every way, and a caller that sees it: none of it may reach the console.
import { Server, connect } from '../../../packages/node/dist/index.mjs'

const app = new Server('127.0.0.1:0')
app.get('/sync', () => {
  throw new Error('sync')
})
app.method('async', async () => {
  throw new Error('async')
})
app.method('unsayable', () => NaN)
await app.start()
const client = await connect(app.url)
await client.request('GET', '/sync')
await client.request('GET', '/nowhere')
await client.call('async').catch(() => undefined)
await client.call('unsayable').catch(() => undefined)
await client.close()
await app.stop()

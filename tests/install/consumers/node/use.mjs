// A program of a user who has installed the tarball, with import; both ways are one instance.
import { createRequire } from 'node:module'
import { Server, connect, version } from 'tidewire'

const required = createRequire(import.meta.url)('tidewire')

const app = new Server('127.0.0.1:0')
app.method('add', ({ a, b }) => a + b)
await app.start()
const client = await connect(app.url)
const add = await client.call('add', { a: 1, b: 2 })
await client.close()
await app.stop()
console.log(JSON.stringify({ add, version, same: required.Server === Server }))

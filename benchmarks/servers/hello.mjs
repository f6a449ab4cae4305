// The hello server of the benchmarks in Node: `hello.mjs PORT PACKAGE`, PACKAGE being the folder or
// file that the package tidewire is loaded from.
import { createRequire } from 'node:module'

const { Server } = createRequire(import.meta.url)(process.argv[3])

const app = new Server(`127.0.0.1:${process.argv[2]}`)
app.get('/hello', async () => ({ hello: 'world' }))
await app.run()

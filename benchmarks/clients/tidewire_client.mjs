// tidewire's client.
import { createRequire } from 'node:module'
import { report } from './windows.mjs'

const { connect } = createRequire(import.meta.url)(process.argv[5])

const client = await connect(`http://127.0.0.1:${process.argv[2]}`)
await report(async () => (await client.request('GET', '/hello')).text())
await client.close()

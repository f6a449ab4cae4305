// undici's client at its quickest: `request` on a pool of as many connections as are in flight.
import { createRequire } from 'node:module'
import { report } from './windows.mjs'

// The peers are installed beside the build, not beside this file.
const { Pool } = createRequire(`${process.argv[5]}/`)('undici')

const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`, { connections: 64 })
await report(async () => {
  const { body } = await pool.request({ method: 'GET', path: '/hello' })
  return await body.text()
})
await pool.close()

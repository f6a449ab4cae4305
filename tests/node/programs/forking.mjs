// child_process.fork while a server serves: the child is a process of its own.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Server, connect } from '../../../packages/node/dist/index.mjs'

if (process.send) {
  const client = await connect(process.argv[2])
  const sum = await client.call('add', { a: 1, b: 2 })
  process.send(sum)
  process.disconnect()
} else {
  const app = new Server('127.0.0.1:0')
  app.method('add', ({ a, b }) => a + b)
  await app.start()
  const child = fork(fileURLToPath(import.meta.url), [app.url])
  const [sum] = await once(child, 'message')
  const [code] = await once(child, 'exit')
  console.log(`${sum} ${code}`)
  await app.stop()
}

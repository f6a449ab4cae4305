// What keeps a process alive: it must still be there when the parent asks.
import { Server, connect } from '../../../packages/node/dist/index.mjs'

const [what, url] = process.argv.slice(2)
if (what === 'server') {
  const app = new Server('127.0.0.1:0')
  app.method('end', () => void setImmediate(() => app.stop()))
  await app.start()
  console.log(app.url)
} else if (what === 'call') {
  const client = await connect(url)
  client.call('slow').then((value) => console.log(value))
} else if (what === 'client_ref') {
  const client = await connect(url)
  client.ref()
  console.log('connected')
  process.stdin.once('data', () => client.unref()).once('data', () => process.stdin.destroy())
  process.stdin.unref()
}

// Prints its url, then the name of each method that is called. Stops at SIGTERM.
import { Server } from '../../../packages/node/dist/index.mjs'

const app = new Server('127.0.0.1:0')
app.method('never', () => {
  console.log('never')
  return new Promise(() => undefined)
})
app.method('slow', () => {
  console.log('slow')
  return new Promise((resolve) => setTimeout(resolve, 200, 'late'))
})
// Blocks this process's event loop.
app.method('block', (seconds) => {
  console.log('block')
  const end = performance.now() + seconds * 1000
  while (performance.now() < end);
  return (performance.now() - end) / 1000 + seconds
})
app.method('stats', () => app.stats())
app.get('/', () => 'here')
await app.start()
console.log(app.url)
await app.run()
console.log('stopped')

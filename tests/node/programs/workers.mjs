// Worker threads with live servers, clients and calls, ended in every way; the main thread goes on
// serving meanwhile.
import { once } from 'node:events'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { Server, connect } from '../../../packages/node/dist/index.mjs'

const COUNT = Number(process.argv[2] ?? 20)

async function work() {
  // Loaded and never used.
  if (workerData.way === 'import') return
  const app = new Server('127.0.0.1:0')
  app.method('never', () => new Promise(() => undefined))
  app.method('add', ({ a, b }) => a + b)
  await app.start()
  const own = await connect(app.url)
  const main = await connect(workerData.url)
  if ((await own.call('add', { a: 1, b: 2 })) !== 3) throw new Error('wrong sum')
  if ((await main.call('add', { a: 1, b: 2 })) !== 3) throw new Error('wrong sum')
  if (workerData.way === 'natural') {
    app.unref()
    return
  }
  own.call('never').catch(() => undefined)
  main.call('never').catch(() => undefined)
  // A storm, so that events are on their way at the end.
  for (let n = 0; n < 500; n++) own.call('add', { a: n, b: n }).catch(() => undefined)
  if (workerData.way === 'exit') {
    await new Promise((resolve) => setImmediate(resolve))
    process.exit(0)
  }
  parentPort.postMessage('ready')
}

async function main() {
  const app = new Server('127.0.0.1:0')
  app.method('never', () => new Promise(() => undefined))
  app.method('add', ({ a, b }) => a + b)
  await app.start()
  const ways = ['exit', 'terminate', 'terminate_early', 'natural', 'import']
  let ended = 0
  for (let n = 0; n < COUNT; n += ways.length) {
    await Promise.all(
      ways.map(async (way) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: { url: app.url, way } })
        const gone = once(worker, 'exit')
        if (way === 'terminate') {
          await once(worker, 'message')
          await worker.terminate()
        }
        if (way === 'terminate_early') {
          await new Promise((resolve) => setTimeout(resolve, 30 + n))
          await worker.terminate()
        }
        await gone
        ended++
      }),
    )
  }
  const client = await connect(app.url)
  const sum = await client.call('add', { a: 40, b: 2 })
  console.log(`${ended} ended, ${sum}`)
  await client.close()
  await app.stop({ graceMs: 0 })
}

await (isMainThread ? main() : work())

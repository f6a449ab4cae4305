// The server of the conformance tests in Node. README.md tells what every server program does.
import { Response, Server, TidewireError } from 'tidewire'

const [address = '127.0.0.1:0', cert, key] = process.argv.slice(2)
const app = new Server(address, {
  hosts: ['*'],
  ...(cert && { tls: { cert, key } }),
  ...('CONFORMANCE_COMPRESSION' in process.env && { compression: {} }),
})
const journal = new Map()

function note(tag, event) {
  if (!journal.has(tag)) journal.set(tag, [])
  journal.get(tag).push(event)
}

/** Waits until the time has passed, or until the caller is gone. */
function wait(name, tag, ms, signal) {
  note(tag, `${name} started`)
  return new Promise((resolve, reject) => {
    const timer =
      ms === undefined
        ? undefined
        : setTimeout(() => {
            note(tag, `${name} finished`)
            resolve('late')
          }, ms)
    const cancel = () => {
      clearTimeout(timer)
      note(tag, `${name} cancelled`)
      reject(signal.reason)
    }
    if (signal.aborted) cancel()
    else signal.addEventListener('abort', cancel, { once: true })
  })
}

function fail(tag) {
  note(tag, 'throws started')
  throw new Error('secret of the handler')
}

app.method('add', ({ a, b }) => a + b)
app.method('echo', ({ value }) => value)
app.method('big', ({ bytes }) => 'x'.repeat(bytes))
app.method('slow', ({ ms, tag }, { signal }) => wait('slow', tag, ms, signal))
app.method('never', ({ tag }, { signal }) => wait('never', tag, undefined, signal))
app.method('throws', async (args) => fail(args?.tag))
app.method('block', ({ seconds }) => {
  console.log('{"blocking":true}')
  const began = performance.now()
  while (performance.now() < began + seconds * 1000);
  return (performance.now() - began) / 1000
})
app.method('count', async function* ({ n, fail }) {
  for (let i = 0; i < n; i++) yield i
  if (fail) throw new TidewireError('conflict', 'as asked')
})
app.method('ticks', async function* ({ tag }) {
  note(tag, 'ticks started')
  try {
    for (let i = 0; ; i++) {
      yield i
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  } finally {
    note(tag, 'ticks cancelled')
  }
})
app.method('total', { streams: 'request' }, async (items) => {
  let result = 0
  for await (const item of items) result += item
  return result
})
app.method('double', { streams: 'both' }, async function* (items) {
  for await (const item of items) yield item * 2
})
app.method('events', ({ tag }) => journal.get(tag) ?? [])
app.method('stats', () => {
  const stats = app.stats()
  return {
    connections: stats.connections,
    connections_accepted: stats.connectionsAccepted,
    requests: stats.requests,
    requests_cancelled: stats.requestsCancelled,
    protocol_errors: stats.protocolErrors,
    app_stall_seconds: stats.appStallSeconds,
  }
})

app.get('/', (request) => {
  note('root', `${request.method} finished`)
  return 'root'
})
app.post('/', (request) => {
  note('root', 'POST finished')
  return request.body
})
app.get('/items/{id}', ({ params, query }) => ({ id: params.id, q: query.get('q') ?? '' }))
app.post('/echo', ({ body, headers }) => {
  return new Response(body, { contentType: headers.get('Content-Type') })
})
app.put('/echo', async ({ body }) => String(body.length))
app.delete('/items/{id}', () => undefined)
app.get('/big', ({ query }) => Buffer.alloc(Number(query.get('bytes')), 'x'))
app.get('/never', ({ query, signal }) => wait('never', query.get('tag'), undefined, signal))
app.get('/throws', ({ query }) => fail(query.get('tag')))

await app.start()
console.log(JSON.stringify({ url: app.url, pid: process.pid }))
process.stdin.resume().on('end', () => app.stop({ graceMs: 0 }))

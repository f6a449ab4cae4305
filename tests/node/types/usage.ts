// What users write, checked against the declarations that the package ships. Never run.

import {
  type ErrorCode,
  Headers,
  type Request,
  Response,
  Server,
  TidewireError,
  connect,
  version,
} from 'tidewire'

interface AddArgs {
  a: number
  b: number
}

export async function everything(): Promise<void> {
  const app = new Server('127.0.0.1:0', { loops: 2, limits: { bodyBytesMax: 1024 }, debug: true })
  app.get('/users/{id}', async (request) => ({ id: request.params['id'] }))
  app.post('/', (request: Request) => Response.json(request.json<AddArgs>(), { status: 201 }))
  app.put('/', () => undefined).patch('/', () => 'text').delete('/', () => new Uint8Array(1))
  app.route('OPTIONS', '/', () => new Response('', { headers: { Allow: 'GET' } }))
  app.method('add', ({ a, b }: AddArgs) => a + b)
  app.method('wait', async (_args, { signal, request, deadline }) => {
    const until: number | undefined = deadline
    return [signal.aborted, request.path, until]
  })
  await app.start()
  const port: number = app.port
  app.unref().ref()

  await using client = await connect(new URL(app.url), { timeoutMs: 1000, headers: [['a', 'b']] })
  const sum: number = await client.call<number>('add', { a: 1, b: 2 }, { timeoutMs: 10 })
  const any: unknown = await client.methods['add']?.({ a: 1, b: 2 })
  const controller = new AbortController()
  const response = await client.request('GET', '/', { json: [sum, any], signal: controller.signal })
  const body: Uint8Array = response.raiseForStatus().body
  const header: string | undefined = new Headers({ a: 'b' }).get('A')
  const value = response.json<{ ok: boolean }>().ok
  try {
    await app.stop({ graceMs: port })
  } catch (error) {
    if (error instanceof TidewireError && error.retryable) {
      const code: ErrorCode = error.code
      const text = `${version} ${header} ${body.length} ${value}`
      throw new TidewireError(code, text, { cause: error })
    }
  }

  const secure = new Server('127.0.0.1:0', { tls: { cert: 'c.pem', key: new Uint8Array(1) } })
  secure.reloadTls({ cert: 'c.pem', clientCa: 'ca.pem' })
  await connect('https://h', { tls: { ca: 'ca.pem', verify: true, serverName: 'x' } })
  // @ts-expect-error: a server needs a certificate
  secure.reloadTls({})

  // @ts-expect-error: an address is needed
  new Server()
  // @ts-expect-error: there is no such limit
  new Server('a:1', { limits: { bodySize: 1 } })
  // @ts-expect-error: there is no such code
  new TidewireError('broken')
  // @ts-expect-error: milliseconds are a number
  await client.call('add', {}, { timeoutMs: '1' })
  // @ts-expect-error: a request is not made by hand
  new Request()
}

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ERRORS,
  type HandlerErrorMessage,
  Response,
  Server,
  TidewireError,
  connect,
  version,
} from 'tidewire'
import { failure, program, serving } from './support'

const ROOT = join(__dirname, '..', '..')

test('the errors are those of the one table', () => {
  const table = JSON.parse(readFileSync(join(ROOT, 'schemas', 'errors.json'), 'utf8')) as unknown
  const text = JSON.stringify(table)
  for (const [code, row] of Object.entries(ERRORS)) {
    expect(text).toContain(JSON.stringify(code))
    expect(text).toContain(JSON.stringify(row.when))
  }
})

test('the version is that of the project', () => {
  expect(version).toBe(readFileSync(join(ROOT, 'VERSION'), 'utf8').trim())
})

test('a TidewireError has a code, retryable and a cause', () => {
  const cause = new Error('why')
  const error = new TidewireError('unavailable', 'not now', { cause })
  expect(error).toBeInstanceOf(Error)
  expect([error.name, error.code, error.retryable, error.message, error.cause]).toEqual([
    'TidewireError',
    'unavailable',
    true,
    'not now',
    cause,
  ])
  expect(new TidewireError('not_found').message).toBe(ERRORS.not_found.when)
  expect(String(error)).toBe('TidewireError: not now')
})

test('a handler that throws is internal for its caller, and its text does not leak', async () => {
  const { client } = await serving((app) =>
    app
      .get('/sync', () => {
        throw new Error('the password is 1234')
      })
      .get('/async', async () => {
        throw new Error('the password is 1234')
      })
      .get('/thing', () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw 'the password is 1234'
      })
      .get('/fine', () => 'fine'),
  )
  for (const path of ['/sync', '/async', '/thing']) {
    const response = await client.request('GET', path)
    expect(response.status).toBe(500)
    expect(response.json()).toMatchObject({ code: 'internal', retryable: false })
    expect(response.text()).not.toContain('1234')
    expect((await client.request('GET', '/fine')).text()).toBe('fine')
  }
})

test('a result whose then is broken is internal, once', async () => {
  const both: PromiseLike<unknown> = {
    then(fulfilled, rejected) {
      fulfilled?.('first')
      rejected?.(new Error('second'))
      throw new Error('third')
    },
  }
  const { client } = await serving((app) =>
    app
      .get('/getter', () => ({
        get then() {
          throw new Error('no then')
        },
      }))
      .get('/both', () => both)
      .get('/fine', () => 'fine'),
  )
  expect((await client.request('GET', '/getter')).status).toBe(500)
  expect((await client.request('GET', '/both')).text()).toBe('first')
  expect((await client.request('GET', '/fine')).text()).toBe('fine')
})

test('with debug the caller is told', async () => {
  const { client } = await serving(
    (app) =>
      app.method('fail', () => {
        throw new RangeError('out of cheese')
      }),
    { debug: true },
  )
  const error = await failure(client.call('fail'))
  expect(error.code).toBe('internal')
  expect(error.message).toContain('out of cheese')
})

test('a TidewireError of a handler reaches the caller with its code and message', async () => {
  const { client } = await serving((app) =>
    app.method('find', (name: string) => {
      throw new TidewireError('conflict', `${name} is taken`)
    }),
  )
  const error = await failure(client.call('find', 'ada'))
  expect([error.code, error.message]).toEqual(['conflict', 'ada is taken'])
})

test('a result that JSON cannot say is invalid_argument with its path', async () => {
  const { client } = await serving((app) =>
    app.method('nan', () => ({ list: [1, NaN] })).get('/map', () => new Map()),
  )
  const error = await failure(client.call('nan'))
  expect([error.code, error.message.startsWith('$.list[1] ')]).toEqual(['invalid_argument', true])
  expect((await client.request('GET', '/map')).json()).toMatchObject({ code: 'invalid_argument' })
})

test('a header that HTTP cannot carry is never sent', async () => {
  const { client } = await serving((app) =>
    app
      .get('/split', () => new Response('x', { headers: { 'X-A': 'a\r\nX-B: b' } }))
      .get('/length', () => new Response('x', { headers: { 'Content-Length': '7' } })),
  )
  const split = await client.request('GET', '/split')
  expect(split.headers.has('x-b')).toBe(false)
  expect(split.status).toBeGreaterThanOrEqual(400)
  expect((await client.request('GET', '/length')).status).toBe(500)
  const ours = await failure(client.request('GET', '/', { headers: { 'X-A': 'a\nb' } }))
  expect(ours.code).toBe('invalid_argument')
})

test('errors of handlers are published on a diagnostics channel', async () => {
  const seen: HandlerErrorMessage[] = []
  const listen = (message: unknown): void => void seen.push(message as HandlerErrorMessage)
  subscribe('tidewire:handler:error', listen)
  try {
    const boom = new Error('boom')
    const { client } = await serving((app) =>
      app
        .get('/{x}', () => {
          throw boom
        })
        .method('reject', () => Promise.reject(boom)),
    )
    await client.request('GET', '/a')
    await failure(client.call('reject'))
    expect(seen).toEqual([
      { error: boom, handler: 'GET /{x}' },
      { error: boom, handler: 'reject' },
    ])
  } finally {
    unsubscribe('tidewire:handler:error', listen)
  }
})

test('nothing is written to the console', async () => {
  const { code, stdout, stderr } = await program('failing_handlers.mjs').ended
  expect([code, stdout, stderr]).toEqual([0, '', ''])
})

describe('misuse is an error with a code', () => {
  const handler = (): string => 'x'

  test.each<[string, string, (app: Server) => unknown]>([
    ['start twice', 'misuse', (app) => app.start()],
    ['a route after start', 'misuse', (app) => app.get('/late', handler)],
    ['a method after start', 'misuse', (app) => app.method('late', handler)],
  ])('%s is %s', async (_, code, misuse) => {
    const { app } = await serving(() => undefined)
    expect((await failure(async () => await misuse(app))).code).toBe(code)
  })

  test.each<[string, (app: Server) => unknown]>([
    ['a reserved path', (app) => app.get('/methods/add', handler)],
    ['a pattern without its slash', (app) => app.get('users', handler)],
    ['a route that is taken', (app) => app.get('/a', handler).get('/a', handler)],
    ['a method name with a space', (app) => app.method('a b', handler)],
    ['a method name that is taken', (app) => app.method('a', handler).method('a', handler)],
    ['a handler that is no function', (app) => app.get('/a', 'x' as unknown as () => unknown)],
    ['a pattern that is no string', (app) => app.get(7 as unknown as string, handler)],
    ['a grace that is no number', (app) => app.stop({ graceMs: 'x' as unknown as number })],
    ['an option of stop that does not exist', (app) => app.stop({ grace: 1 } as object)],
  ])('%s is invalid_argument', async (_, misuse) => {
    const app = new Server('127.0.0.1:0')
    expect((await failure(async () => await misuse(app))).code).toBe('invalid_argument')
    await app.stop()
  })

  test.each<[string, () => unknown]>([
    ['an address that is no string', () => new Server(8080 as unknown as string)],
    ['an unknown option', () => new Server('127.0.0.1:0', { port: 1 } as object)],
    ['options that are null', () => new Server('127.0.0.1:0', null as unknown as object)],
    ['no loops', () => new Server('127.0.0.1:0', { loops: 0 })],
    ['an unknown limit', () => new Server('127.0.0.1:0', { limits: { bodyMax: 1 } as object })],
    ['a limit that is NaN', () => new Server('127.0.0.1:0', { limits: { bodyBytesMax: NaN } })],
    ['a fraction as a limit', () => new Server('127.0.0.1:0', { limits: { pipelineMax: 1.5 } })],
    ['an address without a port', () => new Server('localhost').start()],
    ['a port beyond 65535', () => new Server('127.0.0.1:65536').start()],
    ['a status of 99', () => new Response('', { status: 99 })],
    ['a body that is an object', () => new Response({} as unknown as string)],
    ['an unknown option of connect', () => connect('http://127.0.0.1:1', { timeout: 1 } as object)],
    ['a timeout that is NaN', () => connect('http://127.0.0.1:1', { timeoutMs: NaN })],
    ['a negative timeout', () => connect('http://127.0.0.1:1', { timeoutMs: -1 })],
    ['no connections', () => connect('http://127.0.0.1:1', { connectionsMax: 0 })],
    ['a URL that is no string', () => connect(undefined as unknown as string)],
  ])('%s is invalid_argument', async (_, misuse) => {
    expect((await failure(async () => await misuse())).code).toBe('invalid_argument')
  })

  test('wrong types in calls and requests are invalid_argument', async () => {
    const { client } = await serving((app) => app.get('/', handler))
    const wrong = <T>(value: unknown): T => value as T
    const attempts: (() => Promise<unknown>)[] = [
      () => client.call(wrong(7)),
      () => client.call('a', 1, { timeoutMs: wrong('1') }),
      () => client.call('a', 1, { signal: wrong({}) }),
      () => client.call('a', 1, { headers: wrong({ a: 1 }) }),
      () => client.call('a', 1, wrong({ timeout: 1 })),
      () => client.call('not a name'),
      () => client.request(wrong(1), '/'),
      () => client.request('GET', wrong(null)),
      () => client.request('GET', 'no-slash'),
      () => client.request('GET', '/a b'),
      () => client.request('GE T', '/'),
      () => client.request('POST', '/', { body: wrong(1) }),
      () => client.request('POST', '/', { json: 1, body: 'x' }),
    ]
    for (const attempt of attempts) {
      expect([attempt.toString(), (await failure(attempt())).code]).toEqual([
        attempt.toString(),
        'invalid_argument',
      ])
    }
    expect((await client.request('GET', '/')).text()).toBe('x')
  })

  test('everything after stop is misuse, except stop and what was known', async () => {
    const { app } = await serving((server) => server.get('/', handler))
    const { url } = app
    await app.stop({ graceMs: 0 })
    await app.stop()
    expect(app.url).toBe(url)
    expect(app.stats().connections).toBe(0)
    expect((await failure(app.start())).code).toBe('misuse')
    expect((await failure(() => app.get('/late', handler))).code).toBe('misuse')
    app.ref().unref()
  })

  test('a server that never started stops', async () => {
    const app = new Server('127.0.0.1:0').get('/', handler)
    await app.stop()
    expect((await failure(app.start())).code).toBe('misuse')
  })

  test('a request is read until it was answered', async () => {
    let kept: { path: string; signal: AbortSignal } | undefined
    const { client } = await serving((app) =>
      app.get('/', (request) => {
        kept = request
        return 'x'
      }),
    )
    await client.request('GET', '/')
    expect((await failure(() => kept?.path)).code).toBe('misuse')
    expect(kept?.signal.aborted).toBe(false)
  })
})

test('a missing addon is one error that lists what was tried', async () => {
  const { code, stderr } = await program('missing_addon.mjs').ended
  expect(code).toBe(1)
  expect(stderr).toContain('/nowhere/tidewire.node')
  expect(stderr).toContain('apt-get install')
  expect(stderr).toContain("code: 'unavailable'")
})

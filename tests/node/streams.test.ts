// Streamed replies and requests.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'

import { type Client, type Server, Stream, TidewireError, connect } from 'tidewire'

import { deferred, failure, serving } from './support'

function streaming(app: Server): void {
  app.method('count', async function* ({ n, fail }: { n: number; fail?: boolean }) {
    for (let i = 0; i < n; i++) yield i
    if (fail === true) throw new TidewireError('conflict', 'as asked')
  })
  app.method('sum', { streams: 'request' }, async (items: AsyncIterable<number>) => {
    let total = 0
    for await (const item of items) total += item
    return total
  })
  app.method('double', { streams: 'both' }, async function* (items: AsyncIterable<number>) {
    for await (const item of items) yield item * 2
  })
  app.method('plain', (args: unknown) => args)
}

async function withServer(
  fill: (app: Server) => void,
  use: (client: Client, app: Server) => Promise<void>,
): Promise<void> {
  const { client, app } = await serving(fill)
  await use(client, app)
}

async function all(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const item of items) found.push(item)
  return found
}

test('a generator streams its reply', async () => {
  await withServer(streaming, async (client, app) => {
    expect(await all(client.stream('count', { n: 3 }))).toEqual([0, 1, 2])
    expect(await all(client.stream('count', { n: 0 }))).toEqual([])
    const many = await all(client.stream('count', { n: 50_000 }))
    expect(many.length).toBe(50_000)
    expect(many.every((item, index) => item === index)).toBe(true)
    expect(app.stats().connections).toBe(1)
  })
})

test('values of a stream are values of a call', async () => {
  const large = [-(2n ** 63n), 2n ** 64n - 1n]
  const values = [null, true, ...large, 1.5, 'ä\n', [1, [2]], { a: { b: null } }]
  const register = (app: Server): void => {
    app.method('each', function* () {
      yield* values
    })
  }
  await withServer(register, async (client) => {
    expect(await all(client.stream('each'))).toEqual(values)
  })
})

test('a stream that fails gives its items and then the error', async () => {
  await withServer(streaming, async (client) => {
    const stream = client.stream('count', { n: 2, fail: true })
    expect([(await stream.next()).value, (await stream.next()).value]).toEqual([0, 1])
    expect(await failure(stream.next())).toMatchObject({ code: 'conflict', message: 'as asked' })
    expect(await failure(stream.next())).toMatchObject({ code: 'conflict' })
  })
})

test('what a generator throws is told to those who listen, and internal', async () => {
  const register = (app: Server): void => {
    app.method('broken', async function* () {
      yield 1
      throw new RangeError('secret')
    })
    app.method('unspeakable', function* () {
      yield NaN
    })
    app.method('nothing', { streams: 'reply' }, () => 7)
  }
  const heard: unknown[] = []
  const listen = (message: unknown): void => void heard.push(message)
  subscribe('tidewire:handler:error', listen)
  await withServer(register, async (client) => {
    const error = await failure(all(client.stream('broken')))
    expect(error).toMatchObject({ code: 'internal' })
    expect(String(error)).not.toContain('secret')
    expect(await failure(all(client.stream('unspeakable')))).toMatchObject({
      code: 'invalid_argument',
    })
    expect(await failure(all(client.stream('nothing')))).toMatchObject({ code: 'invalid_argument' })
  })
  unsubscribe('tidewire:handler:error', listen)
  expect(heard[0]).toMatchObject({ handler: 'broken', error: { message: 'secret' } })
})

test('who leaves a stream early ends its handler', async () => {
  const ended = deferred()
  const register = (app: Server): void => {
    app.method('ticks', async function* () {
      try {
        for (;;) {
          yield 'tick'
          await sleep(1)
        }
      } finally {
        ended.resolve()
      }
    })
  }
  await withServer(register, async (client) => {
    const stream = client.stream('ticks')
    for await (const item of stream) {
      expect(item).toBe('tick')
      break
    }
    await ended.promise
    expect(await all(stream)).toEqual([])
  })
})

test('a signal ends a stream that waits', async () => {
  const register = (app: Server): void => {
    app.method('slow', async function* (_: unknown) {
      yield 1
      await sleep(60_000, undefined, { ref: false })
    })
  }
  await withServer(register, async (client) => {
    const controller = new AbortController()
    const stream = client.stream('slow', undefined, { signal: controller.signal })
    expect((await stream.next()).value).toBe(1)
    const waiting = failure(stream.next())
    controller.abort('enough')
    expect(await waiting).toMatchObject({ code: 'cancelled', cause: 'enough' })
    const late = client.stream('slow', undefined, { timeoutMs: 200 })
    expect((await late.next()).value).toBe(1)
    expect(await failure(late.next())).toMatchObject({ code: 'timeout' })
  })
})

test('steps that are asked for at once come in order', async () => {
  await withServer(streaming, async (client) => {
    const stream = client.stream('count', { n: 3 })
    const steps = await Promise.all([1, 2, 3, 4].map(() => stream.next()))
    expect(steps.map(({ value }) => value as unknown)).toEqual([0, 1, 2, undefined])
    expect(steps[3].done).toBe(true)
  })
})

test('a reader that does not come stops the generator', async () => {
  let made = 0
  const register = (app: Server): void => {
    app.method('flood', function* () {
      for (;;) {
        made++
        yield 'x'.repeat(10_000)
      }
    })
  }
  await withServer(register, async (client) => {
    const stream = client.stream('flood')
    await stream.next()
    for (let before = -1; before !== made; await sleep(200)) before = made
    expect(made).toBeLessThan(3000)
    await stream.return()
  })
})

test('a stream of arguments gets one reply', async () => {
  await withServer(streaming, async (client) => {
    async function* items(): AsyncGenerator<number> {
      for (let i = 0; i < 20_000; i++) yield i
    }
    expect(await client.call('sum', undefined, { body: items() })).toBe(199_990_000)
    expect(await client.call('sum', undefined, { body: [1, 2, 3] })).toBe(6)
    expect(await client.call('sum', undefined, { body: [] })).toBe(0)
  })
})

test('items that throw fail the call', async () => {
  await withServer(streaming, async (client) => {
    async function* items(): AsyncGenerator<number> {
      yield 1
      throw new RangeError('mine')
    }
    await expect(client.call('sum', undefined, { body: items() })).rejects.toThrow('mine')
    expect(await failure(client.call('sum', undefined, { body: [NaN] }))).toMatchObject({
      code: 'invalid_argument',
    })
    expect(await failure(client.call('sum', 1, { body: [1] }))).toMatchObject({
      code: 'invalid_argument',
    })
    expect(() => client.stream('double', undefined, { body: 7 as never })).toThrow(TidewireError)
    expect(() => client.stream('count', { n: 1 }, { serializer: 'capnp' })).toThrow('JSON')
    expect(await client.call('sum', undefined, { body: [4] })).toBe(4)
  })
})

test('both sides may stream', async () => {
  await withServer(streaming, async (client) => {
    const body = Array.from({ length: 1000 }, (_, index) => index)
    const doubled = await all(client.stream('double', undefined, { body }))
    expect(doubled).toEqual(body.map((item) => item * 2))
  })
})

test('a call of the wrong kind is told', async () => {
  await withServer(streaming, async (client) => {
    const code = async (work: Promise<unknown>): Promise<unknown> =>
      ((await failure(work))).code
    expect(await code(client.call('count', { n: 1 }))).toBe('not_acceptable')
    expect(await code(all(client.stream('plain')))).toBe('not_acceptable')
    expect(await code(client.call('sum', { a: 1 }))).toBe('unsupported_media')
    expect(await code(client.call('plain', undefined, { body: [1] }))).toBe('unsupported_media')
    expect(await code(all(client.stream('none')))).toBe('not_found')
  })
})

test('what a stream cannot be is refused', async () => {
  const register = (app: Server): void => {
    streaming(app)
    expect(() => app.method('pure', { pure: true, streams: 'reply' }, () => [])).toThrow('pure')
    expect(() => app.method('odd', { streams: 'odd' as never }, () => [])).toThrow(TidewireError)
    app.middleware((request, next) => next(request))
  }
  const started = withServer(register, async () => undefined)
  expect(await failure(started)).toMatchObject({ code: 'misuse' })
})

test('hooks stand before streams, and tokens go with them', async () => {
  const register = (app: Server): void => {
    streaming(app)
    app.authenticate(({ headers }) =>
      headers.get('authorization') === 'Bearer ok' ? { id: 'ada' } : undefined,
    )
  }
  await withServer(register, async (client, app) => {
    expect(await failure(all(client.stream('count', { n: 1 })))).toMatchObject({
      code: 'unauthenticated',
    })
    await using known = await connect(app.url, { token: 'ok' })
    expect(await all(known.stream('count', { n: 1 }))).toEqual([0])
    expect(await known.call('sum', undefined, { body: [1] })).toBe(1)
    expect(known.stream('count')).toBeInstanceOf(Stream)
  })
})

import { TidewireError, connect, type Request } from 'tidewire'
import { aborted, deferred, failure, program, rawSocket, serving, until } from './support'

/** A handler that tells when it began and why it was aborted, and never answers by itself. */
function waiting(): {
  began: Promise<void>
  reason: Promise<unknown>
  handler: (request: Pick<Request, 'signal'>) => Promise<never>
} {
  const began = deferred()
  const reason = deferred<unknown>()
  const handler = async ({ signal }: Pick<Request, 'signal'>): Promise<never> => {
    began.resolve()
    reason.resolve(await aborted(signal))
    throw signal.reason
  }
  return { began: began.promise, reason: reason.promise, handler }
}

test('a caller that aborts is told at once, and so is the handler', async () => {
  const { began, reason, handler } = waiting()
  const { app, client } = await serving((server) =>
    server.method('wait', (_args, context) => handler(context)),
  )
  const controller = new AbortController()
  const pending = failure(client.call('wait', null, { signal: controller.signal }))
  await began
  const why = new Error('no longer wanted')
  controller.abort(why)
  const error = await pending
  expect([error.code, error.cause]).toEqual(['cancelled', why])
  expect(await reason).toMatchObject({ code: 'cancelled' })
  await until(() => app.stats().requestsInFlight === 0)
  expect(app.stats().requestsCancelled).toBe(1)
})

test('AbortSignal.timeout cancels with its own reason as the cause', async () => {
  const { began, reason, handler } = waiting()
  const { client } = await serving((app) => app.get('/', handler))
  const error = await failure(client.request('GET', '/', { signal: AbortSignal.timeout(50) }))
  expect(error.code).toBe('cancelled')
  expect(error.cause).toMatchObject({ name: 'TimeoutError' })
  await began
  expect(await reason).toBeInstanceOf(TidewireError)
})

test('a deadline that passes reaches the handler as a timeout', async () => {
  const { reason, handler } = waiting()
  const { client } = await serving((app) =>
    app.method('wait', (_args, context) => handler(context)),
  )
  expect((await failure(client.call('wait', null, { timeoutMs: 50 }))).code).toBe('timeout')
  expect(await reason).toBeInstanceOf(TidewireError)
})

test('a foreign caller with a deadline gets 504 when it passes', async () => {
  const { reason, handler } = waiting()
  const { app } = await serving((server) => server.get('/', handler))
  const answer = await fetch(`${app.url}/`, { headers: { 'Tidewire-Timeout-Ms': '50' } })
  expect(answer.status).toBe(504)
  expect(await answer.json()).toMatchObject({ code: 'timeout' })
  expect(await reason).toMatchObject({ code: 'timeout' })
})

test('a caller that hangs up reaches the handler', async () => {
  const { began, reason, handler } = waiting()
  const { app } = await serving((server) => server.get('/', handler))
  const socket = await rawSocket(app.port)
  socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  await began
  socket.destroy()
  expect(await reason).toMatchObject({ code: 'cancelled' })
})

test('a signal asked for after the caller has gone is aborted already', async () => {
  const began = deferred()
  const gone = deferred()
  const late = deferred<boolean>()
  const { app } = await serving((server) =>
    server.get('/', async (request) => {
      began.resolve()
      await gone.promise
      late.resolve(request.signal.aborted)
    }),
  )
  const socket = await rawSocket(app.port)
  socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  await began.promise
  socket.destroy()
  await until(() => app.stats().requestsCancelled === 1)
  // The event was handed over before it was counted or is next in line.
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  gone.resolve()
  expect(await late.promise).toBe(true)
})

test('an aborted signal sends nothing', async () => {
  const { app, client } = await serving((server) => server.get('/', () => 'x'))
  const error = await failure(client.request('GET', '/', { signal: AbortSignal.abort() }))
  expect(error.code).toBe('cancelled')
  expect(app.stats().requests).toBe(0)
})

test('aborting after the answer changes nothing', async () => {
  const { client } = await serving((app) => app.get('/', () => 'x'))
  const controller = new AbortController()
  const response = await client.request('GET', '/', { signal: controller.signal })
  controller.abort()
  expect(response.text()).toBe('x')
  expect((await client.request('GET', '/')).text()).toBe('x')
})

test('an abort listener that throws does not lose the events after it', async () => {
  const { code, stdout, stderr } = await program('throwing_listener.mjs').ended
  expect([code, stdout, stderr]).toEqual([0, 'caught Error: from a listener\nanswered\n', ''])
})

test('many cancellations at once all arrive', async () => {
  const reasons: unknown[] = []
  const { app, client } = await serving((server) =>
    server.method('wait', async (_args, { signal }) => {
      reasons.push(await aborted(signal))
    }),
  )
  const controller = new AbortController()
  const calls = Array.from({ length: 100 }, () =>
    failure(client.call('wait', null, { signal: controller.signal })),
  )
  await until(() => app.stats().requestsInFlight === 100)
  controller.abort()
  for (const error of await Promise.all(calls)) expect(error.code).toBe('cancelled')
  await until(() => reasons.length === 100)
})

test('a client killed with -9 cancels what it had called', async () => {
  const { began, reason, handler } = waiting()
  const { app } = await serving((server) =>
    server.method('wait', (_args, context) => handler(context)),
  )
  const caller = program('calling.mjs', [app.url, 'wait'])
  await began
  caller.child.kill('SIGKILL')
  expect(await reason).toMatchObject({ code: 'cancelled' })
})

test('a server killed with -9 is connection_lost for its callers', async () => {
  const server = program('serving.mjs')
  const client = await connect(await server.line())
  try {
    const pending = failure(client.call('never'))
    expect(await server.line()).toBe('never')
    server.child.kill('SIGKILL')
    expect((await pending).code).toBe('connection_lost')
    await server.ended
    expect((await failure(client.call('never'))).code).toBe('unavailable')
  } finally {
    await client.close()
  }
})

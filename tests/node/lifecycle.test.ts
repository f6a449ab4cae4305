import * as tidewire from 'tidewire'
import { program } from './support'

const { connect } = tidewire

// The sanitizers make everything slower; the promise of two seconds is for the plain build.
const SANITIZED = process.env['TIDEWIRE_SANITIZED'] === '1'
const SECONDS_MAX = SANITIZED ? 30 : 2

describe('a process ends cleanly, and soon,', () => {
  test.each(['exit', 'exit_in_handler', 'idle', 'idle_with_request', 'orderly', 'server_first'])(
    'by %s',
    async (way) => {
      const { code, signal, stdout, stderr, seconds } = await program('ending.mjs', [way]).ended
      expect([code, signal, stdout, stderr]).toEqual([0, null, '', ''])
      expect(seconds).toBeLessThan(SECONDS_MAX)
    },
  )

  test('by an uncaught exception, with the exit code of one', async () => {
    const { code, signal, stderr } = await program('ending.mjs', ['uncaught']).ended
    expect([code, signal]).toEqual([1, null])
    expect(stderr).toContain('on purpose')
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('by %s, after it has answered', async (signal) => {
    const server = program('serving.mjs')
    const client = await connect(await server.line())
    const pending = client.call('slow')
    expect(await server.line()).toBe('slow')
    server.child.kill(signal)
    expect(await pending).toBe('late')
    await client.close()
    expect(await server.line()).toBe('stopped')
    expect(await server.ended).toMatchObject({ code: 0, signal: null, stderr: '' })
  })
})

describe('a process is kept alive', () => {
  test('by a started server, until it stops', async () => {
    const server = program('keeping_alive.mjs', ['server'])
    const client = await connect(await server.line())
    await client.call('end')
    await client.close()
    expect(await server.ended).toMatchObject({ code: 0, signal: null, stderr: '' })
  })

  test('by a call that is under way, but not by the client after it', async () => {
    const server = program('serving.mjs')
    const url = await server.line()
    const caller = await program('keeping_alive.mjs', ['call', url]).ended
    expect([caller.code, caller.stdout, caller.stderr]).toEqual([0, 'late\n', ''])
  })

  test('by an idle client with ref(), until unref()', async () => {
    const server = program('serving.mjs')
    const client = program('keeping_alive.mjs', ['client_ref', await server.line()])
    expect(await client.line()).toBe('connected')
    client.child.stdin?.write('go\n')
    expect(await client.ended).toMatchObject({ code: 0, signal: null, stderr: '' })
  })
})

test('twenty worker threads exit and are terminated with live servers and clients', async () => {
  const { code, signal, stdout, stderr } = await program('workers.mjs', ['20']).ended
  expect([code, signal, stdout, stderr]).toEqual([0, null, '20 ended, 42\n', ''])
})

test('what escapes from a batch is uncaught, and the rest of the batch is run', async () => {
  const { code, stdout, stderr } = await program('throwing_dispatch.mjs').ended
  expect([code, stdout, stderr]).toEqual([0, '10 answered, true\n', ''])
})

test('servers and clients are collected in any order and state', async () => {
  const { code, signal, stdout, stderr } = await program('garbage.mjs', [], ['--expose-gc']).ended
  expect([code, signal, stdout, stderr]).toEqual([0, null, 'kept\ntimeout\n', ''])
})

test('import and require give one instance', async () => {
  expect(await program('one_instance.mjs').ended).toMatchObject({ code: 0, stdout: 'true \n' })
})

test('a child of child_process.fork calls its parent', async () => {
  expect(await program('forking.mjs').ended).toMatchObject({ code: 0, stdout: '3 0\n', stderr: '' })
})

test('two copies of the package in one environment do not hurt each other', async () => {
  const first = tidewire
  jest.resetModules()
  const second = jest.requireActual<typeof tidewire>('tidewire')
  expect(second.Server).not.toBe(first.Server)
  const app = new first.Server('127.0.0.1:0')
  app.method('add', ({ a, b }: { a: number; b: number }) => a + b)
  await app.start()
  const clients = [await first.connect(app.url), await second.connect(app.url)]
  try {
    for (const client of clients) expect(await client.call('add', { a: 1, b: 2 })).toBe(3)
  } finally {
    for (const client of clients) await client.close()
    await app.stop()
  }
})

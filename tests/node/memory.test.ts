import { program } from './support'

// A young generation of fixed size, since V8 lets it grow with the rate of garbage: no leak.
const NODE_ARGS = ['--expose-gc', '--max-semi-space-size=1']

const torture = process.env.TIDEWIRE_TORTURE !== undefined

test('memory after ten times the calls is what it was, as server and as client', async () => {
  const server = program('memory.mjs', ['server'], NODE_ARGS)
  const url = await server.line()
  const serverMib = async (): Promise<number> => {
    server.child.stdin?.write('memory\n')
    return Number(await server.line())
  }
  const client = program('memory.mjs', ['client', url], NODE_ARGS)
  const clientBefore = Number(await client.line())
  const serverBefore = await serverMib()
  client.child.stdin?.write('go\n')
  const clientAfter = Number(await client.line())
  const serverAfter = await serverMib()
  expect((await client.ended).code).toBe(0)
  server.child.stdin?.write('stop\n')
  expect((await server.ended).code).toBe(0)
  console.info('MiB, server:', serverBefore, serverAfter, 'client:', clientBefore, clientAfter)
  expect(serverAfter).toBeLessThanOrEqual(serverBefore + 2)
  expect(clientAfter).toBeLessThanOrEqual(clientBefore + 2)
}, torture ? 900_000 : 60_000)

// The types that the tarball ships, seen by a user's strict compiler.
import { Server, connect } from 'tidewire'

const app = new Server('127.0.0.1:0')
app.method('add', ({ a, b }: { a: number; b: number }) => a + b)

export async function run(): Promise<unknown> {
  await app.start()
  const client = await connect(app.url)
  return client.call('add', { a: 1, b: 2 })
}

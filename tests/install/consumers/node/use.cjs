// A program of a user who has installed the tarball, with require().
'use strict'
const tidewire = require('tidewire')

async function main() {
  const app = new tidewire.Server('127.0.0.1:0')
  app.method('add', ({ a, b }) => a + b)
  await app.start()
  const client = await tidewire.connect(app.url)
  const add = await client.call('add', { a: 1, b: 2 })
  await client.close()
  await app.stop()
  console.log(JSON.stringify({ add, version: tidewire.version, file: require.resolve('tidewire') }))
}

main()

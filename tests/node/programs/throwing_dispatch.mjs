// The addon alone, with a dispatch function that throws at every other event: each throw is an
// uncaught exception, and no event of the batch is lost.
import { once } from 'node:events'
import { connect } from 'node:net'
import { createRequire } from 'node:module'

const { load } = createRequire(import.meta.url)('../../../packages/node/dist/native.js')
const COUNT = 10
let caught = 0
process.on('uncaughtException', () => caught++)

const native = load().attach({
  makeError: (code, message) => Object.assign(new Error(message), { code }),
  dispatch(count, first) {
    for (let index = first; index < count; index++) {
      native.events[0] = index
      const slot = native.events[(index + 1) * 4 + 2]
      native.reply(slot, 200, 2, 'x')
      if (index % 2 === 0) throw new Error('on purpose')
    }
  },
})
const server = native.serverCreate('127.0.0.1:0', undefined, undefined, false, {})
native.serverRoute(server, 'GET', '/', 0)
native.serverStart(server)
const socket = connect(native.serverPort(server), '127.0.0.1')
await once(socket, 'connect')
const request = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n'
socket.write(`${request}\r\n`.repeat(COUNT - 1) + `${request}Connection: close\r\n\r\n`)
let text = ''
for await (const chunk of socket) text += chunk
console.log(`${text.split('HTTP/1.1 200').length - 1} answered, ${caught > 0}`)
native.serverRelease(server)

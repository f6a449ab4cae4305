// The routes that foreign servers serve to our clients, by node:http.
import { createServer } from 'node:http'
import { collect } from './told.mjs'

const server = createServer(async (request, response) => {
  const body = await collect(request)
  const send = (status, type, text, headers = {}) => {
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': text.length, ...headers })
    response.end(text)
  }
  const { url, socket } = request
  if (url === '/hello') {
    send(200, 'text/plain', 'hello')
  } else if (url === '/connection') {
    send(200, 'text/plain', String(socket.remotePort))
  } else if (url === '/close') {
    send(200, 'text/plain', 'bye', { Connection: 'close' })
  } else if (url === '/chunked') {
    // Without a length node sends chunks.
    for (const piece of ['one ', 'two ', 'three']) response.write(piece)
    response.end()
  } else if (url === '/methods/add' && request.method === 'POST') {
    const { a, b } = JSON.parse(body)
    send(200, 'application/json', JSON.stringify(a + b))
  } else if (url.startsWith('/methods/status-')) {
    send(Number(url.split('-')[1]), 'text/html', '<p>no problem+json</p>')
  } else {
    send(404, 'text/html', '<p>not here</p>')
  }
})
server.keepAliveTimeout = 2000
server.listen(Number(process.argv[2]), '127.0.0.1')

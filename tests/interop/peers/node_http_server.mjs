// The routes that foreign servers serve to our clients, by node:http, or node:https with CERT KEY.
import { readFileSync } from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import { gzipSync } from 'node:zlib'
import { collect } from './told.mjs'

const [port, cert, key] = process.argv.slice(2)
const { createServer } = cert === undefined ? http : https
const tls = cert === undefined ? {} : { cert: readFileSync(cert), key: readFileSync(key) }

const server = createServer(tls, async (request, response) => {
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
  } else if (url === '/zipped') {
    const asked = /gzip/.test(request.headers['accept-encoding'] ?? '')
    const text = Buffer.from('a line of text\n'.repeat(1000))
    response.writeHead(200, asked ? { 'Content-Encoding': 'gzip' } : {})
    response.end(asked ? gzipSync(text) : text)
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
server.listen(Number(port), '127.0.0.1')

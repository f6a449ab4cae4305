// The hello handler on Node's own HTTP server. With its length given, the answer goes out in one
// piece; without, it would be chunked and slower.
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  if (request.method === 'GET' && request.url === '/hello') {
    const body = JSON.stringify({ hello: 'world' })
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    })
    response.end(body)
  } else {
    response.writeHead(404)
    response.end()
  }
})
server.listen(Number(process.argv[2]), '127.0.0.1', 1024)

// Request-response: a route and a method, served and called in one program.
//
//     node examples/request_response.mjs
//     curl -s http://127.0.0.1:8080/users/7        (while a server of yours runs there)
import { Server, connect } from 'tidewire'

const app = new Server('127.0.0.1:0')
app.get('/users/{id}', async (request) => ({ id: request.params.id }))
app.method('add', ({ a, b }) => a + b)
await app.start()

const client = await connect(app.url)
const user = await client.request('GET', '/users/7')
console.log(user.json(), await client.call('add', { a: 1, b: 2 }))
await client.close()
await app.stop()

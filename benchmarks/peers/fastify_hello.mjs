// The hello handler on fastify, without its log. A response schema would be quicker still, but no
// other system here is given one.
import { createRequire } from 'node:module'

// The peers are installed beside the build, not beside this file.
const fastify = createRequire(`${process.argv[3]}/`)('fastify')

const app = fastify({ logger: false })
app.get('/hello', async () => ({ hello: 'world' }))
await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 1024 })

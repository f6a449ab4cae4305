// undici as a client: requests as JSON from standard input, answers as JSON to standard output.
import { readFileSync } from 'node:fs'
import { Client, fetch } from 'undici'
import { Readable } from 'node:stream'
import { bodyOf, collect, pieces, readTold } from './told.mjs'

const { url, requests, pipelining = 1, ca } = await readTold()
const client = new Client(url, { pipelining, ...(ca && { connect: { ca: readFileSync(ca) } }) })

/** By fetch, which undoes codings. */
async function performDecoded(request) {
  const answer = await fetch(url + request.target, { method: request.method })
  return {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body_hex: Buffer.from(await answer.arrayBuffer()).toString('hex'),
  }
}

async function perform(request) {
  if (request.decoded) return performDecoded(request)
  const body = bodyOf(request)
  const answer = await client.request({
    method: request.method,
    path: request.target,
    headers: request.headers,
    body: body !== undefined && request.chunked ? Readable.from(pieces(body)) : body,
  })
  const received = await collect(answer.body)
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body_hex: received.toString('hex'),
  }
}

const answers = []
if (pipelining > 1) {
  answers.push(...(await Promise.all(requests.map(perform))))
} else {
  for (const request of requests) answers.push(await perform(request))
}
await client.close()
process.stdout.write(JSON.stringify(answers))

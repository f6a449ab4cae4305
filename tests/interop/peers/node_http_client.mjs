// node:http, or node:https, as a client: requests as JSON from standard input, answers as JSON to
// standard output.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import { bodyOf, collect, pieces, readTold } from './told.mjs'

const { url, requests, ca } = await readTold()
const { Agent, request: startRequest } = ca === undefined ? http : https
const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: ca && readFileSync(ca) })

async function perform(request) {
  const body = bodyOf(request)
  const headers = { ...request.headers }
  if (body !== undefined && !request.chunked) headers['Content-Length'] = body.length
  const sent = startRequest(url + request.target, { method: request.method, headers, agent })
  if (body !== undefined && request.chunked) {
    for (const piece of pieces(body)) sent.write(piece)
    sent.end()
  } else {
    sent.end(body)
  }
  const [answer] = await once(sent, 'response')
  const received = await collect(answer)
  return { status: answer.statusCode, headers: answer.headers, body_hex: received.toString('hex') }
}

const answers = []
for (const request of requests) answers.push(await perform(request))
agent.destroy()
process.stdout.write(JSON.stringify(answers))

// What the clients share: the requests that they are told, and the form of the answers.
export async function readTold() {
  const chunks = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks))
}

export async function collect(stream) {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The body in pieces of unknown total, which clients send in chunks. */
export function* pieces(body) {
  for (let start = 0; start < body.length; start += 1000) yield body.subarray(start, start + 1000)
}

export function bodyOf(request) {
  return request.body_hex === undefined ? undefined : Buffer.from(request.body_hex, 'hex')
}

// The client of the conformance tests in Node. README.md tells what every client program does.
import { createInterface } from 'node:readline'
import { connect } from 'tidewire'

let client
const controllers = new Map()

function show(line) {
  const text = JSON.stringify(line, (_, value) =>
    typeof value === 'bigint' ? { $int: String(value) } : value,
  )
  process.stdout.write(`${text}\n`)
}

function untagged(_, value) {
  if (typeof value !== 'object' || value === null) return value
  const keys = Object.keys(value)
  return keys.length === 1 && keys[0] === '$int' ? BigInt(value.$int) : value
}

function bodyOf({ body_hex: hex, fill }) {
  if (hex === undefined && fill === undefined) return undefined
  return Buffer.concat([Buffer.from(hex ?? '', 'hex'), Buffer.alloc(fill ?? 0, 'x')])
}

function codeOf(response) {
  try {
    response.raiseForStatus()
    return null
  } catch (error) {
    return error.code
  }
}

async function perform(command) {
  const { method, target, args, headers, content_type: type, timeout_ms: timeoutMs } = command
  const { serializer } = command
  switch (command.do) {
    case 'connect':
      client = await connect(command.url, {
        ...(command.ca && { tls: { ca: command.ca } }),
        compression: command.compression,
      })
      return { value: client.url }
    case 'close':
      await client.close()
      return { value: null }
    case 'call': {
      const { signal } = controllers.get(command.id)
      return { value: await client.call(method, args, { timeoutMs, signal, headers, serializer }) }
    }
    case 'upload': {
      const body =
        typeof command.items === 'number'
          ? Array.from({ length: command.items }, (_, index) => index)
          : command.items
      const { signal } = controllers.get(command.id)
      return { value: await client.call(method, undefined, { body, timeoutMs, signal }) }
    }
    case 'stream': {
      const { signal } = controllers.get(command.id)
      const found = []
      try {
        const stream = client.stream(method, args ?? undefined, {
          body: command.items, timeoutMs, signal,
        })
        for await (const item of stream) {
          if (found.push(item) === command.take) break
        }
      } catch (error) {
        return { items: found, error: error.code, message: error.message }
      }
      return { items: found }
    }
    case 'request': {
      const { signal } = controllers.get(command.id)
      const body = bodyOf(command)
      const fields = { ...headers, ...(type && { 'Content-Type': type }) }
      const response = await client.request(method, target, {
        body, timeoutMs, signal, headers: fields,
      })
      return {
        status: response.status,
        content_type: response.contentType,
        headers: [...response.headers],
        body_hex: Buffer.from(response.body).toString('hex'),
        code: codeOf(response),
      }
    }
    default:
      throw new Error(`unknown command ${command.do}`)
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line, untagged)
  const { id } = command
  if (command.do === 'cancel') {
    controllers.get(command.of).abort()
    continue
  }
  controllers.set(id, new AbortController())
  perform(command).then(
    (result) => show({ id, ...result }),
    (error) => show({ id, error: error.code, message: error.message }),
  )
}
await client?.close()

// What the tests of the Node package share: servers that end with their test, raw sockets, and
// programs that run as processes of their own.

import { spawn, type ChildProcess } from 'node:child_process'
import { connect as connectSocket, type Socket } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { Server, TidewireError, connect, type Client, type ServerOptions } from 'tidewire'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A started server on a free port and a client of it; both end with the test. */
export async function serving(
  fill: (app: Server) => void,
  options: ServerOptions = {},
): Promise<{ app: Server; client: Client }> {
  const app = new Server('127.0.0.1:0', options)
  fill(app)
  await app.start()
  closing.push(() => app.stop({ graceMs: 0 }))
  const client = await connect(app.url)
  closing.push(() => client.close())
  return { app, client }
}

/** Ends with the test. */
export async function clientOf(url: string): Promise<Client> {
  const client = await connect(url)
  closing.push(() => client.close())
  return client
}

/** The TidewireError that `run` throws or rejects with. */
export async function failure(run: (() => unknown) | Promise<unknown>): Promise<TidewireError> {
  try {
    await (typeof run === 'function' ? run() : run)
  } catch (error) {
    expect(error).toBeInstanceOf(TidewireError)
    return error as TidewireError
  }
  throw new Error('nothing was thrown')
}

export interface Deferred<T> {
  promise: Promise<T>
  resolve: (value: T) => void
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}

/** A promise that settles when `signal` aborts, with its reason. */
export function aborted(signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) return Promise.resolve(signal.reason)
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true })
  })
}

/** Waits until `condition` holds, looking again at each turn of the loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}

export async function rawSocket(port: number): Promise<Socket> {
  const socket = connectSocket(port, '127.0.0.1')
  await once(socket, 'connect')
  closing.push(async () => {
    socket.destroy()
  })
  return socket
}

/** All that the peer sends until it closes. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('latin1')
}

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  seconds: number
}

export interface Program {
  child: ChildProcess
  /** The next whole line of its standard output. */
  line(): Promise<string>
  ended: Promise<Ended>
}

/** Starts a program of tests/node/programs; it is killed when the test ends before it. */
export function program(name: string, args: string[] = [], nodeArgs: string[] = []): Program {
  const began = performance.now()
  const child = spawn(process.execPath, [...nodeArgs, join(__dirname, 'programs', name), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  let position = 0
  const changed = new EventTarget()
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    changed.dispatchEvent(new Event('change'))
  })
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = (once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>).then(
    ([code, signal]) => {
      const seconds = (performance.now() - began) / 1000
      changed.dispatchEvent(new Event('change'))
      return { code, signal, stdout, stderr, seconds }
    },
  )
  closing.push(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  })
  const line = async (): Promise<string> => {
    let end = stdout.indexOf('\n', position)
    while (end < 0) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`${name} ended before it printed a line: ${stderr}`)
      }
      await new Promise((resolve) => {
        changed.addEventListener('change', resolve, { once: true })
      })
      end = stdout.indexOf('\n', position)
    }
    const text = stdout.slice(position, end)
    position = end + 1
    return text
  }
  return { child, line, ended }
}

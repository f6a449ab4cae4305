// Serves this machine's live figures by route and by method:
//
//     server.mjs [HOST:PORT]        (127.0.0.1:0 takes a free port)
//
// Prints its URL, and ends on SIGINT or SIGTERM when what is under way has been answered.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import process from 'node:process'

import { Server, TidewireError } from 'tidewire'

const read = (path) => readFileSync(path, 'utf8')
const TICKS_PER_SECOND = 100 // what the kernel's ABI shows to every program (USER_HZ)

// The first line of /proc/stat counts ticks of all cores since the start of the machine.
function cpu() {
  // user nice system idle iowait irq softirq steal
  const ticks = read('/proc/stat').split(/\s+/).slice(1, 9).map(Number)
  const idle = ticks[3] + ticks[4]
  const all = ticks.reduce((sum, one) => sum + one, 0)
  return {
    cores: availableParallelism(),
    load: Number(read('/proc/loadavg').split(' ')[0]),
    busy_seconds: (all - idle) / TICKS_PER_SECOND,
    idle_seconds: idle / TICKS_PER_SECOND,
  }
}

function memory() {
  const text = read('/proc/meminfo')
  const bytes = (name) => Number(text.match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))[1]) * 1024
  return { total_bytes: bytes('MemTotal'), available_bytes: bytes('MemAvailable') }
}

// All interfaces but the loopback: after the name, counter 0 is received, 8 is sent.
function network() {
  const figures = { received_bytes: 0, sent_bytes: 0 }
  for (const line of read('/proc/net/dev').trim().split('\n').slice(2)) {
    const [name, rest] = line.split(':')
    if (name.trim() === 'lo') continue
    const counters = rest.trim().split(/\s+/).map(Number)
    figures.received_bytes += counters[0]
    figures.sent_bytes += counters[8]
  }
  return figures
}

const parts = { cpu, memory, network }
const machine = () => ({
  server: { language: 'Node', pid: process.pid },
  cpu: cpu(),
  memory: memory(),
  network: network(),
})

const app = new Server(process.argv[2] ?? '127.0.0.1:0')
app.get('/machine', machine)
app.get('/machine/{part}', (request) => {
  const { part } = request.params
  if (Object.hasOwn(parts, part)) return parts[part]()
  throw new TidewireError('not_found', `${Object.keys(parts).join(', ')} are served, not ${part}`)
})
app.method('machine', machine)
app.method('add', ({ a, b }) => {
  if (Number.isInteger(a) && Number.isInteger(b)) return a + b
  throw new TidewireError('invalid_argument', 'a and b are integers')
})
await app.start()
console.log(app.url)
await app.run()

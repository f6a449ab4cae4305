// Asks servers for their machine's figures, by route and by method:
//
//     client.mjs URL...
//
// Prints a line of JSON for each: who asked whom, and the median latency of 50 calls. Ends with 1
// when one of them failed.
import { performance } from 'node:perf_hooks'
import process from 'node:process'

import { TidewireError, connect } from 'tidewire'

const CALLS = 50

function require(holds, what) {
  if (!holds) throw new TidewireError('invalid_data', what)
}

async function ask(url) {
  const client = await connect(url)
  try {
    require((await client.call('add', { a: 1, b: 2 })) === 3, '1 and 2 do not add up')
    const cpu = (await client.request('GET', '/machine/cpu')).json()
    require(cpu.cores > 0, 'a machine without a core')

    let server
    const latencies = []
    for (let i = 0; i < CALLS; i++) {
      const started = performance.now()
      if (i % 2 === 0) {
        const response = await client.request('GET', '/machine')
        server = response.raiseForStatus().json().server
      } else {
        const figures = await client.call('machine')
        require(figures.server.pid === server.pid, 'another server answered')
      }
      latencies.push(performance.now() - started)
    }
    latencies.sort((a, b) => a - b)
    return {
      client: { language: 'Node', pid: process.pid },
      server,
      median_ms: latencies[CALLS / 2],
    }
  } finally {
    await client.close()
  }
}

for (const url of process.argv.slice(2)) {
  try {
    console.log(JSON.stringify(await ask(url)))
  } catch (error) {
    process.exitCode = 1
    const code = error instanceof TidewireError ? error.code : error.name
    console.log(JSON.stringify({ url, error: `${code}: ${error.message}` }))
  }
}

// What every Node client of the benchmarks has in common: the loop that keeps N requests in flight
// for a while and says what it took. `client.mjs PORT WARMUP_MS WINDOW_MS PACKAGES` prints a JSON
// list with one object for 1 and one for 64 requests in flight.
const EXPECTED = '{"hello":"world"}'

// `request` makes one request and gives the text of its answer.
async function window(request, inFlight, milliseconds) {
  const latencies = []
  const began = performance.now()
  const endsAt = began + milliseconds
  const cpu = process.cpuUsage()

  async function keepAsking() {
    for (;;) {
      const asked = performance.now()
      if (asked >= endsAt) return
      if ((await request()) !== EXPECTED) throw new Error('a body that is not the expected one')
      latencies.push(performance.now() - asked)
    }
  }

  await Promise.all(Array.from({ length: inFlight }, keepAsking))
  const used = process.cpuUsage(cpu)
  const elapsed = performance.now() - began
  const operations = latencies.length
  const sorted = Float64Array.from(latencies).sort()
  return {
    in_flight: inFlight,
    ops_per_s: (operations * 1000) / elapsed,
    cpu_us_per_op: (used.user + used.system) / operations,
    user_us_per_op: used.user / operations,
    system_us_per_op: used.system / operations,
    p50_us: sorted[Math.floor(operations / 2)] * 1000,
    p99_us: sorted[Math.floor((operations * 99) / 100)] * 1000,
    rss_mib: process.resourceUsage().maxRSS / 1024,
  }
}

export async function report(request) {
  const [warmup, measured] = process.argv.slice(3, 5).map(Number)
  const told = []
  for (const inFlight of [1, 64]) {
    // In processor time: on a busy machine warming up takes longer.
    const began = process.cpuUsage()
    for (let used = 0; used < warmup * 1000; ) {
      await window(request, inFlight, warmup / 4)
      const { user, system } = process.cpuUsage(began)
      used = user + system
    }
    told.push(await window(request, inFlight, measured))
  }
  console.log(JSON.stringify(told))
}

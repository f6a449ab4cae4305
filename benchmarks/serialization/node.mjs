// Converts a record of twelve fields to bytes and back in Node, by Cap'n Proto and by JSON, in
// turns. Needs the built package: `npm run build` and the addon.
//
//     node benchmarks/serialization/node.mjs [rounds]
//
// Prints a line of JSON: microseconds a conversion (the median over the rounds) and the ratio of
// the round trips, per round. Texts of JSON are strings, as its users have them: no bytes are made.

import { join } from 'node:path'
import { loadSchema } from '../../packages/node/dist/index.mjs'

const ROUNDS = Number(process.argv[2] ?? 30)
const TIMES = 20_000

const record = loadSchema(join(import.meta.dirname, 'record.capnp')).type('Record')
const object = {
  id: 12_345_678_901n,
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  age: 36,
  active: true,
  score: 0.875,
  balance: 1234.56,
  country: 'GB',
  tags: ['first', 'math', 'engine'],
  role: 'admin',
  created: 1_700_000_000_000n,
  note: 'wrote the first program',
}
// JSON.stringify refuses bigints, so its record has numbers.
const plain = { ...object, id: Number(object.id), created: Number(object.created) }
const message = record.encode(object)
const text = JSON.stringify(plain)

const tasks = {
  json_write: () => JSON.stringify(plain),
  json_read: () => JSON.parse(text),
  json: () => JSON.parse(JSON.stringify(plain)),
  tidewire_write: () => record.encode(object),
  tidewire_read: () => record.decode(message),
  tidewire: () => record.decode(record.encode(object)),
}

function microseconds(task) {
  const before = process.cpuUsage()
  for (let time = 0; time < TIMES; time++) task()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / TIMES
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

if (record.decode(message).email !== object.email) throw new Error('the record was not read back')
for (const task of Object.values(tasks)) microseconds(task)
const figures = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]))
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, task] of Object.entries(tasks)) figures[name].push(microseconds(task))
}
const ratios = figures.json.map((json, round) => json / figures.tidewire[round])
const rounded = (number) => Number(number.toFixed(3))
console.log(
  JSON.stringify({
    bytes: { json: text.length, tidewire: message.length },
    microseconds: Object.fromEntries(
      Object.entries(figures).map(([name, all]) => [name, rounded(median(all))]),
    ),
    times_json: {
      median: rounded(median(ratios)),
      least: rounded(Math.min(...ratios)),
      most: rounded(Math.max(...ratios)),
    },
  }),
)

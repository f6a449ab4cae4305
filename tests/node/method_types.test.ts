// Methods with types of Standard Schema libraries.

import { channel } from 'node:diagnostics_channel'
import * as v from 'valibot'
import { z } from 'zod'
import { type MethodContext, Server, type StandardSchemaV1 } from 'tidewire'

import { failure, serving } from './support'

const zodPair = z.object({ a: z.number(), b: z.number().default(10) })
const valibotPair = v.object({ a: v.number(), b: v.optional(v.number(), 10) })

describe.each<[string, StandardSchemaV1<unknown, { a: number; b: number }>]>([
  ['zod', zodPair],
  ['valibot', valibotPair],
])('%s', (_, input) => {
  test('handlers get what the schema makes of the arguments', async () => {
    const { client } = await serving((app) => app.method('add', { input }, ({ a, b }) => a + b))
    expect(await client.call('add', { a: 1 })).toBe(11)
  })

  test('what does not fit is invalid_argument with the path, and no handler runs', async () => {
    const handler = jest.fn()
    const { client } = await serving((app) => app.method('add', { input }, handler))
    const error = await failure(client.call('add', { a: 1, b: 'x' }))
    expect(error.code).toBe('invalid_argument')
    expect(error.message).toMatch(/^\$\.b: Invalid/)
    expect((await failure(client.call('add'))).message).toMatch(/^\$: Invalid/)
    expect(handler).not.toHaveBeenCalled()
  })
})

test('paths lead into arrays, and several problems are told', async () => {
  const input = z.object({ items: z.array(z.object({ id: z.int() })), name: z.string() })
  const { client } = await serving((app) => app.method('store', { input }, () => null))
  const error = await failure(client.call('store', { items: [{ id: 1 }, { id: 1.5 }] }))
  expect(error.message).toMatch(/^\$\.items\[1\]\.id: .*; \$\.name: /)
})

test('schemas and handlers may take their time', async () => {
  const later = z.string().refine(async (text) => text.length < 4, 'too long')
  const { client } = await serving((app) =>
    app.method('shout', { input: later, output: later }, async (text) => text.toUpperCase() + '!'),
  )
  expect(await client.call('shout', 'hi')).toBe('HI!')
  expect((await failure(client.call('shout', 'hello'))).message).toBe('$: too long')
  expect((await failure(client.call('shout', 'hey'))).code).toBe('internal')
})

test('a result that does not fit is an error of the handler', async () => {
  const errors: unknown[] = []
  const listen = (message: unknown): void => void errors.push((message as { error: Error }).error)
  channel('tidewire:handler:error').subscribe(listen)
  const output = z.object({ sum: z.number() })
  const { client } = await serving((app) =>
    app.method('add', { output }, () => ({ sum: 'three' }) as unknown as { sum: number }),
  )
  expect((await failure(client.call('add'))).code).toBe('internal')
  expect(String(errors[0])).toContain('$.sum: Invalid input')
  channel('tidewire:handler:error').unsubscribe(listen)
})

test('middleware stands around the checks', async () => {
  const { client } = await serving((app) => {
    app.middleware(async (request, next) => next(request))
    app.method('add', { input: zodPair }, ({ a, b }) => a + b)
  })
  expect(await client.call('add', { a: 2, b: 3 })).toBe(5)
  expect((await failure(client.call('add', {}))).message).toMatch(/^\$\.a: /)
})

test('a server tells with which types its methods were registered', () => {
  const app = new Server('127.0.0.1:0').method('add', { input: zodPair }, () => 1)
  app.method('plain', () => 1)
  expect(app.methods.get('add')?.input).toBe(zodPair)
  expect(app.methods.get('plain')).toEqual({})
})

test('what is no schema is refused when it is given', async () => {
  const app = new Server('127.0.0.1:0')
  const notOne = { parse: () => 1 } as unknown as typeof zodPair
  expect((await failure(() => app.method('a', { input: notOne }, () => 1))).code).toBe(
    'invalid_argument',
  )
  const unknown = { inputs: zodPair } as object
  expect((await failure(() => app.method('a', unknown, () => 1))).message).toContain('inputs')
})

test('types of handlers follow from those of the schemas', () => {
  const app = new Server('127.0.0.1:0')
  const output = z.object({ sum: z.number() })
  app.method('add', { input: zodPair, output }, (args, context) => {
    const typed: { a: number; b: number } = args
    const also: MethodContext = context
    return { sum: typed.a + typed.b + (also.deadline ?? 0) }
  })
  // @ts-expect-error: the sum is a number
  app.method('bad', { input: zodPair, output }, () => ({ sum: 'x' }))
  // @ts-expect-error: there is no c
  app.method('worse', { input: valibotPair }, ({ c }) => c as unknown)
})

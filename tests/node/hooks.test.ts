// Middleware, authenticate, authorize, and the client's token.

import {
  Response,
  type Client,
  type Server,
  type TokenSource,
  TidewireError,
  connect,
} from 'tidewire'

import { deferred, failure, serving } from './support'

function withHandlers(app: Server): void {
  app.get('/users/{id}', ({ params, principal, operation }) => ({
    id: params['id'],
    who: principal?.id,
    operation,
  }))
  app.method('whoami', (_, { principal }) => principal)
  app.method('add', ({ a, b }: { a: number; b: number }) => a + b)
}

function withTokens(app: Server): void {
  app.authenticate(async ({ headers }) => {
    const token = /^Bearer (.+)$/.exec(headers.get('authorization') ?? '')?.[1]
    if (token === 'old') throw new TidewireError('token_expired')
    if (token === 'breaks') throw new Error('secret of the hook')
    return token === undefined ? undefined : { id: token, claims: { level: 7 } }
  })
}

async function withToken<T>(
  app: Server,
  token: TokenSource,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connect(app.url, { token })
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

test('who asks is known to handlers', async () => {
  const { app, client } = await serving((server) => {
    withHandlers(server)
    withTokens(server)
  })
  expect((await failure(client.call('whoami'))).code).toBe('unauthenticated')
  const response = await client.request('GET', '/users/7')
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toBe('Bearer')
  await withToken(app, 'ann', async (ann) => {
    expect(await ann.call('whoami')).toEqual({ id: 'ann', claims: { level: 7 } })
    expect((await ann.request('GET', '/users/7')).json()).toEqual({
      id: '7',
      who: 'ann',
      operation: 'GET /users/{id}',
    })
  })
})

test('a hook that throws is internal, never a pass', async () => {
  const { app } = await serving((server) => {
    withHandlers(server)
    withTokens(server)
  })
  const error = await withToken(app, 'breaks', (client) => failure(client.call('whoami')))
  expect(error.code).toBe('internal')
  expect(error.message).not.toContain('secret')
})

test('what is no principal, or no boolean, is no pass', async () => {
  const nameless = await serving((app) => {
    withHandlers(app)
    app.authenticate(() => ({ id: '' }))
  })
  expect((await failure(nameless.client.call('whoami'))).code).toBe('internal')
  const vague = await serving((app) => {
    withHandlers(app)
    app.authorize(() => 'yes' as unknown as boolean)
  })
  expect((await failure(vague.client.call('whoami'))).code).toBe('internal')
})

test('authorize decides by action and name', async () => {
  const asked: unknown[] = []
  const { app, client } = await serving((server) => {
    withHandlers(server)
    withTokens(server)
    server.authorize((principal, action, name) => {
      asked.push([principal?.id, action, name])
      return name === 'whoami' || (principal !== undefined && principal.id !== 'eve')
    })
  })
  expect(await client.call('whoami')).toBeNull()
  expect((await failure(client.call('add'))).code).toBe('unauthenticated')
  await withToken(app, 'eve', async (eve) => {
    expect((await eve.request('GET', '/users/7')).status).toBe(403)
    expect((await failure(eve.call('add'))).code).toBe('forbidden')
  })
  expect(asked).toEqual([
    [undefined, 'call', 'whoami'],
    [undefined, 'call', 'add'],
    ['eve', 'call', 'GET /users/{id}'],
    ['eve', 'call', 'add'],
  ])
})

test('a caller that gives up is heard by the hook', async () => {
  const signal = deferred<AbortSignal>()
  const { client } = await serving((app) => {
    withHandlers(app)
    app.authenticate((request) => {
      signal.resolve(request.signal)
      return new Promise(() => undefined)
    })
  })
  expect((await failure(client.call('whoami', {}, { timeoutMs: 50 }))).code).toBe('timeout')
  const told = await signal.promise
  if (!told.aborted) await new Promise((resolve) => told.addEventListener('abort', resolve))
})

test('a token is asked for once more when it has expired', async () => {
  const { app } = await serving((server) => {
    withHandlers(server)
    withTokens(server)
  })
  const given: string[] = []
  const token = async () => {
    given.push(given.length === 0 ? 'old' : 'new')
    return given[given.length - 1]
  }
  await withToken(app, token, async (client) => {
    expect(await client.call('whoami')).toMatchObject({ id: 'new' })
    expect(await client.call('whoami')).toMatchObject({ id: 'new' })
  })
  expect(given.splice(0)).toEqual(['old', 'new'])
  await withToken(app, token, async (client) => {
    const asked = Array.from({ length: 5 }, () => client.request('GET', '/users/7'))
    for (const response of await Promise.all(asked)) {
      expect(response.json()).toMatchObject({ who: 'new' })
    }
  })
  expect(given).toEqual(['old', 'new'])
  await withToken(app, () => 'old', async (client) => {
    expect((await failure(client.call('whoami'))).code).toBe('token_expired')
    expect((await client.request('GET', '/users/7')).status).toBe(401)
  })
  await withToken(app, () => 7 as unknown as string, async (client) => {
    expect((await failure(client.call('whoami'))).code).toBe('invalid_argument')
  })
  await withToken(app, 'old', async (client) => {
    const headers = { authorization: 'Bearer mine' }
    expect(await client.call('whoami', {}, { headers })).toMatchObject({ id: 'mine' })
  })
})

test('middleware stands around routes and methods', async () => {
  const journal: string[] = []
  const { client } = await serving((app) => {
    withHandlers(app)
    app.middleware(async (request, next) => {
      journal.push(`outer ${request.operation}`)
      const response = await next(request)
      const headers: [string, string][] = [...response.headers, ['Seen-By', 'outer']]
      const { status, contentType } = response
      return new Response(response.body, { status, headers, contentType })
    })
    app.middleware((request, next) => {
      journal.push('inner')
      return request.headers.has('stop') ? { stopped: true } : next(request)
    })
  })
  expect(await client.call('add', { a: 1, b: 2 })).toBe(3)
  const response = await client.request('GET', '/users/7')
  expect(response.json()).toMatchObject({ id: '7' })
  expect(response.headers.get('seen-by')).toBe('outer')
  expect(journal).toEqual(['outer add', 'inner', 'outer GET /users/{id}', 'inner'])
  expect(await client.call('add', {}, { headers: { stop: '1' } })).toEqual({ stopped: true })
})

test('middleware sees what handlers throw', async () => {
  const seen: unknown[] = []
  const { client } = await serving((app) => {
    app.method('fails', () => {
      throw new TidewireError('not_found', 'not here')
    })
    app.middleware(async (request, next) => {
      try {
        return await next(request)
      } catch (error) {
        seen.push((error as TidewireError).code)
        throw error
      }
    })
  })
  expect((await failure(client.call('fails'))).code).toBe('not_found')
  expect(seen).toEqual(['not_found'])
})

test('hooks that cannot work are refused', async () => {
  const { app } = await serving((server) => {
    server.authenticate(() => undefined)
    expect(() => server.authenticate(() => undefined)).toThrow('already')
    expect(() => server.middleware(1 as never)).toThrow('function')
  })
  expect((await failure(() => app.authorize(() => true))).code).toBe('misuse')
  expect((await failure(connect(app.url, { token: 7 as never }))).code).toBe('invalid_argument')
})

import { type Client, Server, connect } from 'tidewire'

let app: Server
let client: Client

async function start(): Promise<void> {
  await app.start()
  client = await connect(app.url)
}

beforeEach(() => {
  app = new Server('127.0.0.1:0')
})
afterEach(async () => {
  await client?.close()
  await app.stop({ graceMs: 0 })
})

test('a server tells that it lives, and whether it is ready', async () => {
  await start()
  expect((await client.request('GET', '/healthz')).json()).toEqual({ ok: true })
  expect((await client.request('GET', '/readyz')).status).toBe(200)
  app.setReady(false)
  const response = await client.request('GET', '/readyz')
  expect(response.status).toBe(503)
  expect(response.json()).toMatchObject({ code: 'unavailable' })
  expect((await client.request('GET', '/healthz')).status).toBe(200)
  app.setReady(true)
  expect((await client.request('GET', '/readyz')).status).toBe(200)
  expect(() => app.setReady('yes' as never)).toThrow('ready is a boolean')
})

test('metrics count answers by operation and class', async () => {
  app.get('/users/{id}', () => ({}))
  app.method('fail', () => {
    throw new Error('secret')
  })
  await start()
  for (let n = 0; n < 3; n++) await client.request('GET', '/users/7')
  await expect(client.call('fail')).rejects.toMatchObject({ code: 'internal' })
  const lines = (await client.request('GET', '/metrics')).text().split('\n')
  expect(lines).toContain('tidewire_requests_total{operation="GET /users/{id}",status="2xx"} 3')
  expect(lines).toContain('tidewire_requests_total{operation="fail",status="5xx"} 1')
  expect(lines).toContain('tidewire_request_duration_seconds_count{operation="fail"} 1')
})

test('metrics are for whom authorize lets, health is for everybody', async () => {
  const asked: unknown[] = []
  app.authenticate((request) => {
    const name = request.headers.get('x-name')
    return name === null || name === undefined ? undefined : { id: name }
  })
  app.authorize((principal, action, name) => {
    asked.push([action, name])
    return principal?.id === 'operator'
  })
  await start()
  const statusFor = async (headers = {}): Promise<number> =>
    (await client.request('GET', '/metrics', { headers })).status
  expect((await client.request('GET', '/healthz')).status).toBe(200)
  expect(await statusFor()).toBe(401)
  expect(await statusFor({ 'X-Name': 'ann' })).toBe(403)
  expect(await statusFor({ 'X-Name': 'operator' })).toBe(200)
  expect(asked).toEqual(Array(3).fill(['admin', 'GET /metrics']))
})

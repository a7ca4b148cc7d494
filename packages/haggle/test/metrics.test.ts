import { connect, type Socket } from 'node:net'
import { memoryJournal } from '@haggle/journal'
import { taxCounter } from '@haggle/node'
import { ed25519Signer } from '@haggle/node/pure'
import { HaggleError } from '@haggle/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { agentExposition } from '../src/metrics/exposition.ts'
import { serveMetrics, type MetricsServer } from '../src/metrics/server.ts'
import { isLoopback, parseMetricsAddress, ValueProblem } from '../src/cli/values.ts'

const here = { host: '127.0.0.1', port: 0 }
const contentType = 'text/plain; version=0.0.4'

describe('the address of --metrics', () => {
  test('TAX-13: is of this machine where only a port is given', () => {
    expect(parseMetricsAddress('9464')).toEqual({ host: '127.0.0.1', port: 9464 })
    expect(parseMetricsAddress('127.0.0.1:0')).toEqual({ host: '127.0.0.1', port: 0 })
    expect(parseMetricsAddress('[::1]:9464')).toEqual({ host: '::1', port: 9464 })
    expect(parseMetricsAddress('0.0.0.0:9464')).toEqual({ host: '0.0.0.0', port: 9464 })
    expect(parseMetricsAddress('localhost:1')).toEqual({ host: 'localhost', port: 1 })
    expect(['127.0.0.1', '127.9.9.9', '::1', 'localhost', '0.0.0.0', '::', '10.0.0.1'].map(isLoopback)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ])
  })

  test.each(['', '65536', '-1', ':9464', '::1:9464', '300.0.0.1:1', 'example.org:9464', '1.2.3:4', '9464 ', '[::1]'])(
    'is not "%s"',
    (text) => {
      expect(() => parseMetricsAddress(text)).toThrow(ValueProblem)
    },
  )
})

describe('the endpoint', () => {
  let server: MetricsServer | undefined
  afterEach(async () => server?.close())

  test('TAX-13: serves /metrics, and nothing else at any other path', async () => {
    server = await serveMetrics(here, { contentType, text: async () => 'haggle_peers 1\n' })
    const got = await fetch(`${server.url}?format=text`)
    expect([got.status, got.headers.get('content-type'), await got.text()]).toEqual([
      200,
      contentType,
      'haggle_peers 1\n',
    ])
    const head = await fetch(server.url, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '15', ''])
    for (const path of ['/', '/metrics/', '/metricsx', '/%6detrics'])
      expect((await fetch(new URL(path, server.url))).status).toBe(404)
    expect((await fetch(server.url, { method: 'POST', body: 'x' })).status).toBe(404)
  })

  test('TAX-13: says with a code when the address cannot be had', async () => {
    server = await serveMetrics(here, { contentType, text: async () => '' })
    const port = Number(new URL(server.url).port)
    const second: unknown = await serveMetrics({ ...here, port }, { contentType, text: async () => '' }).catch(
      (error: unknown) => error,
    )
    expect(second instanceof HaggleError && [second.code, second.message]).toEqual([
      'listen/metrics',
      `metrics cannot be served at 127.0.0.1 port ${port}: the port is in use`,
    ])
  })

  test('has nothing to tell of an agent that starts or stops, and says so', async () => {
    let tells = async (): Promise<string | undefined> => undefined
    server = await serveMetrics(here, { contentType, text: () => tells() })
    expect((await fetch(server.url)).status).toBe(503)
    // What was collected is good for a moment; a failure is collected by a server of its own.
    await server.close()
    tells = async () => Promise.reject(new Error('closed'))
    server = await serveMetrics(here, { contentType, text: () => tells() })
    expect((await fetch(server.url)).status).toBe(503)
  })

  test('TAX-14: collects once for all who ask at the same time', async () => {
    let collected = 0
    const text = async (): Promise<string> => `collected ${(collected += 1)}\n`
    server = await serveMetrics(here, { contentType, text })
    const { url } = server
    const answers = await Promise.all(Array.from({ length: 12 }, async () => (await fetch(url)).text()))
    expect(new Set(answers).size).toBeLessThanOrEqual(2)
    expect(collected).toBeLessThanOrEqual(2)
  })

  const open = (url: string): Socket => connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined)
  const gone = (socket: Socket): Promise<void> =>
    new Promise((resolve) => socket.resume().once('close', () => resolve()))

  test('TAX-14: cuts who is slow', async () => {
    server = await serveMetrics(here, { contentType, text: async () => 'x\n' }, 200)
    const slow = open(server.url)
    slow.write('GET /met')
    await gone(slow)
    expect((await fetch(server.url)).status).toBe(200)
  })

  test('TAX-14: keeps out who is one too many, and leaves nothing when it closes', async () => {
    server = await serveMetrics(here, { contentType, text: async () => 'x\n' })
    const { url } = server
    const sockets = Array.from({ length: 40 }, () => open(url))
    let cut = 0
    const enough = new Promise<void>((resolve) => {
      for (const socket of sockets) void gone(socket).then(() => (cut += 1) === 24 && resolve())
    })
    await enough
    const left = sockets.filter((socket) => !socket.destroyed)
    expect(left).toHaveLength(16)
    await server.close()
    await Promise.all(left.filter((socket) => !socket.destroyed).map(gone))
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })
})

describe('the text', () => {
  const key = (number: number): string => {
    const signer = ed25519Signer(Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? number % 256 : number >> 8)))
    return signer.key
  }

  test('TAX-15: names ten peers at most, each metric once, with its unit and a help text', async () => {
    const tax = taxCounter()
    for (let peer = 1; peer <= 40; peer += 1) tax.tally('quota-refusals', key(peer))
    tax.count('messages-in', 3, 'market', 'a')
    tax.count('wait-ms', 1_500, 'work', 'a')
    tax.count('cpu-us', 250_000, 'work', 'a')
    // The text asks an agent for two things; one that is not there yet has none of them.
    const text = await textOf(tax)
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    expect(samples.filter((line) => line.startsWith('haggle_peer_quota_refusals{'))).toHaveLength(11)
    expect(samples).toContain('haggle_peer_quota_refusals{peer="other"} 30')
    expect(samples).toContain('haggle_quota_refusals_total 40')
    expect(samples).toContain('haggle_messages_total{phase="market",direction="in"} 3')
    expect(samples).toContain('haggle_wait_seconds_total{phase="work"} 1.5')
    expect(samples).toContain('haggle_cpu_seconds_total{phase="work"} 0.25')
    const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type]) => [name, type] as const)
    expect(new Set(names.map(([name]) => name)).size).toBe(names.length)
    for (const [name, type] of names) {
      expect(name).toMatch(/^haggle_[a-z_]+$/)
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
      expect(text).toMatch(new RegExp(`^# HELP ${name} [A-Z].+\\.$`, 'm'))
    }
  })

  async function textOf(tax: ReturnType<typeof taxCounter>): Promise<string> {
    const { createAgent } = await import('../src/create-agent.ts')
    const { mkdtemp, rm } = await import('node:fs/promises')
    const { tmpdir } = await import('node:os')
    const home = await mkdtemp(`${tmpdir()}/haggle-metrics-`)
    const agent = await createAgent({ name: 'ada', home, listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false })
    const exposition = agentExposition({
      agent: () => agent,
      tax,
      blobs: { written: 0, read: 0 },
      journal: memoryJournal(),
    })
    try {
      return (await exposition.text()) ?? ''
    } finally {
      exposition.close()
      await agent.close()
      await rm(home, { recursive: true, force: true })
    }
  }
})

import { once } from 'node:events'
import { connect } from 'node:net'
import { noCosts, type Costs, type TaskTax } from '@haggle/node'
import type { RecordId } from '@haggle/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { aloneOf, taskTaxText, taxJson, taxText } from '../src/view/tax-view.ts'
import { Bench, type Running } from './commands.ts'

// Any 32 bytes can be a record's id.
const id = 'ab'.repeat(32) as RecordId
const counted = (given: Partial<Costs>): Costs => ({ ...noCosts(), ...given })
const tax: TaskTax = {
  task: id,
  part: 'requester',
  skill: 'shout',
  key: 'one',
  phases: {
    market: counted({ 'messages-out': 4, 'bytes-out': 1_000, signatures: 1, 'wait-ms': 500, 'cpu-us': 2_500 }),
    work: counted({ 'messages-in': 1, 'bytes-in': 250, verifications: 2, 'verifications-needed': 1, 'wait-ms': 1_000 }),
  },
  workMs: 900,
}

describe('doing it oneself', () => {
  test('TAX-07: is compared with what coordination added to the work', () => {
    expect(aloneOf(tax)).toEqual({ workMs: 900, waitMs: 600, cpuMs: 2.5, cheaper: false })
    expect(aloneOf({ ...tax, workMs: 100 })).toEqual({ workMs: 100, waitMs: 1_400, cpuMs: 2.5, cheaper: true })
    expect(aloneOf({ ...tax, workMs: 5_000 })).toMatchObject({ waitMs: 0, cheaper: false })
    expect(aloneOf({ ...tax, workMs: null })).toBe(null)
    expect(aloneOf({ ...tax, part: 'worker' })).toBe(null)
  })

  test('TAX-07: is spoken of with what is not known', () => {
    expect(taskTaxText(tax)).toContain(
      'The worker took 900 ms from accept to delivery; coordination added 600 ms of waiting and 2.5 ms of CPU here.',
    )
    expect(taskTaxText(tax)).toContain('cheaper only if this machine is faster by more than that')
    expect(taskTaxText({ ...tax, workMs: 10 })).toContain('doing it yourself would have been cheaper, if')
    expect(taskTaxText({ ...tax, workMs: null })).toContain('no work to compare')
    expect(taskTaxText({ ...tax, part: 'bystander', skill: null, key: null })).toContain('(as bystander)')
  })
})

test('the table has a row for each phase, and adds up', () => {
  const rows = taskTaxText(tax).split('\n')
  const row = (name: string): string[] => rows.find((line) => line.startsWith(name))?.split(/\s{2,}/) ?? []
  expect(row('total')).toEqual(['total', '4', '1', '1000', '250', '1', '2', '1', '2.5 ms', '1.5 s'])
  expect(row('review').slice(0, 5)).toEqual(['review', '0', '0', '0', '0'])
  const json = taxJson(tax)
  expect(json).toMatchObject({ part: 'requester', key: 'one', total: { messagesOut: 4, waitMs: 1_500, cpuMs: 2.5 } })
  expect(json).not.toHaveProperty('sockets')
  const many = Array.from({ length: 25 }, () => tax)
  expect(
    taxText(many)
      .split('\n')
      .filter((line) => line.includes('requester')),
  ).toHaveLength(20)
})

const sum = z.looseObject({ messagesOut: z.number(), signatures: z.number(), verifications: z.number() })
const shown = z.looseObject({ part: z.string(), key: z.string().nullable(), total: sum })
const LIMIT = 30_000

describe('haggle tax', () => {
  let bench: Bench
  let worker: Running & { readonly address: string; readonly metrics: string }
  let dear: Running & { readonly address: string }
  let net: readonly string[]
  let hired: Record<string, unknown>

  beforeAll(async () => {
    bench = await Bench.open()
    const started = await bench.worker('shout', ['tr', 'a-z', 'A-Z'], ['--metrics', '0'])
    const ready = z.object({ metrics: z.string() }).parse(JSON.parse(await started.line('"ready"')))
    worker = { ...started, metrics: ready.metrics }
    dear = await bench.worker('shout', ['cat'], ['--price', '100', '--as', 'dear', '--peer', worker.address])
    net = bench.net(worker.address, dear.address)
    const flags = ['shout', '--deadline', '20s', '--bids', '2s', '--key', 'one', '--json']
    hired = last(await bench.run(['hire', ...flags, ...net], 'hello'))
  }, LIMIT)
  afterAll(async () => bench.close(), LIMIT)

  const lines = (ran: { readonly stdout: Buffer }): Record<string, unknown>[] =>
    ran.stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)))
  const last = (ran: { readonly stdout: Buffer }): Record<string, unknown> => lines(ran).at(-1) ?? {}

  test(
    'is told with the result of a hire, and from the store once the agent is gone',
    async () => {
      const told = shown.parse(hired['tax'])
      expect(told).toMatchObject({ part: 'requester', key: 'one', skill: 'shout' })
      expect(told.total.messagesOut).toBeGreaterThanOrEqual(2)
      const stored = shown.parse(last(await bench.run(['tax', 'one', '--json'])))
      expect(stored).toMatchObject({ part: 'requester', key: 'one', alone: { workMs: expect.any(Number) } })
      expect(stored.total.signatures).toBeGreaterThanOrEqual(told.total.signatures)
      const all = lines(await bench.run(['tax', '--json']))
      expect(all.at(-1)).toMatchObject({ tasks: 1, sockets: { bytesOut: expect.any(Number) } })
      const view = last(await bench.run(['contract', 'show', 'one', '--json']))
      expect(shown.parse(view['tax'])).toEqual(stored)
      const text = await bench.run(['tax', 'one'])
      expect(text.stdout.toString()).toMatch(/\nphase +sent +received[^]+\ntotal [^]+The worker took /)
      expect(await bench.run(['tax', 'nothing'])).toMatchObject({ code: 1, stdout: Buffer.alloc(0) })
    },
    LIMIT,
  )

  test(
    'TAX-03: is told by the agents that run as well: the worker, and who only listened',
    async () => {
      const task = String(hired['task']).slice(-10)
      const of = async (name: string): Promise<unknown> => last(await bench.run(['tax', task, '--json', '--as', name]))
      expect(await of('shout')).toMatchObject({ part: 'worker', total: { signatures: expect.any(Number) } })
      expect(await of('dear')).toMatchObject({ part: 'bystander', total: { signatures: 0 } })
    },
    LIMIT,
  )

  test(
    'TAX-13: is watched where --metrics says, and no longer when the agent has stopped',
    async () => {
      const text = await (await fetch(worker.metrics)).text()
      expect(text).toContain('haggle_contracts{role="worker",state="settled"} 1\n')
      expect(text).toMatch(/^haggle_journal_syncs_total [1-9]/m)
      expect(text).toMatch(/^haggle_blob_bytes_total\{direction="written"\} [1-9]/m)
      expect(text).toMatch(/^haggle_messages_total\{phase="market",direction="in"\} [1-9]/m)
      const port = new URL(worker.metrics).port
      const taken = await bench.run(['up', '--as', 'late', '--metrics', port, ...bench.net()])
      expect(taken.code).toBe(78)
      expect(taken.stderr).toContain('listen/metrics')
      const elsewhere = bench.start(['up', '--as', 'late', '--metrics', '0.0.0.0:0', '--json', ...bench.net()])
      await elsewhere.line('"metrics":"http://0.0.0.0:')
      elsewhere.kill('SIGTERM')
      const ended = await elsewhere.ended
      expect(ended.code).toBe(0)
      expect(ended.stderr.split('\n').filter((line) => line.includes('whoever reaches'))).toHaveLength(1)
      // A scrape that hangs keeps nobody from leaving.
      const hanging = connect(Number(port), '127.0.0.1').on('error', () => undefined)
      hanging.write('GET /met')
      await once(hanging, 'connect')
      worker.kill('SIGTERM')
      expect((await worker.ended).code).toBe(0)
      hanging.destroy()
      await expect(fetch(worker.metrics)).rejects.toThrow('fetch failed')
    },
    LIMIT,
  )

  test(
    'is refused by a hire that another process carries out, which says so',
    async () => {
      const holder = bench.start(['up', '--as', 'held', '--json', ...net])
      await holder.line('"ready"')
      const attached = await bench.run(['hire', 'nobody', 'x', '--as', 'held', '--metrics', '0', '--wait', '100ms'])
      expect(attached.stderr).toContain('--metrics is for the process that runs the agent')
      holder.kill('SIGTERM')
      await holder.ended
    },
    LIMIT,
  )
})

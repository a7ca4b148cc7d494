import { bounds, limits, payloadHashOf, type AgentKey, type HaggleRecord, type RecordId } from '@haggle/protocol'
import type { LogEntry } from '@haggle/core'
import { describe, expect, it } from 'vitest'
import { Bench, mallory, nothing, signAs, strangers } from './bench/bench.ts'
import { advertOf, bidOf, bring, offerOf, reopeningOf, termsAt } from './bench/forge.ts'
import { codeOf, type Hand } from './bench/hand.ts'
import { ACK, jobAt, result, Scene, SKILL, timers } from './bench/scene.ts'

const [, author = mallory] = strangers

function market(): { bench: Bench; worker: Hand } {
  const bench = new Bench()
  const worker = bench.hand()
  worker.peerUp(author)
  worker.serve(SKILL)
  return { bench, worker }
}

function crowd(count: number): AgentKey[] {
  // Any 32 bytes serve as a key where nothing verifies signatures.
  return Array.from({ length: count }, (_, n) => payloadHashOf(Uint8Array.of(n & 255, n >> 8, 3)) as string as AgentKey)
}

function bidNow(worker: Hand, task: RecordId): string {
  return codeOf(worker.command({ kind: 'bid', task, generation: 1, price: 1, etaMs: 1, leaseMs: null }))
}

function delivery(scene: Scene, contract: RecordId, size: number, prev: RecordId): HaggleRecord<'deliver'> {
  const link = { at: scene.bench.time, contract, generation: 1, seq: 2, prev }
  const rest = { mediaType: null, sealedHash: null, keyHash: null }
  return signAs(scene.worker.key, 'deliver', { ...link, milestone: 0, revision: 0, resultHash: result, size, ...rest })
}

describe('the board is bounded', () => {
  it(`MKT-03: one author has at most ${bounds.offersPerAuthor} offers on it, and one that leaves makes room`, () => {
    const { bench, worker } = market()
    const first = offerOf(bench, author)
    bring(worker, first)
    for (let n = 1; n < bounds.offersPerAuthor; n += 1) bring(worker, offerOf(bench, author))
    const more = offerOf(bench, author)
    expect(codeOf(bring(worker, more))).toBe('offer/quota')
    expect(codeOf(bring(worker, offerOf(bench, mallory)))).toBe('ok')
    expect(bidNow(worker, first.id)).toBe('ok')
    bring(worker, signAs(author, 'withdrawal', { at: bench.time, task: first.id, reason: 'no' }))
    expect(codeOf(bring(worker, more))).toBe('ok')
  })

  it(`MKT-03: at most ${bounds.offersOnBoard} offers of all authors stand on it, and who has most of them makes room for others`, () => {
    const bench = new Bench()
    const worker = bench.hand()
    const authors = strangers.slice(0, bounds.offersOnBoard / bounds.offersPerAuthor)
    const first = offerOf(bench, mallory, { at: bench.time - 1 })
    bring(worker, first)
    const terms = termsAt(bench)
    for (const each of authors) {
      const count = each === mallory ? bounds.offersPerAuthor - 1 : bounds.offersPerAuthor
      for (let n = 0; n < count; n += 1) bring(worker, offerOf(bench, each, { terms }))
    }
    // Who has as many as the others takes no place of theirs.
    expect(codeOf(bring(worker, offerOf(bench, mallory)))).toBe('offer/quota')
    const newcomer = strangers.at(-1) ?? author
    for (let n = 0; n < 3; n += 1) expect(codeOf(bring(worker, offerOf(bench, newcomer)))).toBe('ok')
    worker.serve(SKILL)
    // The first of all was the oldest of one of those who had most.
    expect(worker.requests.filter((request) => request.kind === 'quote')).toHaveLength(bounds.offersOnBoard)
    expect(
      codeOf(worker.command({ kind: 'bid', task: first.id, generation: 1, price: 1, etaMs: 1, leaseMs: null })),
    ).not.toBe('ok')
  })

  it(`MKT-03: ${bounds.adverts} authors have an advert on it, the one heard of longest ago makes room`, () => {
    const { bench, worker } = market()
    const authors = crowd(bounds.adverts + 1)
    for (const each of authors) expect(codeOf(bring(worker, advertOf(bench, each)))).toBe('ok')
    expect(worker.engine.adverts().map((advert) => advert.author)).toEqual(authors.slice(1))
  })

  it(`MKT-21: ${bounds.heldRecords} reopenings wait for their offers, the oldest makes room`, () => {
    const { bench, worker } = market()
    const offers = Array.from({ length: bounds.heldRecords + 1 }, (_, n) =>
      offerOf(bench, strangers[n % 200] ?? author),
    )
    for (const offer of offers) bring(worker, reopeningOf(bench, offer))
    const generation = (offer: HaggleRecord<'offer'> | undefined): number | undefined => {
      if (offer !== undefined) bring(worker, offer)
      const quote = worker.requests.at(-1)
      return quote?.kind === 'quote' ? quote.generation : undefined
    }
    expect([generation(offers[1]), generation(offers.at(-1)), generation(offers[0])]).toEqual([2, 2, 1])
  })

  it('MKT-12: no reopening is taken beyond the generations that a nonce chain serves', () => {
    const { bench, worker } = market()
    const offer = offerOf(bench, author)
    bring(worker, offer)
    bidNow(worker, offer.id)
    for (let generation = 1; generation <= 20; generation += 1) bring(worker, reopeningOf(bench, offer, { generation }))
    const kept = worker.log.filter((entry) => entry.kind === 'record' && entry.record.type === 'reopening')
    expect(kept).toHaveLength(15)
    expect(worker.task(offer.id).generation).toBe(16)
  })

  it('what was quoted, and what ran out, is remembered for as many offers as two boards hold', () => {
    const { bench, worker } = market()
    const first = offerOf(bench, author, { bidUntil: bench.time + 10 })
    const start = bench.time
    const asked = (): number =>
      worker.requests.filter((request) => request.kind === 'quote' && request.task === first.id).length
    bring(worker, first)
    const terms = termsAt(bench)
    const fill = (count: number): void => {
      for (let n = 0; n < count; n += 1) {
        bring(worker, offerOf(bench, author, { terms, bidUntil: bench.time + 10 }))
        if (n % 200 === 199) bench.time += 1_000
      }
      bench.time += 1_000
      worker.alarm()
    }
    fill(bounds.offersOnBoard)
    bench.time = start
    bring(worker, first)
    expect(asked()).toBe(1)
    bench.time = start + 30_000
    fill(2 * bounds.offersOnBoard)
    bench.time = start
    bring(worker, first)
    expect(asked()).toBe(2)
  })
})

describe('a contract is bounded', () => {
  it(`CON-05: ${bounds.parkedEntries} entries wait for the one before them, the oldest makes room`, () => {
    const scene = new Scene()
    const { requester, worker, bench } = scene
    bench.loses = ({ record }) => record?.type === 'accept'
    const contract = scene.accepted()
    const accept = worker.newest('accept')
    const entries = Array.from({ length: bounds.parkedEntries + 1 }, (_, n) => delivery(scene, contract, n, accept.id))
    for (const entry of entries) expect(codeOf(bring(requester, entry))).toBe('entry/parked')
    bring(requester, accept)
    const held = new Set(requester.engine.records(requester.contract(contract).task).map(({ id }) => id))
    expect(entries.map(({ id }) => held.has(id)).indexOf(true)).toBe(1)
    expect(held.has(entries[0]?.id ?? accept.id)).toBe(false)
  })

  it('CON-03: eight entries beside the first are kept as evidence of a fork, more are refused', () => {
    const scene = new Scene()
    const contract = scene.opened()
    const { requester, worker } = scene
    const prev = worker.newest('accept').id
    const codes = Array.from({ length: 12 }, (_, n) => codeOf(bring(requester, delivery(scene, contract, n, prev))))
    expect(codes.slice(0, 9)).toEqual(Array(9).fill('ok'))
    expect(codes.slice(9)).toEqual(Array(3).fill('entry/full'))
    expect(requester.contract(contract).outcome).toMatchObject({ end: 'void', party: worker.key, fault: 'FORK' })
  })

  it(`CON-08: a party has ${limits.notesPerContract} notes in a contract, the other party its own`, () => {
    const scene = new Scene()
    const contract = scene.opened()
    const { requester, worker, bench } = scene
    const ask = (n: number): string => {
      const body = { at: bench.time - n, contract, generation: 1, n: 0, reason: 'no' }
      return codeOf(bring(requester, signAs(worker.key, 'cancel-req', body)))
    }
    const codes = Array.from({ length: limits.notesPerContract + 5 }, (_, n) => ask(n))
    // The signed heartbeat is one of them.
    expect(codes.filter((code) => code === 'ok')).toHaveLength(limits.notesPerContract - 1)
    expect(codes.at(-1)).toBe('note/full')
    scene.deliver(contract)
    bench.pass(ACK)
    expect(requester.all('receipt')).toHaveLength(1)
  })

  it('CON-19: the other side is asked to cancel sixteen times and no more', () => {
    const scene = new Scene()
    const contract = scene.opened()
    const { requester, bench } = scene
    bench.loses = () => true
    const { task } = requester.contract(contract)
    const codes = Array.from({ length: 17 }, () => codeOf(requester.command({ kind: 'cancel', task, reason: 'no' })))
    expect(codes).toEqual([...Array(16).fill('ok'), 'note/full'])
  })
})

describe('what an agent remembers is bounded', () => {
  it(`MKT-14: cool-downs of ${bounds.peersInBook} peers are remembered, the oldest makes room`, () => {
    const scene = new Scene()
    const { requester, bench } = scene
    const peers = crowd(bounds.peersInBook + 1)
    const until = bench.time + 60_000
    const entries = peers.map((peer): LogEntry => ({
      kind: 'cool-down',
      at: bench.time,
      peer,
      skill: SKILL,
      until,
      strikes: 1,
    }))
    requester.restart(entries)
    const [first = mallory, second = mallory] = peers
    const winner = (one: AgentKey, other: AgentKey): AgentKey | undefined => {
      const task = scene.offer({ askPrice: null })
      bring(requester, bidOf(bench, one, task, { price: 1 }))
      bring(requester, bidOf(bench, other, task, { price: 2 }))
      bench.pass(timers.bidWindowMs)
      return requester.newest('award').body.worker
    }
    expect(winner(second, mallory)).toBe(mallory)
    expect(winner(first, mallory)).toBe(first)
  })

  it(`${bounds.closedTasks} closed tasks of our own are kept in memory, the oldest makes room and an open one never does`, () => {
    const bench = new Bench()
    const hand = bench.hand()
    const job = jobAt(bench)
    const terms = termsAt(bench)
    const at = bench.time
    const tasks: RecordId[] = []
    const entries: LogEntry[] = []
    for (let n = 0; n <= bounds.closedTasks; n += 1) {
      const record = offerOf(bench, hand.key, { terms })
      tasks.push(record.id)
      entries.push({ kind: 'record', at, record })
      entries.push({ kind: 'job', at, task: record.id, job: { ...job, key: `job ${n}` }, secret: new Uint8Array(32) })
      if (n > 0) entries.push({ kind: 'task-closed', at, task: record.id, as: 'expired' })
    }
    hand.restart(entries)
    const [open, ...closed] = tasks
    expect(hand.engine.tasks().map(({ task }) => task)).toEqual([open, ...closed.slice(1)])
    expect(hand.task(tasks[0] ?? nothing).state).toBe('open')
  })

  it(`${bounds.closedTasks} tasks of others are kept in memory, the oldest without a live contract makes room`, () => {
    const scene = new Scene()
    const { worker, bench } = scene
    const contract = scene.opened()
    const before = [...worker.log]
    const terms = termsAt(bench)
    for (let n = 0; n < bounds.closedTasks; n += 1) {
      const offer = offerOf(bench, author, { terms })
      before.push({ kind: 'record', at: bench.time, record: offer })
      before.push({ kind: 'record', at: bench.time, record: bidOf(bench, worker.key, offer.id) })
    }
    const first = before.find((entry) => entry.kind === 'record' && entry.record.author === author)
    worker.restart(before)
    expect(worker.engine.tasks()).toHaveLength(bounds.closedTasks)
    expect(worker.contract(contract).state).toBe('working')
    const tasks = worker.engine.tasks().map(({ task }) => task)
    expect(first?.kind === 'record' && tasks.includes(first.record.id)).toBe(false)
  })

  it('a settled task leaves memory with its contracts, after a replay as in the running agent', () => {
    const scene = new Scene()
    const { requester, bench } = scene
    const contract = scene.settled()
    const log = [...requester.log]
    const terms = termsAt(bench)
    for (let n = 0; n < bounds.closedTasks; n += 1) {
      const record = offerOf(bench, requester.key, { terms })
      const job = { ...jobAt(bench), key: `job ${n}` }
      log.push({ kind: 'record', at: bench.time, record })
      log.push({ kind: 'job', at: bench.time, task: record.id, job, secret: new Uint8Array(32) })
    }
    requester.restart(log)
    expect(requester.engine.contracts()).toEqual([])
    expect(requester.engine.tasks()).toHaveLength(bounds.closedTasks)
    expect(requester.engine.standing(scene.worker.key).settled).toBe(1)
    expect(codeOf(requester.command({ kind: 'approve', contract, milestone: 0 }))).toBe('contract/unknown')
  })
})

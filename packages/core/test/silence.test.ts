import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AgentKey, HaggleRecord, RecordId } from '@haggle/protocol'
import { placeAmong } from '../src/market/silence.ts'
import { Bench, signAs, strangers } from './bench/bench.ts'
import { advertOf, bidOf, bring, offerOf, reopeningOf, termsAt } from './bench/forge.ts'
import type { Hand } from './bench/hand.ts'
import { idOf, jobAt, SKILL, timers, VALUE } from './bench/scene.ts'
import { honest } from './world/agent.ts'
import { randomJob } from './world/plan.ts'
import { brokenPromises } from './world/promises.ts'
import { World } from './world/world.ts'

const WINDOW = timers.bidWindowMs
const [author = strangers[0] as AgentKey, ...others] = strangers

function quotes(hand: Hand): number {
  return hand.requests.filter(({ kind }) => kind === 'quote').length
}

/** The hash as any other implementation computes it. */
function orderOf(call: RecordId, key: AgentKey): string {
  return createHash('sha256').update(Buffer.from(call, 'hex')).update(Buffer.from(key, 'hex')).digest('hex')
}

/** A worker among this many others that have said they serve the skill. */
function among(count: number, free = 1): { bench: Bench; worker: Hand; rivals: readonly AgentKey[] } {
  const bench = new Bench()
  const worker = bench.hand()
  worker.serve(SKILL)
  const rivals = others.slice(0, count)
  for (const rival of rivals) bring(worker, advertWith(bench, rival, { free }))
  return { bench, worker, rivals }
}

function advertWith(bench: Bench, by: AgentKey, more: { free?: number; skill?: string; ttlMs?: number }) {
  const { skill = SKILL, free = 1, ttlMs = 60_000 } = more
  const skills = [{ name: skill, version: 1, note: null, unitPrice: null }]
  return signAs(by, 'advert', { ...advertOf(bench, by, bench.time, 1).body, skills, slots: 1, free, ttlMs })
}

/** An offer before which our worker has a place below `maxBids`, or has not. */
function offerWhere(
  bench: Bench,
  worker: Hand,
  rivals: readonly AgentKey[],
  maxBids: number,
  isChosen: boolean,
): HaggleRecord<'offer'> {
  for (let n = 0; n < 1_000; n += 1) {
    const offer = offerOf(bench, author, { maxBids })
    const own = orderOf(offer.id, worker.key)
    const place = rivals.filter((rival) => orderOf(offer.id, rival) < own).length
    expect(placeAmong(worker.key, rivals, offer.id, rivals.length)).toBe(place)
    expect(placeAmong(worker.key, rivals, offer.id, maxBids)).toBe(Math.min(place, maxBids))
    if (place < maxBids === isChosen) return offer
    bench.time += 1
  }
  throw new Error('no such offer in a thousand')
}

describe('a worker among many', () => {
  it('MKT-25: bids at once while its place is below maxBids', () => {
    const { bench, worker, rivals } = among(12)
    bring(worker, offerWhere(bench, worker, rivals, 8, true))
    expect(quotes(worker)).toBe(1)
  })

  it('MKT-25: stays silent for one window otherwise, and then bids; told twice it waits once', () => {
    const { bench, worker, rivals } = among(12)
    const offer = offerWhere(bench, worker, rivals, 8, false)
    bring(worker, offer)
    expect(quotes(worker)).toBe(0)
    expect(worker.told('offered')).toBe(1)
    bench.pass(WINDOW - 1)
    worker.serve(SKILL, 2)
    bring(worker, offer)
    expect(quotes(worker)).toBe(0)
    bench.pass(1)
    expect(quotes(worker)).toBe(1)
    bench.pass(1_000)
    expect(quotes(worker)).toBe(1)
    expect(worker.told('offered')).toBe(1)
  })

  it('MKT-19: who let others go first speaks to the requester alone, far behind only to one that is connected', () => {
    const { bench, worker, rivals } = among(12)
    const bidOn = (maxBids: number, isNear: (place: number) => boolean): readonly (AgentKey | null)[] => {
      let offer = offerWhere(bench, worker, rivals, maxBids, false)
      while (!isNear(placeAmong(worker.key, rivals, offer.id, rivals.length))) {
        bench.time += 1
        offer = offerWhere(bench, worker, rivals, maxBids, false)
      }
      bring(worker, offer)
      bench.pass(WINDOW)
      worker.command({ kind: 'bid', task: offer.id, generation: 1, price: 1, etaMs: 1, leaseMs: null })
      return worker.sent
        .filter(({ record }) => record.type === 'bid' && record.body.task === offer.id)
        .map(({ to }) => to)
    }
    worker.serve(SKILL, 8)
    expect(bidOn(2, (place) => place < 8)).toEqual([author])
    expect(bidOn(2, (place) => place >= 8)).toEqual([])
    worker.peerUp(author)
    expect(bidOn(2, (place) => place >= 8)).toEqual([author])
  })

  it('MKT-25: a requester looks for those whose turn it is and whom it is not connected with', () => {
    const { bench, worker: requester, rivals } = among(12)
    const [met] = rivals
    if (met === undefined) throw new Error('there are twelve')
    requester.peerUp(met)
    for (let number = 0; number < 8; number += 1) {
      const job = jobAt(bench, { key: `job-${number}`, maxBids: 3, attempts: 1 })
      const task = idOf(requester.command({ kind: 'offer', job }))
      const first = rivals.toSorted((a, b) => (orderOf(task, a) < orderOf(task, b) ? -1 : 1)).slice(0, 3)
      const called = requester.sent.filter(({ to, record }) => to !== null && record.id === task).map(({ to }) => to)
      expect(called).toEqual(first.filter((key) => key !== met))
    }
  })

  it('MKT-25: a requester with four peers that serve the skill leaves its calls to gossip', () => {
    const { bench, worker: requester, rivals } = among(12)
    const called = (): number => {
      const task = idOf(requester.command({ kind: 'offer', job: jobAt(bench, { maxBids: 3, attempts: 1 }) }))
      return requester.sent.filter(({ to, record }) => to !== null && record.id === task).length
    }
    for (const rival of rivals.slice(0, 3)) requester.peerUp(rival)
    expect(Array.from({ length: 8 }, called).some((count) => count > 0)).toBe(true)
    for (const rival of rivals.slice(3, 4)) requester.peerUp(rival)
    expect(Array.from({ length: 8 }, called)).toEqual(Array.from({ length: 8 }, () => 0))
  })

  it('MKT-25: counts only live adverts of the skill with a free slot, and not the author of the offer', () => {
    const bench = new Bench()
    const worker = bench.hand()
    worker.serve(SKILL)
    const rivals = others.slice(0, 40)
    rivals.forEach((rival, index) => {
      const more = [{ free: 0 }, { skill: 'another' }, { ttlMs: 10 }][index % 3] ?? {}
      bring(worker, advertWith(bench, rival, more))
    })
    bring(worker, advertWith(bench, author, {}))
    bench.pass(10)
    bring(worker, offerOf(bench, author, { maxBids: 1 }))
    expect(quotes(worker)).toBe(1)
  })

  it('MKT-26: the window is counted from the offer: a late joiner does not wait for what is over', () => {
    const { bench, worker, rivals } = among(12)
    const offer = offerWhere(bench, worker, rivals, 8, false)
    bench.time += WINDOW - 20
    bring(worker, offer)
    expect(quotes(worker)).toBe(0)
    bench.pass(20)
    expect(quotes(worker)).toBe(1)
    const late = offerWhere(bench, worker, rivals, 8, false)
    bench.time += WINDOW
    bring(worker, late)
    expect(quotes(worker)).toBe(2)
  })

  it('MKT-26: nobody is silent for longer than half of the time for bids', () => {
    const { bench, worker, rivals } = among(40)
    const terms = { ...termsAt(bench), timers: { ...timers, bidWindowMs: 60_000 } }
    const offer = offerOf(bench, author, { maxBids: 1, terms, bidUntil: bench.time + 1_000 })
    expect(placeAmong(worker.key, rivals, offer.id, rivals.length)).toBeGreaterThan(0)
    bring(worker, offer)
    bench.pass(499)
    expect(quotes(worker)).toBe(0)
    bench.pass(1)
    expect(quotes(worker)).toBe(1)
  })

  it('MKT-26: an offer dated ahead makes nobody wait for longer than one window', () => {
    const { bench, worker, rivals } = among(12)
    const offer = offerWhere(bench, worker, rivals, 8, false)
    bench.time -= timers.epsilonMs
    bring(worker, offer)
    bench.pass(WINDOW)
    expect(quotes(worker)).toBe(1)
  })

  it('MKT-26: what is withdrawn or reopened meanwhile is not bid on in its old generation', () => {
    const { bench, worker, rivals } = among(12)
    const gone = offerWhere(bench, worker, rivals, 8, false)
    bring(worker, gone)
    bring(worker, signAs(author, 'withdrawal', { at: bench.time, task: gone.id, reason: 'no' }))
    const again = offerWhere(bench, worker, rivals, 8, false)
    bring(worker, again)
    bring(worker, reopeningOf(bench, again))
    bench.pass(2 * WINDOW)
    expect(worker.requests.flatMap((each) => (each.kind === 'quote' ? [[each.task, each.generation]] : []))).toEqual([
      [again.id, 2],
    ])
  })

  it('T-09 MKT-27: low firm bids under many names keep nobody from bidding', () => {
    const { bench, worker, rivals } = among(12)
    const offer = offerWhere(bench, worker, rivals, 8, false)
    bring(worker, offer)
    for (const rival of rivals) bring(worker, bidOf(bench, rival, offer.id, { price: 1, firm: true }))
    bench.pass(WINDOW)
    expect(quotes(worker)).toBe(1)
  })
})

/** A requester and this many workers that bid as soon as they are asked. */
class Market {
  readonly bench = new Bench()
  readonly requester: Hand = this.bench.hand()
  readonly workers: readonly Hand[]
  readonly #answered = new Map<Hand, number>()

  constructor(count: number) {
    this.workers = Array.from({ length: count }, () => this.bench.hand())
    this.bench.meet(this.requester, ...this.workers)
    for (const worker of this.workers) worker.serve(SKILL)
    this.bench.deliver()
  }

  /** Offers a task; the mail of its first window, and who bid in it. */
  offer(maxBids: number, silent: ReadonlySet<Hand> = new Set()): { task: RecordId; mail: number; bidders: number } {
    let mail = 0
    const count = (): boolean => {
      mail += 1
      return false
    }
    this.bench.loses = count
    const job = jobAt(this.bench, { maxBids, askPrice: null })
    const task = idOf(this.requester.command({ kind: 'offer', job }))
    this.live(0, silent)
    const bidders = this.workers.filter((worker) => worker.all('bid').some(({ body }) => body.task === task)).length
    return { task, mail, bidders }
  }

  /** Time passes, and every application but the silent ones answers each quote. */
  live(spanMs: number, silent: ReadonlySet<Hand> = new Set()): void {
    for (let left = spanMs; left >= 0; left -= 5) {
      for (let news = true; news;) {
        this.bench.deliver()
        news = this.workers.some((worker) => this.#bid(worker, silent.has(worker)))
      }
      if (left > 0) this.bench.pass(Math.min(5, left))
    }
  }

  #bid(worker: Hand, isSilent: boolean): boolean {
    const asked = worker.requests.flatMap((each) => (each.kind === 'quote' ? [each] : []))
    const from = this.#answered.get(worker) ?? 0
    this.#answered.set(worker, asked.length)
    for (const { task, generation } of isSilent ? [] : asked.slice(from))
      worker.command({ kind: 'bid', task, generation, price: VALUE / 2, etaMs: 10, leaseMs: null })
    return asked.length > from
  }
}

describe('a market of many workers', () => {
  it('MKT-25: hears eight bids for an offer instead of thirty, and decides as soon as they are in', () => {
    const everybody = new Market(30).offer(64)
    const chosen = new Market(30).offer(8)
    console.log(
      `30 workers, one open auction, messages until nothing more is said in its first moment:`,
      `everybody bids ${everybody.mail} (${everybody.bidders} bids), the rule ${chosen.mail} (${chosen.bidders} bids)`,
    )
    expect(everybody.bidders).toBe(30)
    expect(chosen.bidders).toBe(8)
    expect(chosen.mail * 3).toBeLessThan(everybody.mail)
  })

  it('MKT-26: is served by the others one window later when the chosen ones say nothing', () => {
    const market = new Market(30)
    const probe = market.offer(8, new Set(market.workers))
    const chosen = new Set(
      market.workers.filter((worker) =>
        worker.requests.some((each) => each.kind === 'quote' && each.task === probe.task),
      ),
    )
    expect(chosen.size).toBe(8)
    market.live(WINDOW, chosen)
    const award = market.requester.newest('award')
    expect(award.body.task).toBe(probe.task)
    expect([...chosen].map(({ key }) => key)).not.toContain(award.body.worker)
  })

  it('MKT-26: settles every task, whatever the weather, whoever is a ghost, and keeps every promise', () => {
    const unsettled: string[] = []
    for (let seed = 1; seed <= 4; seed += 1) {
      const world = new World(seed, { loss: seed % 2 === 0 ? 20 : 0, duplicate: 50, delayMs: 20 })
      const requester = world.add(honest, [])
      // A few never answer a quote: they keep their places and leave them empty.
      for (let n = 0; n < 14; n += 1) world.add(n < 3 * seed ? { ...honest, declinesQuotes: 1_000 } : honest, ['work'])
      world.open()
      world.run(200)
      for (let round = 0; round < 3; round += 1) {
        const job = randomJob(requester, world.random, `job-${round}`)
        const { wall } = requester.now()
        const more = { endBy: wall + 20_000, bidUntil: wall + 5_000, attempts: 3, maxBids: 4 }
        requester.command({ kind: 'offer', job: { ...job, ...more, revisions: 0 } })
        world.run(2_000)
      }
      world.weather = { loss: 0, duplicate: 0, delayMs: 5 }
      world.run(40_000)
      unsettled.push(...brokenPromises(world).map((what) => `seed ${seed}: ${what}`))
      for (const task of requester.engine.tasks())
        if (task.state !== 'done') unsettled.push(`seed ${seed}: ${task.key} is ${task.closedAs}`)
    }
    expect(unsettled).toEqual([])
  }, 60_000)
})

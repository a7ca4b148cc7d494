import { protocolParams, type HaggleRecord } from '@haggle/protocol'
import { describe, expect, it } from 'vitest'
import { nothing, signAs, type Parcel } from './bench/bench.ts'
import type { Hand } from './bench/hand.ts'
import { ACK, GRACE, idOf, jobAt, Scene, timers, VALUE } from './bench/scene.ts'
import { Random } from './world/random.ts'

const REQUESTERS = 60
const CREDIT = protocolParams.newcomerBudgetMicro
const LIMIT = protocolParams.newcomerLimitMicro
/** Longer than these stories take, so that no pledge ends in them. */
const LONG = 1_000_000

const SEEDS = Number(process.env['HAGGLE_RUNS'] ?? 12)
const FIRST = Number(process.env['HAGGLE_SEED'] ?? 1)

/** Sixty requesters that know each other, and one worker that takes whatever it is given. */
class Crowd extends Scene {
  readonly requesters: readonly Hand[]

  constructor(count: number) {
    super(64)
    this.requesters = Array.from({ length: count }, () => this.bench.hand())
    this.bench.meet(this.worker, ...this.requesters)
    this.bench.pass(2_000)
  }

  /** The worker says yes to all, and gives each pledge a place in its chain as it likes. */
  pledgesAs(place: (by: Hand) => number): void {
    const { bench, worker, requesters } = this
    bench.loses = ({ from, to, record }) => {
      if (from !== worker || record?.type !== 'accept') return false
      const by = requesters.find((each) => each === to)
      if (by === undefined) return true
      const accept = signAs(worker.key, 'accept', { ...record.body, ...chainAt(place(by)) })
      bench.mail.push({ from: worker, to: by, record: accept, carry: () => void by.record(worker.key, accept) })
      return true
    }
  }

  /** Nothing that anybody is told of pledges reaches anybody. */
  deafen(): void {
    this.hold(({ isGossip, record }) => isGossip === true && record?.type !== 'offer')
  }

  /** Keeps mail back; the function returned lets it go on. */
  hold(which: (parcel: Parcel) => boolean): () => void {
    const { bench } = this
    const held: Parcel[] = []
    const before = bench.loses
    let isHeld = true
    bench.loses = (parcel) => before(parcel) || (isHeld && which(parcel) && held.push(parcel) > 0)
    return () => {
      isHeld = false
      bench.mail.push(...held)
    }
  }

  /** Offers to the worker, which bids at the asked price and is given the task; nobody has opened it yet. */
  award(by: Hand, stakeWorker: number): void {
    const acceptance = { kind: 'requester' } as const
    const milestones = [{ name: 'm0', durationMs: LONG, valuePermille: 1_000, acceptance }]
    const terms = { milestones, endBy: this.bench.time + LONG, stakeWorker, stakeRequester: 0, attempts: 1 }
    const task = idOf(by.command({ kind: 'offer', job: jobAt(this.bench, terms) }))
    this.bench.deliver()
    this.bid(task, VALUE)
  }

  /** What the worker has at stake in contracts that bind it. */
  get admitted(): number {
    const terms = this.requesters.flatMap((by) => {
      const opened = new Set(by.all('opening').map(({ body }) => body.contract))
      return by.all('award').flatMap(({ id, body }) => (opened.has(id) ? [body.terms.stakeWorker] : []))
    })
    return terms.reduce((sum, stake) => sum + stake, 0)
  }

  get awarded(): number {
    const awards = this.requesters.flatMap((by) => by.all('award'))
    return awards.reduce((sum, { body }) => sum + body.terms.stakeWorker, 0)
  }
}

/** A link at some place of a chain; only the first one has nothing before it. */
function chainAt(chainSeq: number): Pick<HaggleRecord<'accept'>['body'], 'chainSeq' | 'chainPrev'> {
  return { chainSeq, chainPrev: chainSeq === 1 ? null : nothing }
}

function isTold({ to, record }: Hand['sent'][number]): boolean {
  return to === null && record.type === 'accept'
}

/** Each awards at some moment of a span, and stakes differ. */
function awardWithin(crowd: Crowd, spanMs: number, random: Random, stake: () => number): void {
  const order = crowd.requesters
    .map((by) => ({ by, at: spanMs === 0 ? 0 : random.below(spanMs) }))
    .toSorted((a, b) => a.at - b.at)
  let now = 0
  for (const { by, at } of order) {
    crowd.bench.pass(at - now)
    now = at
    crowd.award(by, stake())
  }
  crowd.bench.pass(timers.acceptMs + 10_000)
}

describe(`sixty requesters that award to one key, seeds ${FIRST}..${FIRST + SEEDS - 1}`, () => {
  it('REP-21 T-90: bind it at once to no more than its credit, and to most of that', () => {
    const crowd = new Crowd(REQUESTERS)
    awardWithin(crowd, 0, new Random(FIRST), () => LIMIT)
    expect(crowd.awarded).toBe(REQUESTERS * LIMIT)
    expect(crowd.admitted).toBe(CREDIT)
  })

  it('REP-21: count what the worker has signed before, so that whoever comes first stays', () => {
    const crowd = new Crowd(30)
    const { bench, requesters } = crowd
    for (const by of requesters.slice(0, 9)) crowd.award(by, LIMIT)
    bench.pass(timers.deltaMs - 1)
    for (const by of requesters.slice(9)) crowd.award(by, LIMIT)
    bench.pass(10_000)
    expect(requesters.map((by) => by.all('opening').length)).toEqual(requesters.map((_, n) => (n < 10 ? 1 : 0)))
  })

  it('REP-21: bind a worker that has given one place in its chain to all of them to no more than its credit', () => {
    const crowd = new Crowd(REQUESTERS)
    crowd.pledgesAs(() => 1)
    for (const by of crowd.requesters) crowd.award(by, LIMIT)
    crowd.bench.pass(timers.acceptMs + 10_000)
    expect(crowd.awarded).toBe(REQUESTERS * LIMIT)
    expect(crowd.admitted).toBe(CREDIT)
  })

  it('REP-21: count whoever has told before them, whatever place the worker gives them', () => {
    const crowd = new Crowd(30)
    const { bench, requesters } = crowd
    crowd.pledgesAs((by) => 100 - requesters.indexOf(by))
    for (const by of requesters.slice(0, 9)) crowd.award(by, LIMIT)
    bench.pass(10 * timers.deltaMs)
    for (const by of requesters.slice(9)) crowd.award(by, LIMIT)
    bench.pass(10_000)
    expect(crowd.admitted).toBe(CREDIT)
  })

  it('REP-21: leave it and say nothing where they know already that they would not bind it', () => {
    const crowd = new Crowd(30)
    const { bench, requesters } = crowd
    for (const by of requesters.slice(0, 10)) crowd.award(by, LIMIT)
    bench.pass(timers.deltaMs - 1)
    for (const by of requesters.slice(10)) crowd.award(by, LIMIT)
    bench.pass(10_000)
    expect(requesters.map(({ sent }) => sent.filter(isTold).length)).toEqual(requesters.map((_, n) => (n < 10 ? 1 : 0)))
  })

  it('REP-21: count what each of them has opened itself', () => {
    const crowd = new Crowd(10)
    for (const by of crowd.requesters) for (let n = 0; n < 6; n += 1) crowd.award(by, LIMIT)
    crowd.bench.pass(10_000)
    expect(crowd.awarded).toBe(60 * LIMIT)
    expect(crowd.admitted).toBe(CREDIT)
  })

  it('REP-21: leave each other time even if all of them come late to it', () => {
    const crowd = new Crowd(REQUESTERS)
    for (const by of crowd.requesters) crowd.award(by, LIMIT)
    crowd.bench.time += ACK + 1
    crowd.bench.pass(10_000)
    expect(crowd.admitted).toBe(CREDIT)
  })

  it('EVI-23: say as well that it is over, and the worker is free for others at once', () => {
    const crowd = new Crowd(REQUESTERS)
    const { bench, worker } = crowd
    const [by, other] = crowd.requesters
    if (by === undefined || other === undefined) return
    const seen = (): number => other.engine.scores().exposure(worker.key)
    crowd.award(by, LIMIT)
    bench.pass(timers.deltaMs)
    expect(seen()).toBe(LIMIT)
    bench.pass(ACK)
    const contract = by.newest('award').id
    crowd.deliver(contract, 0, worker)
    by.command({ kind: 'approve', contract, milestone: 0 })
    bench.deliver()
    expect(seen()).toBe(0)
  })

  it('EVI-23: say that they have left it, so that nobody counts what binds nobody', () => {
    const crowd = new Crowd(REQUESTERS)
    const { bench, requesters, worker } = crowd
    for (const by of requesters) crowd.award(by, LIMIT)
    bench.pass(timers.deltaMs)
    const [first] = requesters
    expect(first?.engine.scores().exposure(worker.key)).toBe((REQUESTERS - 1) * LIMIT)
    bench.pass(timers.acceptMs + GRACE + ACK)
    expect(first?.engine.scores().exposure(worker.key)).toBe(CREDIT)
  })

  it('REP-20: make it answer with no more than its credit for what it delivers at once and nobody wants', () => {
    const crowd = new Crowd(REQUESTERS)
    const { bench, worker, requesters } = crowd
    for (const by of requesters) {
      crowd.award(by, LIMIT)
      const contract = by.newest('award').id
      crowd.deliver(contract, 0, worker)
      by.command({ kind: 'reject', contract, milestone: 0, reason: 'opinion', note: 'no' })
    }
    bench.pass(timers.acceptMs + GRACE + ACK)
    expect(requesters.filter((by) => by.all('reject').length > 0)).toHaveLength(CREDIT / LIMIT)
    const ends = requesters.map((by) => by.contract(by.newest('award').id).outcome?.end)
    expect(new Set(ends)).toEqual(new Set(['split', 'lapsed']))
  })

  it('REP-21: listen for δ where nobody else wants it, and for six where others do', () => {
    for (const [rivals, listeningMs] of [
      [1, timers.deltaMs],
      [2, 6 * timers.deltaMs],
    ] as const) {
      const crowd = new Crowd(REQUESTERS)
      for (const by of crowd.requesters.slice(0, rivals)) crowd.award(by, LIMIT)
      crowd.bench.pass(timers.deltaMs + listeningMs - 1)
      expect([rivals, crowd.admitted]).toEqual([rivals, 0])
      crowd.bench.pass(1)
      expect([rivals, crowd.admitted]).toEqual([rivals, rivals * LIMIT])
    }
  })

  it('REP-22: bind it to no more than its credit where it has accepted so late that they do not hear each other in time', () => {
    const crowd = new Crowd(REQUESTERS)
    crowd.deafen()
    const accepts = crowd.hold(({ record }) => record?.type === 'accept')
    for (const by of crowd.requesters) crowd.award(by, LIMIT)
    crowd.bench.pass(timers.acceptMs)
    accepts()
    crowd.bench.pass(10_000)
    expect(crowd.awarded).toBe(REQUESTERS * LIMIT)
    expect(crowd.admitted).toBe(CREDIT)
  })

  it('REP-22: bind it to no more than its credit where they are busy when they should tell, and hear nothing', () => {
    const crowd = new Crowd(REQUESTERS)
    crowd.deafen()
    for (const by of crowd.requesters) crowd.award(by, LIMIT)
    crowd.bench.time += timers.deltaMs + timers.deltaMs / 2 + 1
    crowd.bench.pass(10_000)
    expect(crowd.admitted).toBe(CREDIT)
  })

  it('REP-22: bind it to no more than its credit where they are busy when they should look, and have heard nothing', () => {
    const crowd = new Crowd(REQUESTERS)
    crowd.deafen()
    for (const by of crowd.requesters) crowd.award(by, LIMIT)
    crowd.bench.pass(timers.deltaMs)
    crowd.bench.time += 6 * timers.deltaMs + timers.deltaMs / 2 + 1
    crowd.bench.pass(10_000)
    expect(crowd.admitted).toBe(CREDIT)
  })

  it('REP-22: bind it to no more than its credit where something reaches them that they should have known', () => {
    const crowd = new Crowd(REQUESTERS)
    const { bench, requesters } = crowd
    const [first, ...others] = requesters
    if (first === undefined) return
    const late = crowd.hold(
      ({ from, isGossip, record }) => from === first && isGossip === true && record?.type !== 'offer',
    )
    crowd.award(first, LIMIT)
    bench.pass(ACK + GRACE)
    crowd.deafen()
    for (const by of others) crowd.award(by, LIMIT)
    bench.pass(timers.deltaMs)
    late()
    bench.pass(10_000)
    expect(crowd.awarded).toBe(REQUESTERS * LIMIT)
    expect(crowd.admitted).toBe(CREDIT)
  })

  it('REP-22: take what they do not know of the worker for nothing where they could listen in full', () => {
    const crowd = new Crowd(2)
    const [by] = crowd.requesters
    if (by === undefined) return
    crowd.pledgesAs(() => 1_000)
    crowd.award(by, LIMIT)
    crowd.bench.pass(10_000)
    expect(crowd.admitted).toBe(LIMIT)
  })

  it('REP-22: count nothing that is older than what they know of the worker for two minutes', () => {
    for (const [agoMs, admitted] of [
      [121_000, 2 * LIMIT],
      [119_000, LIMIT],
    ] as const) {
      const crowd = new Crowd(2)
      const { bench, requesters } = crowd
      const [by, other] = requesters
      if (by === undefined || other === undefined) return
      crowd.pledgesAs((each) => (each === other ? 100 : 101))
      crowd.award(other, LIMIT)
      bench.pass(agoMs)
      crowd.award(by, LIMIT)
      bench.time += 10 * timers.deltaMs
      bench.pass(10_000)
      expect([agoMs, crowd.admitted]).toEqual([agoMs, admitted])
    }
  })

  it('REP-22: count what they do not know as much as anybody may stake, whatever they stake themselves', () => {
    const crowd = new Crowd(REQUESTERS)
    crowd.deafen()
    for (const [index, by] of crowd.requesters.entries()) crowd.award(by, index < 10 ? LIMIT : LIMIT / 4)
    crowd.bench.time += ACK + 1
    crowd.bench.pass(10_000)
    expect(crowd.admitted).toBe(CREDIT)
  })

  it('REP-22: know what they have opened themselves', () => {
    const crowd = new Crowd(2)
    const [by] = crowd.requesters
    if (by === undefined) return
    for (let n = 0; n < 10; n += 1) crowd.award(by, LIMIT)
    crowd.bench.time += ACK + 1
    crowd.bench.pass(10_000)
    expect(crowd.admitted).toBe(CREDIT)
  })

  it('REP-21: say of small stakes as well what they are, when together they would not be small', () => {
    const crowd = new Crowd(REQUESTERS)
    for (const [index, by] of crowd.requesters.entries()) crowd.award(by, index < 40 ? CREDIT / 80 : LIMIT)
    crowd.bench.pass(10_000)
    expect(crowd.awarded).toBe(20 * LIMIT + 40 * (CREDIT / 80))
    expect(crowd.admitted).toBeLessThanOrEqual(1.1 * CREDIT)
    expect(crowd.admitted).toBeGreaterThan(0.9 * CREDIT)
  })

  it('REP-21: say nothing of what is small even if all of them entrust it with as much', () => {
    const crowd = new Crowd(10)
    // Ten requesters, and a tenth of what the worker may still pledge.
    const small = CREDIT / 100
    for (const by of crowd.requesters) crowd.award(by, small)
    crowd.bench.pass(timers.deltaMs)
    expect(crowd.requesters.flatMap(({ sent }) => sent.filter(isTold))).toEqual([])
    crowd.bench.pass(10_000)
    expect(crowd.admitted).toBe(10 * small)
  })

  it('REP-21: bind it within a moment to no more than 1.10 times its credit, whatever each stakes', () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
      const random = new Random(seed)
      const crowd = new Crowd(REQUESTERS)
      const most = seed % 3 === 0 ? LIMIT / 20 : LIMIT
      const stake = (): number => (random.below(4) === 0 ? 1 + random.below(LIMIT) : 1 + random.below(most))
      awardWithin(crowd, random.below(4) * timers.deltaMs, random, stake)
      const { admitted, awarded } = crowd
      expect(admitted / CREDIT, `seed ${seed}`).toBeLessThanOrEqual(1.1)
      expect(admitted / Math.min(awarded, CREDIT), `seed ${seed}`).toBeGreaterThan(0.8)
    }
  }, 120_000)
})

import type { AgentKey } from '@haggle/protocol'
import { describe, expect, it } from 'vitest'
import type { Hand } from './bench/hand.ts'
import { codeOf } from './bench/hand.ts'
import { ACK, idOf, jobAt, Scene, timers, VALUE } from './bench/scene.ts'

const CREDIT = 1_000_000
/** Longer than these stories take, so that no pledge ends in them. */
const LONG = 1_000_000

/** A market in which one worker takes whatever it is given, and everybody is asked to trust it with one credit. */
class Market extends Scene {
  readonly requesters: Hand[] = []

  /** Those whom no gossip reaches. */
  readonly hearsNothing = new Set<Hand>()

  constructor() {
    super(64)
    this.bench.loses = ({ to, isGossip }) => isGossip === true && this.hearsNothing.has(to)
  }

  /** A requester that meets the worker, and these others. */
  requesterThatMeets(others: readonly Hand[]): Hand {
    const hand = this.bench.hand()
    this.bench.meet(hand, this.worker)
    for (const other of others) this.bench.meet(hand, other)
    this.bench.pass(2_000)
    this.requesters.push(hand)
    return hand
  }

  /** Offers to the worker, which bids; whether it was given the task. */
  awards(by: Hand, stakeRequester = 0): boolean {
    const before = by.all('award').length
    const milestones = [
      { name: 'm0', durationMs: LONG, valuePermille: 1_000, acceptance: { kind: 'requester' } as const },
    ]
    const job = jobAt(this.bench, { milestones, endBy: this.bench.time + LONG, stakeRequester, attempts: 1 })
    const task = idOf(by.command({ kind: 'offer', job }))
    this.bench.deliver()
    this.bid(task)
    return by.all('award').length > before
  }

  /** So many requesters, each of which knows all that came before it, entrust the worker with a credit each. */
  engage(count: number): number {
    let engaged = 0
    for (let n = 0; n < count; n += 1) {
      const hand = this.requesterThatMeets(this.requesters)
      if (this.awards(hand)) engaged += 1
      this.bench.pass(ACK)
    }
    this.bench.pass(2_000)
    return engaged
  }

  exposure(at: Hand, of: AgentKey): number {
    return at.engine.scores().exposure(of)
  }
}

describe('a key that sixty requesters award to', () => {
  it('REP-19: has the twenty credits of a newcomer and no more, as soon as each hears of the others', () => {
    const market = new Market()
    expect(market.engage(24)).toBe(20)
    const late = market.requesterThatMeets(market.requesters)
    expect(market.exposure(late, market.worker.key)).toBe(20 * CREDIT)
  })

  it('REP-20: is not bound by a requester that hears of the others between its award and its opening', () => {
    const market = new Market()
    const others = Array.from({ length: 20 }, () => market.requesterThatMeets([]))
    const apart = market.requesterThatMeets(others)
    market.hearsNothing.add(apart)
    for (const other of others) {
      market.bench.part(apart, other)
      expect(market.awards(other)).toBe(true)
    }
    market.bench.pass(ACK)
    const friend = market.requesterThatMeets(others)
    expect(market.awards(apart)).toBe(true)
    expect(apart.all('opening')).toEqual([])
    market.bench.meet(apart, friend)
    market.bench.deliver()
    expect(market.exposure(apart, market.worker.key)).toBe(20 * CREDIT)
    market.bench.pass(ACK + timers.acceptMs + timers.leaseMs)
    expect(apart.all('opening')).toEqual([])
    expect(apart.contract(apart.newest('award').id).outcome).toMatchObject({ end: 'lapsed', party: null })
  })

  it('REP-19: is awarded to where nothing is at stake, whatever it stands for', () => {
    const market = new Market()
    market.engage(20)
    const next = market.requesterThatMeets(market.requesters)
    const job = jobAt(market.bench, { stakeWorker: 0, stakeRequester: 0 })
    const task = idOf(next.command({ kind: 'offer', job }))
    market.bench.deliver()
    expect(codeOf(market.bid(task))).toBe('ok')
    expect(next.all('award')).toHaveLength(1)
  })
})

describe('a worker', () => {
  it('REP-19: takes no work of a requester that stands for twenty credits elsewhere, unless nothing is at stake', () => {
    const market = new Market()
    const { requester } = market
    for (let n = 0; n < 20; n += 1) {
      expect(market.awards(requester, CREDIT)).toBe(true)
      market.bench.pass(ACK)
    }
    market.bench.pass(2_000)
    const other = market.another()
    market.bench.pass(2_000)
    expect(market.exposure(other, requester.key)).toBe(20 * CREDIT)
    const answersTo = (stakeRequester: number): readonly string[] => {
      const before = other.log.length
      const job = jobAt(market.bench, { stakeWorker: 0, stakeRequester, attempts: 1 })
      const task = idOf(requester.command({ kind: 'offer', job }))
      market.bench.deliver()
      market.bid(task, VALUE, other)
      market.bench.pass(ACK)
      return other.log.slice(before).flatMap((entry) => (entry.kind === 'record' ? [entry.record.type] : []))
    }
    expect(answersTo(CREDIT)).toContain('decline')
    expect(answersTo(0)).toContain('accept')
  })
})

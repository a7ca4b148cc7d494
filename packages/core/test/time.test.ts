import { bounds, type AgentKey } from '@haggle/protocol'
import { profiles } from '@haggle/core'
import { describe, expect, it } from 'vitest'
import { Bench, mallory, signAs, strangers } from './bench/bench.ts'
import { advertOf, bring, offerOf } from './bench/forge.ts'
import { codeOf, type Hand } from './bench/hand.ts'
import { ACK, DURATION, GRACE, Scene, SKILL, timers } from './bench/scene.ts'

const [, author = mallory] = strangers
const AHEAD = 2 * timers.epsilonMs

function market(): { bench: Bench; worker: Hand } {
  const bench = new Bench()
  const worker = bench.hand()
  worker.serve(SKILL)
  return { bench, worker }
}

describe('records dated ahead', () => {
  it('TIME-02: up to two clock errors ahead a record is taken, beyond that it waits and nobody is blamed', () => {
    const { bench, worker } = market()
    expect(codeOf(bring(worker, offerOf(bench, author, { at: bench.time + AHEAD })))).toBe('ok')
    const offer = offerOf(bench, author, { at: bench.time + AHEAD + 1 })
    expect(codeOf(bring(worker, offer))).toBe('record/held')
    expect(worker.reports).toEqual([])
    expect(worker.wakeTime()).toBe(offer.body.at)
    bench.pass(AHEAD + 1)
    expect(worker.requests.at(-1)).toMatchObject({ kind: 'quote', task: offer.id })
  })

  it('T-42 TIME-04: a record waits for one lease of the own profile at most', () => {
    const { bench, worker } = market()
    const { leaseMs } = profiles.lan
    expect(codeOf(bring(worker, offerOf(bench, author, { at: bench.time + leaseMs })))).toBe('record/held')
    expect(codeOf(bring(worker, offerOf(bench, author, { at: bench.time + leaseMs + 1 })))).toBe('record/not-for-us')
  })

  it(`TIME-04: at most ${bounds.heldRecords} records wait, each once`, () => {
    const { bench, worker } = market()
    const later = bench.time + 2_000
    const peers = strangers.slice(0, Math.ceil(bounds.heldRecords / bounds.heldRecordsPerPeer))
    const first = advertOf(bench, author, later, 1)
    for (let seq = 1; seq <= bounds.heldRecords; seq += 1) {
      const from = peers[seq % peers.length] ?? mallory
      expect(codeOf(worker.record(from, advertOf(bench, author, later, seq)))).toBe('record/held')
    }
    const another = strangers.at(-1) ?? mallory
    expect(codeOf(worker.record(another, advertOf(bench, author, later, 999)))).toBe('record/not-for-us')
    bring(worker, first)
    bench.pass(2_000)
    expect(worker.engine.adverts().map(({ body }) => body.seq)).toEqual([bounds.heldRecords])
  })

  it(`NET-43: of those ${bounds.heldRecordsPerPeer} come from one peer, so that the records of others find a place`, () => {
    const { bench, worker } = market()
    const later = bench.time + 2_000
    const brought = (from: AgentKey, seq: number): string =>
      codeOf(worker.record(from, advertOf(bench, author, later, seq)))
    for (let seq = 1; seq <= bounds.heldRecordsPerPeer; seq += 1) expect(brought(mallory, seq)).toBe('record/held')
    expect(brought(mallory, 998)).toBe('record/not-for-us')
    expect(brought(author, 999)).toBe('record/held')
  })

  it('TIME-04: what waited is handled like anything that comes at that time', () => {
    const scene = new Scene()
    const contract = scene.opened()
    const { requester, worker, bench } = scene
    const link = { at: bench.time + 1_500, contract, generation: 1, seq: 2, prev: worker.newest('accept').id }
    const failed = signAs(worker.key, 'failed', { ...link, milestone: 0, code: 'exit-1', note: '' })
    const forged = signAs(mallory, 'failed', { ...link, milestone: 0, code: 'exit-1', note: '' })
    expect(codeOf(bring(requester, failed))).toBe('record/held')
    expect(codeOf(bring(requester, forged))).toBe('record/held')
    expect(requester.contract(contract).state).toBe('working')
    bench.pass(1_500)
    expect(requester.contract(contract).state).toBe('awaiting-review')
    expect(requester.reports.map(({ peer, violation }) => [peer, violation.code])).toEqual([
      [mallory, 'role/not-party'],
    ])
  })
})

describe('deadlines', () => {
  it('TIME-05: a restarted agent knows every deadline of its contracts from its log', () => {
    const deadlines: (number | null)[] = []
    const check = (scene: Scene): void => {
      for (const hand of [scene.requester, scene.worker]) {
        const { wall } = hand.engine.nextWakeup()
        hand.restart()
        // Until the other side has answered its tip, or is passed over, it asks its application for nothing.
        scene.bench.meet(scene.requester, scene.worker)
        scene.bench.pass(2 * ACK)
        expect(hand.engine.nextWakeup().wall).toBe(wall)
        deadlines.push(wall)
      }
    }
    const accepted = new Scene()
    accepted.bench.loses = ({ record }) => record?.type === 'accept'
    accepted.accepted()
    check(accepted)
    const working = new Scene()
    working.opened()
    check(working)
    const review = new Scene()
    const contract = review.delivered()
    review.requester.restart()
    review.requester.payload(review.worker.newest('deliver').body.resultHash, true)
    expect(review.worker.contract(contract).due).toBe(review.requester.contract(contract).due)
    const rejected = new Scene()
    const again = rejected.delivered({ revisions: 1 })
    rejected.requester.command({ kind: 'reject', contract: again, milestone: 0, reason: 'opinion', note: '' })
    rejected.bench.deliver()
    check(rejected)
    expect(deadlines).not.toContain(null)
  })

  it('TIME-05: an alarm at every deadline leaves none behind, down to the last clock', () => {
    for (const end of ['accepted', 'opened', 'delivered'] as const) {
      const scene = new Scene()
      const contract = scene[end]()
      scene.bench.loses = () => true
      // The bench throws when an alarm leaves its own cause standing.
      scene.bench.pass(3_000_000)
      for (const hand of [scene.requester, scene.worker]) expect(hand.contract(contract).outcome).not.toBeNull()
    }
  })

  it('TIME-05: an accept at the last moment of its window waits for its opening and not for a lapse', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    bench.loses = ({ record }) => record?.type === 'accept'
    const contract = scene.accepted()
    bench.time += timers.acceptMs + 3 + GRACE
    expect(codeOf(bring(requester, worker.newest('accept')))).toBe('ok')
    bench.time += 1
    // REP-21: halfway it says what its worker has pledged.
    expect(requester.wakeTime()).toBe(bench.time - 1 + timers.deltaMs)
    bench.pass(timers.deltaMs)
    expect(requester.wakeTime()).toBe(bench.time - 1 + ACK - timers.deltaMs)
    bench.pass(ACK - timers.deltaMs)
    expect(requester.contract(contract).opened).toBe(true)
  })

  it('TIME-05: a requester that comes back when it is too late to review waits for the next clock, not for the past one', () => {
    const scene = new Scene()
    const { bench, requester } = scene
    const contract = scene.delivered()
    bench.time = (requester.contract(contract).due ?? 0) + GRACE + 1
    requester.restart()
    requester.alarm()
    expect(requester.wakeTime()).toBeGreaterThan(bench.time)
  })

  it('TIME-06: a clock that ran out is looked at before what comes in the same moment', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.opened()
    bench.loses = ({ from }) => from === worker
    bench.time = requester.newest('award').body.at + DURATION
    scene.deliver(contract)
    bench.time += GRACE + 1
    bring(requester, worker.newest('deliver'))
    const types = requester.log.flatMap((entry) => (entry.kind === 'record' ? [entry.record.type] : []))
    expect(types.indexOf('timeout')).toBeGreaterThan(0)
    expect(types.indexOf('deliver')).toBeGreaterThan(types.indexOf('timeout'))
    expect(requester.contract(contract).outcome?.end).toBe('undecided')
  })
})

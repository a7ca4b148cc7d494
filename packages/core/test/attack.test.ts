import { judge, orderTaskRecords } from '@haggle/core'
import { limits, payloadHashOf, type HaggleRecord, type RecordId } from '@haggle/protocol'
import { describe, expect, it } from 'vitest'
import { Bench, mallory, signAs, strangers } from './bench/bench.ts'
import { bring, offerOf, reopeningOf, termsAt } from './bench/forge.ts'
import { codeOf, type Hand } from './bench/hand.ts'
import { Scene, SKILL, timers } from './bench/scene.ts'

const [, author = mallory] = strangers
const DAY_MS = 86_400_000
const ports = { checkResult: () => ({ kind: 'unknown' as const }), payload: () => undefined }

function market(): { bench: Bench; worker: Hand } {
  const bench = new Bench()
  const worker = bench.hand()
  worker.peerUp(author)
  worker.peerUp(mallory)
  worker.serve(SKILL)
  return { bench, worker }
}

describe('a stranger speaks for the offer of somebody else before it is here', () => {
  for (const [what, more] of [
    ['a reopening that has run out', { bidUntil: 0 }],
    ['a reopening', {}],
  ] as const) {
    it(`T-07 MKT-21: ${what} by a stranger neither hides the offer nor makes its author look like the liar`, () => {
      const { bench, worker } = market()
      const offer = offerOf(bench, author)
      const forged = reopeningOf(bench, offer, { generation: 9, ...more })
      bring(worker, signAs(mallory, 'reopening', forged.body))
      expect(codeOf(bring(worker, offer))).toBe('ok')
      expect(worker.requests).toMatchObject([{ kind: 'quote', task: offer.id, generation: 1 }])
      expect(worker.reports.filter((report) => report.peer === author)).toEqual([])
    })
  }

  it('MKT-04: a living reopening by a stranger revives no offer that has run out', () => {
    const { bench, worker } = market()
    const offer = offerOf(bench, author, { bidUntil: bench.time - 10_000 })
    bring(worker, signAs(mallory, 'reopening', reopeningOf(bench, offer).body))
    expect(codeOf(bring(worker, offer))).toBe('offer/expired')
  })

  it('MKT-21: the reopening of the author is taken up although a stranger spoke first', () => {
    const { bench, worker } = market()
    const offer = offerOf(bench, author)
    const real = reopeningOf(bench, offer, { generation: 2 })
    bring(worker, signAs(mallory, 'reopening', { ...real.body, generation: 9 }))
    bring(worker, real)
    bring(worker, offer)
    expect(worker.requests).toMatchObject([{ kind: 'quote', task: offer.id, generation: 2 }])
  })
})

describe('terms that are valid and odd', () => {
  it('LEASE-01: a lease of nothing does not make a worker beat without end', () => {
    const scene = new Scene()
    const contract = scene.opened({ timers: { ...timers, leaseMs: 0, leaseMaxMs: 0 } })
    const frames = scene.worker.frames.length
    scene.bench.pass(1_000)
    expect(scene.worker.contract(contract).opened).toBe(true)
    expect(scene.worker.frames.length - frames).toBeLessThan(50)
  })

  it('T-08 MKT-24: an offer whose claim or award could hold a slot for more than a day is not quoted', () => {
    const year = 366 * DAY_MS
    const { bench, worker } = market()
    const odd = [
      termsAt(bench, { timers: { ...timers, acceptMs: year } }),
      termsAt(bench, { timers: { ...timers, epsilonMs: year } }),
      termsAt(bench, { timers: { ...timers, deltaMs: year } }),
      termsAt(bench, {
        timers: { ...timers, rateBytesPerSecond: 1 },
        input: { ...termsAt(bench).input, size: limits.blobBytes },
      }),
    ]
    for (const terms of odd) bring(worker, offerOf(bench, author, { terms, mode: 'claim' }))
    expect(worker.requests).toEqual([])
    bring(worker, offerOf(bench, author))
    expect(worker.requests).toHaveLength(1)
  })

  it('all timers at nothing come to an end, and none spins', () => {
    const span = 0
    for (const rate of [1, Number.MAX_SAFE_INTEGER]) {
      const scene = new Scene()
      const zero = {
        bidWindowMs: span,
        claimWindowMs: span,
        acceptMs: span,
        leaseMs: span,
        leaseMaxMs: span,
        reviewMinMs: span,
        epsilonMs: span,
        deltaMs: span,
        rateBytesPerSecond: rate,
      }
      scene.bid(scene.offer({ timers: zero }))
      scene.bench.pass(DAY_MS)
      for (const hand of scene.bench.hands) {
        expect(hand.engine.contracts().every((each) => each.outcome !== null)).toBe(true)
      }
    }
  })

  it('sixteen milestones, most of them worth nothing, settle', () => {
    const scene = new Scene()
    const milestones = Array.from({ length: 16 }, (_, n) => ({
      name: `m${n}`,
      durationMs: n === 3 ? 0 : 1_000,
      valuePermille: n === 15 ? 1_000 : 0,
      acceptance: { kind: 'requester' } as const,
    }))
    const contract = scene.opened({ milestones, revisions: 6, stakeWorker: 1, value: Number.MAX_SAFE_INTEGER })
    for (let n = 0; n < 16; n += 1) {
      scene.deliver(contract, n)
      scene.approve(contract, n)
    }
    scene.bench.pass(1_000)
    expect(scene.requester.contract(contract).outcome?.end).toBe('settled')
    expect(scene.worker.contract(contract).outcome?.end).toBe('settled')
  })
})

describe('what an operator and an application may do', () => {
  it('a handler whose note begins with a byte order mark can still say that it failed', () => {
    const scene = new Scene()
    const contract = scene.opened()
    const note = '\uFEFFno such file'
    const answer = scene.worker.command({ kind: 'fail', contract, milestone: 0, code: 'exit-1', note })
    expect(codeOf(answer)).toBe('ok')
    expect(scene.worker.newest('failed').body.note).toBe('no such file')
  })

  it('LEASE-08: a requester that restarts beside a reopened task calls it out again', () => {
    const scene = new Scene()
    const contract = scene.opened()
    scene.another()
    scene.worker.command({ kind: 'withdraw', contract, reason: 'busy' })
    scene.bench.deliver()
    scene.requester.sent.length = 0
    scene.requester.restart()
    expect(scene.requester.sent).toMatchObject([{ to: null, record: { type: 'reopening', body: { generation: 2 } } }])
  })
})

describe('words about other people’s tasks', () => {
  it('MKT-02: who passes on a stranger’s reopening or withdrawal is not blamed for it', () => {
    const { bench, worker } = market()
    const [, , relay = mallory] = strangers
    const offer = offerOf(bench, author)
    bring(worker, offer)
    worker.record(relay, signAs(mallory, 'reopening', reopeningOf(bench, offer).body))
    worker.record(relay, signAs(mallory, 'withdrawal', { at: bench.time, task: offer.id, reason: 'no' }))
    expect(worker.reports.map(({ peer, violation }) => [peer, violation.code])).toEqual([
      [mallory, 'role/not-owner'],
      [mallory, 'role/not-owner'],
    ])
  })

  it('CON-16: both files tell alike of a withdrawal whose heartbeat came after it', () => {
    const scene = new Scene()
    const late: HaggleRecord[] = []
    scene.bench.loses = ({ record }) => {
      if (record?.type !== 'heartbeat') return false
      late.push(record)
      return true
    }
    const contract = scene.opened()
    scene.worker.command({ kind: 'withdraw', contract, reason: 'busy' })
    scene.bench.deliver()
    for (const record of late) scene.requester.record(scene.worker.key, record)
    const verdicts = [scene.requester, scene.worker].map((hand) => {
      const records = hand.engine.records(hand.contract(contract).task)
      return judge(orderTaskRecords(records), ports).map(({ end, fault, party }) => ({ end, fault, party }))
    })
    expect(late).not.toEqual([])
    expect(verdicts[0]).toEqual(verdicts[1])
    expect(verdicts[0]).toEqual([{ end: 'withdrawn', fault: 'WITHDRAW', party: scene.worker.key }])
  })

  it('CON-41: records that wait for a missing one, more than fit, do not make two engines ask for ever', () => {
    const scene = new Scene()
    const contract = scene.opened()
    for (let n = 0; n < 40; n += 1) {
      const link = { at: scene.bench.time, contract, generation: 1 }
      // A receipt for what nobody holds waits for it.
      const entry = payloadHashOf(Uint8Array.of(n)) as string as RecordId
      scene.requester.record(scene.worker.key, signAs(scene.worker.key, 'receipt', { ...link, entry }))
    }
    scene.bench.deliver()
    expect(scene.requester.frames.length).toBeLessThan(60)
    scene.deliver(contract)
    scene.approve(contract)
    expect(scene.requester.contract(contract).outcome?.end).toBe('settled')
  })
})

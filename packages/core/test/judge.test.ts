import { describe, expect, test } from 'vitest'
import { test as prop } from '@fast-check/vitest'
import * as fc from 'fast-check'
import type { EndName, HaggleRecord } from '@haggle/protocol'
import { slashOf } from '../src/contract/slash.ts'
import { rankOf } from '../src/contract/ends.ts'
import { orderTaskRecords } from '../src/judge/task-file.ts'
import { judge } from '../src/judge/judge.ts'
import type { JudgePorts, Verdict } from '../src/judge/verdict.ts'
import {
  byHash,
  bySchema,
  Case,
  garbage,
  garbageHash,
  good,
  goodHash,
  requester,
  sign,
  T0,
  worker,
} from './contract-case.ts'
import { play, randomRun, shuffled } from './judge-random.ts'

/** A check for which `good` passes and everything else fails. */
const withPayloads: JudgePorts = {
  checkResult: (_acceptance, result) => ({ kind: result.length === good.length ? 'pass' : 'fail' }),
  payload: (hash) => (hash === goodHash ? good : hash === garbageHash ? garbage : undefined),
}
const withoutPayloads: JudgePorts = { ...withPayloads, payload: () => undefined }

function verdictOf(c: Case, ports: JudgePorts = withPayloads): Verdict {
  const [verdict] = judge(c.records, ports)
  if (verdict === undefined) throw new TypeError('no verdict')
  return verdict
}

const nobody = { party: null, fault: null, grade: null, slash: 0, openAt: null }

describe('ends without a fault', () => {
  test('an approval of the last milestone settles', () => {
    const c = new Case({ milestones: 2 }).bind()
    for (let m = 0; m < 2; m += 1) {
      c.put(c.deliver())
      c.put(c.approve())
    }
    expect(verdictOf(c)).toMatchObject({ end: 'settled', milestonesApproved: 2, price: 5_000_000, ...nobody })
  })

  test('a file that just stops is open at its last entry', () => {
    const c = new Case().bind()
    expect(verdictOf(c)).toMatchObject({ end: null, ...nobody, openAt: 1 })
    c.put(c.deliver())
    expect(verdictOf(c)).toMatchObject({ end: null, openAt: 2 })
  })

  test('declining, lapsing, cancelling and failing cost exactly nothing', () => {
    const ends: [EndName, (c: Case) => void][] = [
      ['declined', (c) => c.put(c.decline())],
      ['lapsed', (c) => c.reopening('lapsed', null)],
      ['lapsed', (c) => c.closing(requester, { end: 'lapsed', party: null, fault: null }, [c.award.id])],
      ['cancelled', (c) => c.bind().put(c.cancel(c.put(c.cancelRequest(requester)).id, worker))],
      ['failed', (c) => (c.bind().put(c.failed()), c.put(c.approve()))],
      ['split', (c) => (c.bind().put(c.failed()), c.put(c.reject()))],
    ]
    for (const [end, write] of ends) {
      const c = new Case({ acceptance: byHash })
      write(c)
      expect(verdictOf(c)).toMatchObject({ end, ...nobody, faults: [] })
    }
  })

  test('CON-30: without a panel a timeout convicts nobody', () => {
    for (const duty of ['delivery', 'review'] as const) {
      const c = new Case().bind()
      if (duty === 'review') c.put(c.deliver())
      c.put(c.timeout(duty === 'delivery' ? requester : worker, duty))
      expect(verdictOf(c)).toMatchObject({ end: 'undecided', ...nobody })
    }
  })

  test('CON-31: a task that went on by own judgement leaves its old contract undecided, and so does a closing that says so', () => {
    const reopened = new Case().bind()
    reopened.reopening('judgement', null)
    expect(verdictOf(reopened)).toMatchObject({ end: 'undecided', ...nobody })
    const closed = new Case().bind()
    closed.closing(worker, { end: 'undecided', party: null, fault: null }, [closed.tip.id])
    expect(verdictOf(closed)).toMatchObject({ end: 'undecided', ...nobody })
  })

  test('a closing proves nothing by itself', () => {
    const c = new Case().bind()
    c.closing(requester, { end: 'breached', party: worker, fault: 'NO_DELIVERY' }, [c.tip.id])
    expect(verdictOf(c)).toMatchObject({ end: null, ...nobody, openAt: 1 })
  })
})

describe('faults', () => {
  test('T-17 CON-33: BAD and CONCEDE cost the stake of their milestone', () => {
    const c = new Case({ acceptance: byHash, milestones: 2, stakeWorker: 999_999 }).bind()
    c.put(c.deliver(garbageHash))
    c.put(c.reject())
    expect(verdictOf(c)).toMatchObject({
      end: 'breached',
      party: worker,
      fault: 'BAD',
      grade: 'self-proving',
      slash: 499_999,
    })
    const conceded = new Case({ revisions: 1 }).bind()
    conceded.put(conceded.deliver())
    conceded.put(conceded.reject('opinion'))
    conceded.put(conceded.concede())
    expect(verdictOf(conceded)).toMatchObject({ end: 'breached', party: worker, fault: 'CONCEDE', slash: 1_000_000 })
  })

  test('CON-34: a withdrawal costs from a tenth to 850 permille of the stake, growing with the time that was used', () => {
    const slashAt = (at: number): number => {
      const c = new Case().bind()
      c.put(c.withdraw({ at }))
      return verdictOf(c).slash
    }
    const slashes = [T0 + 100, T0 + 1_000, T0 + 5_000, T0 + 9_999, T0 + 90_000].map(slashAt)
    expect(slashes).toEqual([107_000, 175_000, 475_000, 849_000, 850_000])
  })

  test('T-19 CON-35: the receipt says when a withdrawal came, and nobody back-dates below its own newest word', () => {
    const c = new Case().bind()
    c.put(c.cancelRequest(worker))
    const spoken = sign('cancel-req', worker, { ...c.note(T0 + 4_000), n: 1, reason: 'slow' })
    c.put(spoken)
    const withdrawal = c.put(c.withdraw({ at: T0 + 60 }))
    expect(verdictOf(c).slash).toBe(400_000)
    c.put(c.receipt(withdrawal, requester, T0 + 8_000))
    expect(verdictOf(c).slash).toBe(700_000)
  })

  test('CON-12: a worker that was never bound withdraws for nothing', () => {
    const c = new Case()
    c.put(c.accept())
    c.put(c.withdraw())
    expect(verdictOf(c)).toMatchObject({ end: 'withdrawn', ...nobody })
  })

  test('CON-15: under a schema the payload decides; without it nobody is at fault', () => {
    const c = new Case({ acceptance: bySchema }).bind()
    c.put(c.deliver(garbageHash))
    c.put(c.reject())
    expect(verdictOf(c)).toMatchObject({ end: 'breached', party: worker, fault: 'BAD', slash: 1_000_000 })
    expect(verdictOf(c, withoutPayloads)).toMatchObject({ end: 'undecided', ...nobody })
  })

  test('T-18 CON-15: a false rejection costs the requester its stake', () => {
    const c = new Case({ acceptance: bySchema }).bind()
    c.put(c.deliver(goodHash))
    c.put(c.reject())
    expect(verdictOf(c)).toMatchObject({ end: 'breached', party: requester, fault: 'FALSE_REJECT', slash: 800_000 })
  })

  test('CON-36: a false rejection counts also when the contract settles later', () => {
    const c = new Case({ acceptance: byHash, revisions: 1 }).bind()
    c.put(c.deliver(goodHash))
    c.put(c.reject())
    c.put(c.deliver(goodHash))
    c.put(c.approve())
    expect(verdictOf(c)).toMatchObject({ end: 'settled', party: requester, fault: 'FALSE_REJECT', slash: 800_000 })
  })

  test('T-16 CON-03: a fork costs its author the stake of the contract, and only the author is at fault under Void', () => {
    const c = new Case({ acceptance: byHash, revisions: 1 }).bind()
    const slot = c.tip
    c.put(c.deliver(garbageHash))
    c.put(c.deliver(goodHash, { prev: slot, revision: 0 }))
    const verdict = verdictOf(c)
    expect(verdict).toMatchObject({ end: 'void', party: worker, fault: 'FORK', slash: 1_000_000 })
    expect(verdict.faults).toHaveLength(1)
    expect(verdict.evidence).toHaveLength(2)
  })

  test('CON-38: a worker that forks and withdraws loses its stake once', () => {
    const c = new Case().bind()
    const slot = c.tip
    c.put(c.deliver())
    c.put(c.withdraw({ prev: slot, at: T0 + 5_000 }))
    const verdict = verdictOf(c)
    expect(verdict).toMatchObject({ end: 'withdrawn', party: worker })
    expect(verdict.faults.reduce((sum, each) => sum + each.slash, 0)).toBe(1_000_000)
  })

  test('two awards on one prev void both contracts', () => {
    const a = new Case()
    const b = new Case({}, { chainSeq: 2, chainPrev: a.award.id })
    const verdicts = judge([...a.records, b.award], withPayloads)
    expect(verdicts.map((each) => [each.end, each.party, each.fault])).toEqual([
      ['void', requester, 'FORK'],
      ['void', requester, 'FORK'],
    ])
  })

  test('T-21 CON-37: a closing that its own evidence contradicts costs its author the stake', () => {
    const c = new Case().bind()
    c.put(c.deliver())
    const approval = c.put(c.approve())
    c.closing(requester, { end: 'undecided', party: null, fault: null }, [approval.id])
    expect(verdictOf(c)).toMatchObject({ end: 'settled', party: requester, fault: 'SIGNED_BREACH', slash: 800_000 })
  })
})

describe('forged generations', () => {
  const forged = { party: requester, fault: 'FORGED_GENERATION', slash: 800_000, grade: 'self-proving' }

  test('T-20 CON-39: reopening as lapsed after an own opening is forged, and the worker is not at fault', () => {
    const c = new Case().bind()
    c.reopening('lapsed', null)
    expect(verdictOf(c)).toMatchObject({ end: 'breached', ...forged })
    const withdrawn = new Case().bind()
    withdrawn.put(withdrawn.withdraw())
    withdrawn.reopening('lapsed', null)
    expect(verdictOf(withdrawn)).toMatchObject({ end: 'withdrawn', ...forged })
    expect(verdictOf(withdrawn).faults).toHaveLength(1)
  })

  test('CON-39: a lapse of an award that was never opened is the requester’s right', () => {
    const c = new Case()
    c.put(c.accept())
    c.reopening('lapsed', null)
    expect(verdictOf(c)).toMatchObject({ end: 'lapsed', ...nobody })
  })

  test('CON-39: a fence says as much as a reopening does', () => {
    const c = new Case().bind()
    c.put(c.fenced('lapsed', null))
    expect(verdictOf(c)).toMatchObject(forged)
    const certified = new Case().bind()
    certified.put(certified.fenced('certificate', null))
    expect(verdictOf(certified)).toMatchObject(forged)
  })

  test('CON-39: a proof that is no end, and any reopening after a settlement, are forged', () => {
    const c = new Case({ milestones: 2 }).bind()
    c.put(c.deliver())
    const approval = c.put(c.approve())
    c.reopening('ended', approval.id)
    expect(verdictOf(c)).toMatchObject({ end: 'breached', ...forged })
    const settled = new Case().bind()
    settled.put(settled.deliver())
    settled.put(settled.approve())
    settled.reopening('judgement', null)
    expect(verdictOf(settled)).toMatchObject({ end: 'settled', ...forged })
  })

  test('LEASE-10: an honest ground is no fault', () => {
    const grounds: [string, (c: Case) => void][] = [
      ['declined', (c) => c.reopening('declined', c.put(c.decline()).id)],
      ['withdrawn', (c) => c.reopening('withdrawn', c.bind().put(c.withdraw()).id)],
      ['failed', (c) => (c.bind().put(c.failed()), c.reopening('ended', c.put(c.approve()).id))],
      ['undecided', (c) => c.bind().reopening('judgement', null)],
    ]
    for (const [end, write] of grounds) {
      const c = new Case()
      write(c)
      const verdict = verdictOf(c)
      expect(verdict.end).toBe(end)
      expect(verdict.faults.filter((each) => each.party === requester)).toEqual([])
    }
  })
})

describe('properties of the judge', () => {
  /** The rank of an end; a concession shows as a breach whose evidence is the worker's own word. */
  const height = (verdict: Verdict | undefined, records: readonly HaggleRecord[]): number => {
    if (verdict === undefined || verdict.end === null) return -1
    const conceded = records.some((each) => each.type === 'concede' && verdict.evidence.includes(each.id))
    return rankOf({ end: verdict.end, fault: verdict.end === 'breached' && conceded ? 'CONCEDE' : null })
  }

  prop.prop([randomRun, fc.array(fc.nat(1_000), { minLength: 8, maxLength: 40 })])(
    'the order of the records makes no difference',
    (run, keys) => {
      const { records } = play(run, false)
      expect(judge(shuffled(records, keys), withPayloads)).toEqual(judge(records, withPayloads))
    },
  )

  prop.prop([randomRun, fc.boolean()])('CON-14: ends only move up while records are added', (run, held) => {
    const ports = held ? withPayloads : withoutPayloads
    const { records } = play(run, false)
    let before = -1
    for (let count = 3; count <= records.length; count += 1) {
      const [verdict] = judge(records.slice(0, count), ports)
      const now = height(verdict, records)
      expect(now).toBeGreaterThanOrEqual(before)
      before = now
    }
  })

  prop.prop([randomRun])('T-06: cutting off the last records of an honest file makes no fault', (run) => {
    const records = orderTaskRecords(play(run, true).records)
    const named = (part: readonly HaggleRecord[]): string[] =>
      judge(part, withPayloads).flatMap((each) => each.faults.map((fault) => `${fault.party}/${fault.fault}`))
    const whole = new Set(named(records))
    for (let count = 1; count < records.length; count += 1) {
      for (const fault of named(records.slice(0, count))) expect(whole).toContain(fault)
    }
  })

  prop.prop([randomRun])('CON-38: nobody loses more than its stake, and the other side of a forgery nothing', (run) => {
    for (const verdict of judge(play(run, false).records, withPayloads)) {
      const lost = (party: string): number =>
        verdict.faults.filter((each) => each.party === party).reduce((sum, each) => sum + each.slash, 0)
      expect(lost(worker)).toBeLessThanOrEqual(verdict.stakes.worker)
      expect(lost(requester)).toBeLessThanOrEqual(verdict.stakes.requester)
      expect(verdict.faults.every((each) => Number.isSafeInteger(each.slash) && each.slash >= 0)).toBe(true)
      if (verdict.faults.some((each) => each.fault === 'FORGED_GENERATION')) expect(lost(worker)).toBe(0)
    }
  })

  prop.prop([randomRun])(
    'an honest run convicts only its own faults, and the live contract agrees with the judge',
    (run) => {
      const c = play(run, true)
      const { stage } = c.contract
      const [verdict] = judge(c.records, withPayloads)
      if (stage.kind !== 'ended' || stage.recheck !== null || verdict === undefined) return
      expect(verdict.end).toBe(stage.outcome.end)
      const main = verdict.faults.find((each) => each.fault === stage.outcome.fault)
      if (stage.outcome.party !== null) expect(main?.slash).toBe(slashOf(c.contract, stage.outcome))
    },
  )

  test('every kind of end is reached by the random runs', () => {
    const ends = new Set<EndName | null>()
    for (const run of fc.sample(randomRun, { numRuns: 600, seed: 7 })) {
      for (const verdict of judge(play(run, false).records, withPayloads)) {
        ends.add(verdict.end)
      }
    }
    const all: (EndName | null)[] = [
      'breached',
      'cancelled',
      'declined',
      'failed',
      'settled',
      'split',
      'undecided',
      'void',
      'withdrawn',
      null,
    ]
    expect(all.filter((end) => !ends.has(end))).toEqual([])
  })
})

import { describe, expect } from 'vitest'
import { test } from '@fast-check/vitest'
import * as fc from 'fast-check'
import type { EndName, FaultCode, HaggleRecord } from '@haggle/protocol'
import { rankOf } from '../src/contract/ends.ts'
import { judge } from '../src/judge/judge.ts'
import { checkTaskRecords, orderTaskRecords } from '../src/judge/task-file.ts'
import type { JudgePorts, Verdict } from '../src/judge/verdict.ts'
import { garbage, garbageHash, good, goodHash, requester, worker } from './contract-case.ts'
import { shuffled } from './judge-random.ts'
import { panelRun, playPanel } from './panel-random.ts'

const ports: JudgePorts = {
  checkResult: (_acceptance, result) => ({ kind: result.length === good.length ? 'pass' : 'fail' }),
  payload: (hash) => (hash === goodHash ? good : hash === garbageHash ? garbage : undefined),
}
const keys = fc.array(fc.nat(1_000), { minLength: 8, maxLength: 40 })
const verdictOf = (records: readonly HaggleRecord[]): Verdict => {
  const [verdict] = judge(records, ports)
  if (verdict === undefined) throw new TypeError('no verdict')
  return verdict
}
const conceded = rankOf({ end: 'breached', fault: 'CONCEDE' })
const withdrawn = rankOf({ end: 'withdrawn', fault: null })
const split = rankOf({ end: 'split', fault: null })
const isVote = (record: HaggleRecord): boolean => record.type === 'vote'
const guilty = (verdict: Verdict): Set<string> => new Set(verdict.faults.map((each) => each.party))

/** Records that take a certificate away: the word of the side that waited, and what the panel certifies as timely. */
function clears(record: HaggleRecord): boolean {
  if (record.type === 'vote') return record.body.verdict !== 'absent'
  return (
    record.type !== 'ask' && record.type !== 'challenge' && record.type !== 'timeout' && record.type !== 'reopening'
  )
}

describe('properties of the judge with a panel', () => {
  test.prop([panelRun, keys])(
    'VER-01: the order of the records makes no difference, nor does having them twice',
    (run, order) => {
      const { records } = playPanel(run, false)
      const once = judge(records, ports)
      expect(judge(shuffled([...records, ...records], order), ports)).toEqual(once)
    },
  )

  test.prop([panelRun, keys], { numRuns: 400 })('T-61 VER-12: votes that are dropped convict nobody', (run, order) => {
    const { records } = playPanel(run, false)
    const whole = verdictOf(records)
    // In a void contract, and beside a generation that the panel shows to be forged, nothing else counts; without those votes
    // everything else does.
    const isForged = whole.faults.some((each) => each.party === requester && each.milestone === null)
    fc.pre(whole.end !== 'void')
    fc.pre(!isForged || !records.some((record) => record.type === 'reopening'))
    let seen = 0
    const some = records.filter((record) => !isVote(record) || (order[seen++ % order.length] ?? 0) % 2 === 0)
    for (const part of [some, records.filter((record) => !isVote(record))]) {
      for (const party of guilty(verdictOf(part))) expect(guilty(whole)).toContain(party)
    }
  })

  test.prop([panelRun], { numRuns: 300 })(
    'VER-11: ends only move up, but where a receipt, an entry or TIMELY clears a certificate',
    (run) => {
      const { records } = playPanel(run, false)
      const height = (verdict: Verdict): number => {
        if (verdict.end === null) return -1
        const owned = records.some((each) => each.type === 'concede' && verdict.evidence.includes(each.id))
        const fault =
          verdict.end === 'breached' && owned ? 'CONCEDE' : verdict.grade === 'witnessed' ? verdict.fault : null
        return rankOf({ end: verdict.end, fault })
      }
      let before = -1
      for (let count = 3; count <= records.length; count += 1) {
        const verdict = verdictOf(records.slice(0, count))
        const now = height(verdict)
        const last = records[count - 1]
        // A certified silence of any but the last review makes of an undecided clock a contract that goes on.
        const goesOn = verdict.end === null && verdict.faults.some((each) => each.fault === 'SILENT_REVIEW')
        // VER-17: a withdrawal or an opinion that nobody heard of gives way to the certificate.
        const gaveWay =
          (before === withdrawn || before === split) && verdict.certificates.some((each) => each.verdict === 'absent')
        if (last !== undefined && !clears(last) && !goesOn && !gaveWay) expect(now).toBeGreaterThanOrEqual(before)
        // What stands by signature stands for good.
        if (before >= conceded && !gaveWay) expect(now).toBeGreaterThanOrEqual(before)
        before = now
      }
    },
  )

  test.prop([panelRun])('VER-06: nobody loses more than its stake', (run) => {
    const verdict = verdictOf(playPanel(run, false).records)
    for (const [party, stake] of [
      [worker, verdict.stakes.worker],
      [requester, verdict.stakes.requester],
    ] as const) {
      const faults = verdict.faults.filter((each) => each.party === party)
      expect(faults.reduce((sum, each) => sum + each.slash, 0)).toBeLessThanOrEqual(stake)
      expect(new Set(faults.map((each) => each.id)).size).toBe(faults.length)
    }
    expect(verdict.faults.every((each) => Number.isSafeInteger(each.slash) && each.slash >= 0)).toBe(true)
  })

  test.prop([panelRun, keys])(
    'FILE-01: whatever an agent holds of a contract with a panel makes a valid file that says the same',
    (run, order) => {
      const { records } = playPanel(run, false)
      const file = orderTaskRecords(records)
      expect(checkTaskRecords(file)).toEqual({ ok: true })
      expect(orderTaskRecords(shuffled(records, order)).map((each) => each.id)).toEqual(file.map((each) => each.id))
      expect(judge(file, ports)).toEqual(judge(records, ports))
    },
  )

  test('every end and every certified fault is reached by the random runs', () => {
    const ends = new Set<EndName | null>()
    const faults = new Set<FaultCode>()
    for (const run of fc.sample(panelRun, { numRuns: 1_500, seed: 11 })) {
      const verdict = verdictOf(playPanel(run, run.revisions === 0).records)
      ends.add(verdict.end)
      for (const { fault } of verdict.faults) faults.add(fault)
    }
    const all: (EndName | null)[] = [
      'breached',
      'cancelled',
      'failed',
      'settled',
      'split',
      'undecided',
      'void',
      'withdrawn',
      null,
    ]
    expect(all.filter((end) => !ends.has(end))).toEqual([])
    const certified: FaultCode[] = [
      'NO_DELIVERY',
      'LATE',
      'ABANDONED',
      'SILENT_REVIEW',
      'BAD',
      'FALSE_ASK',
      'FORGED_GENERATION',
    ]
    expect(certified.filter((fault) => !faults.has(fault))).toEqual([])
  })
})

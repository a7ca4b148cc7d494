import { describe, expect, test } from 'vitest'
import { protocolParams } from '@haggle/protocol'
import { admits, creditLimit, type Admission, type AdmissionPolicy } from '../../src/score/admission.ts'
import type { Facts } from '../../src/score/facts.ts'
import { CREDIT, credit, fault, id, pledge, scoresOf } from './facts-case.ts'
import { agent } from './graph-case.ts'

const policy: AdmissionPolicy = { skill: null, minQuality: 0, newcomerBudget: 20 * CREDIT, params: protocolParams }

function asked(facts: Partial<Facts>, stake: number, more: Partial<AdmissionPolicy> = {}): Admission {
  return admits(scoresOf(facts), agent(1), stake, { ...policy, ...more })
}

describe('admission on credit', () => {
  test('REP-14: takes on a quarter of a capacity, and all of a small one', () => {
    const limit = (capacity: number): number =>
      creditLimit(capacity * CREDIT, protocolParams.newcomerLimitMicro) / CREDIT
    expect([0, 1, 2, 4, 8, 12, 100].map(limit)).toEqual([0, 1, 2, 2, 2, 3, 25])
    const facts = { credits: [credit(0, 1, 40 * CREDIT)] }
    expect(asked(facts, 10 * CREDIT)).toEqual({ admitted: true, by: 'capacity' })
    expect(asked(facts, 10 * CREDIT + 1)).toEqual({ admitted: false, because: 'capacity', most: 10 * CREDIT })
  })

  test('T-71 REP-14: what is at risk elsewhere is no longer there', () => {
    const facts = { credits: [credit(0, 1, 40 * CREDIT)], pledges: [pledge(1, 20 * CREDIT)] }
    expect(asked(facts, 5 * CREDIT)).toEqual({ admitted: true, by: 'capacity' })
    expect(asked(facts, 6 * CREDIT)).toEqual({ admitted: false, because: 'capacity', most: 5 * CREDIT })
  })

  test('REP-14: refuses a tombstone whatever is at stake, and a quality below what is asked for', () => {
    const facts = { credits: [credit(0, 1, 40 * CREDIT)] }
    const tombstones = [{ party: agent(1), proof: [id(1)] }]
    expect(asked({ ...facts, tombstones }, 0)).toEqual({ admitted: false, because: 'tombstoned' })
    expect(asked(facts, CREDIT, { minQuality: 534 })).toEqual({
      admitted: false,
      because: 'quality',
      has: 533,
      needs: 534,
    })
    expect(asked(facts, CREDIT, { minQuality: 533 })).toEqual({ admitted: true, by: 'capacity' })
    expect(asked(facts, CREDIT, { minQuality: 301, skill: 'count' })).toMatchObject({ because: 'quality', has: 300 })
  })
})

describe('the newcomer lane', () => {
  test('REP-15: takes small stakes of strangers, and none where nothing is at risk', () => {
    expect(asked({}, 2 * CREDIT)).toEqual({ admitted: true, by: 'newcomer-lane' })
    expect(asked({}, 2 * CREDIT + 1)).toEqual({ admitted: false, because: 'capacity', most: 0 })
    expect(asked({}, 0, { newcomerBudget: 0 })).toEqual({ admitted: true, by: 'nothing-at-risk' })
  })

  test('T-72 REP-15: is closed once the budget of the viewer is used up, by however many', () => {
    let newcomerBudget = 20 * CREDIT
    let taken = 0
    for (let n = 1; n <= 1_000; n += 1) {
      const answer = admits(scoresOf({}), agent(n), 2 * CREDIT, { ...policy, newcomerBudget })
      if (!answer.admitted) continue
      newcomerBudget -= 2 * CREDIT
      taken += 1
    }
    expect(taken).toBe(10)
    expect(asked({}, CREDIT, { newcomerBudget: CREDIT - 1 })).toEqual({
      ...{ admitted: false, because: 'newcomer-budget', most: CREDIT - 1 },
    })
  })

  test('REP-15: is closed to those who failed thrice, and to those with too much at risk elsewhere', () => {
    const faults = [1, 2, 3].map((n) => fault(1, CREDIT, { id: id(n), contract: id(n) }))
    expect(asked({ faults: faults.slice(1) }, CREDIT)).toEqual({ admitted: true, by: 'newcomer-lane' })
    expect(asked({ faults }, CREDIT)).toEqual({ admitted: false, because: 'quality', has: 120, needs: 150 })
    const pledges = Array.from({ length: 10 }, (_, n) => pledge(1, 2 * CREDIT, { contract: id(n) }))
    expect(asked({ pledges: pledges.slice(1) }, 2 * CREDIT)).toEqual({ admitted: true, by: 'newcomer-lane' })
    expect(asked({ pledges }, CREDIT)).toEqual({ admitted: false, because: 'newcomer-exposure', most: 0 })
  })
})

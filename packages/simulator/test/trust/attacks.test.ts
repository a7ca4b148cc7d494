import { describe, expect, test } from 'vitest'
import { burn, drawBurnGraph } from '../../src/trust/burning.ts'
import { awardInCrowd } from '../../src/trust/crowd.ts'
import { Evidence } from '../../src/trust/evidence.ts'
import { slander } from '../../src/trust/slander.ts'

const SEEDS = Array.from({ length: 60 }, (_, index) => BigInt(index + 1))

test('a group that burns all it can takes no more than the honest cut, and at least three times that where identities are judged alone', () => {
  const topologies = new Set<string>()
  for (const seed of SEEDS) {
    const graph = drawBurnGraph(seed)
    const { cut, ours, naive } = burn(seed, graph)
    topologies.add(graph.topology)
    expect(ours, `seed ${seed}`).toBeLessThanOrEqual(cut)
    expect(naive, `seed ${seed}`).toBeGreaterThanOrEqual(3 * cut)
    // What can be burned is burned: the bound is not met by trusting nobody.
    expect(ours, `seed ${seed}`).toBe(cut)
  }
  expect(topologies.size).toBe(4)
})

describe('sixty requesters who award to one key at once', () => {
  const results = SEEDS.slice(0, 3).map((seed) => awardInCrowd(seed, 60))

  test('put several times its credit at risk before their openings have spread', () => {
    for (const { atOnce, credit } of results) expect(atOnce / credit).toBeGreaterThan(3)
  })

  test('stand for at most 1.10 times its credit once openings have spread, and so do as many who come later', () => {
    for (const { spread, later, credit } of results) {
      expect(spread / credit).toBeGreaterThan(0.5)
      expect(later / credit).toBeLessThanOrEqual(1.1)
    }
  })
})

describe('fifty slanderers and ten thousand unanswered offers', () => {
  test('leave every number of their victim as it was, to the bit', () => {
    const { complaints, unanswered, before, after } = slander(1n, 50, 10_000)
    expect([complaints, unanswered]).toEqual([2_000, 10_000])
    expect(after).toEqual(before)
    expect(before.quality).toBeGreaterThan(300)
    expect(before.capacity).toBeGreaterThan(0)
  })

  test('while one proven fault in the same place moves them', () => {
    const deal = { round: 1, requester: 0, worker: 7, skill: 0, stakeMicro: 1_000_000, success: false }
    const evidence = new Evidence()
    evidence.take({ kind: 'complaint', by: 40, about: 7, round: 1 })
    evidence.take({ kind: 'unanswered', requester: 0, worker: 7, round: 1 })
    expect(evidence.facts).toEqual({ credits: [], faults: [], pledges: [], tombstones: [] })
    evidence.take({ kind: 'ended', deal })
    expect(evidence.facts.faults).toMatchObject([{ slash: 1_000_000, stake: 1_000_000 }])
  })
})

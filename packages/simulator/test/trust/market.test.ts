import { describe, expect, test } from 'vitest'
import { playMarket, type MarketResult } from '../../src/trust/market/market.ts'
import { usualMarket, type MarketSetting } from '../../src/trust/market/setting.ts'
import { betaChoice } from '../../src/trust/policies/beta-choice.ts'
import { eigenTrustChoice } from '../../src/trust/policies/eigentrust-choice.ts'
import type { NamedPolicy } from '../../src/trust/policies/policy.ts'
import { randomChoice } from '../../src/trust/policies/random-choice.ts'

const SEEDS = [1n, 2n, 3n]

describe('with 70 % cheats', () => {
  const most: MarketSetting = { ...usualMarket, cheatPermille: 700 }

  test('who takes any bid fails in 84 +- 4 of 100 contracts, EigenTrust in 21 +- 4', () => {
    expectWithin(failedPercent(most, randomChoice), 80, 88)
    expectWithin(failedPercent(most, eigenTrustChoice), 17, 25)
  })

  test('who believes every report takes the cheats, for they praise each other', () => {
    expectWithin(failedPercent(most, betaChoice), 90, 100)
    expectWithin(failedPercent({ ...most, praises: 0 }, betaChoice), 5, 25)
  })
})

test('camouflage turns EigenTrust round: who works well now and then earns trust for the whole ring', () => {
  const mixed = { ...usualMarket, cheatPermille: 400 }
  const open = failedPercent(mixed, eigenTrustChoice)
  const camouflaged = failedPercent({ ...mixed, camouflagePermille: 200 }, eigenTrustChoice)
  expectWithin(open, 10, 20)
  expectWithin(camouflaged, 45, 70)
})

test('without cheats each way to choose fails as often as honest workers do', () => {
  for (const policy of [randomChoice, betaChoice, eigenTrustChoice])
    expectWithin(failedPercent({ ...usualMarket, cheatPermille: 0 }, policy), 3, 7)
})

describe('a market', () => {
  const short: MarketSetting = { ...usualMarket, rounds: 4, newcomers: 10, newcomersFrom: 2 }

  test('is the same to the last contract when it is played again, and another one from another seed', () => {
    expect(playMarket(7n, short, eigenTrustChoice)).toEqual(playMarket(7n, short, eigenTrustChoice))
    expect(playMarket(7n, short, eigenTrustChoice)).not.toEqual(playMarket(8n, short, eigenTrustChoice))
  })

  test('gives each honest agent one task a round, the newcomers too once they are there', () => {
    // Sixty for four rounds, and six more for the last two.
    expect(playMarket(1n, short, randomChoice)).toMatchObject({ tasks: 4 * 60 + 2 * 6, newcomers: 6 })
  })

  test('never gives a worker more than it has slots for, nor asks for a bid who cannot bid', () => {
    const tight: MarketSetting = { ...usualMarket, rounds: 3, slots: 1 }
    const inRound = new Map<string, number>()
    playMarket(1n, tight, {
      name: 'first',
      create: () => ({
        learn: () => {},
        choose: ({ round, requester }, bids) => {
          expect(bids.map(({ worker }) => worker)).not.toContain(requester)
          const worker = bids[0]?.worker ?? 0
          const place = `${round} ${worker}`
          inRound.set(place, (inRound.get(place) ?? 0) + 1)
          return worker
        },
      }),
    })
    expect(inRound.size).toBe(3 * 60)
    expect(Math.max(...inRound.values())).toBe(1)
  })

  test('counts a task that is left undone as no contract', () => {
    const refusing: NamedPolicy = { name: 'none', create: () => ({ learn: () => {}, choose: () => null }) }
    expect(playMarket(1n, { ...usualMarket, rounds: 2 }, refusing)).toMatchObject({
      tasks: 120,
      contracts: 0,
      failed: 0,
    })
  })

  test('brings cheats that failed back under keys that nobody has seen', () => {
    const met = new Set<number>()
    const watching: NamedPolicy = {
      name: 'watching',
      create: ({ random }) => ({
        learn: () => {},
        choose: (_task, bids) => {
          for (const { worker } of bids) met.add(worker)
          return random.pick(bids).worker
        },
      }),
    }
    playMarket(1n, { ...usualMarket, rounds: 6, whitewash: true }, watching)
    expect(Math.max(...met)).toBeGreaterThan(usualMarket.agents)
  })
})

function failedPercent(setting: MarketSetting, policy: NamedPolicy): number {
  const results: MarketResult[] = SEEDS.map((seed) => playMarket(seed, setting, policy))
  const sum = (of: (result: MarketResult) => number): number => results.reduce((total, each) => total + of(each), 0)
  return (100 * sum(({ failed }) => failed)) / sum(({ contracts }) => contracts)
}

function expectWithin(found: number, from: number, to: number): void {
  expect(found).toBeGreaterThanOrEqual(from)
  expect(found).toBeLessThanOrEqual(to)
}

import { describe, expect, test } from 'vitest'
import { playMarket } from '../../src/trust/market/market.ts'
import { usualMarket, type MarketSetting } from '../../src/trust/market/setting.ts'
import { capacityChoice, loudVoices } from '../../src/trust/policies/capacity-choice.ts'
import { eigenTrustChoice } from '../../src/trust/policies/eigentrust-choice.ts'
import type { NamedPolicy } from '../../src/trust/policies/policy.ts'

const SEED = 1n
/** Worlds of some seconds each, on a machine that has other things to do. */
const LIMIT_MS = 300_000

test(
  'with 70 % cheats at most 12 of 100 contracts fail, fewer than with EigenTrust in the same market',
  () => {
    const most: MarketSetting = { ...usualMarket, cheatPermille: 700 }
    const ours = failedPercent(most, capacityChoice)
    expect(ours).toBeLessThanOrEqual(12)
    expect(ours).toBeLessThan(failedPercent(most, eigenTrustChoice))
  },
  LIMIT_MS,
)

describe('with 40 % cheats', () => {
  const mixed: MarketSetting = { ...usualMarket, cheatPermille: 400 }

  test(
    'who does well in three contracts of five gains nothing by it: at most 8 of 100 fail',
    () => {
      expect(failedPercent({ ...mixed, camouflagePermille: 600 }, capacityChoice)).toBeLessThanOrEqual(8)
    },
    LIMIT_MS,
  )

  test(
    'a ring outshouts its faults where strangers have a loud voice, and not where all of them weigh as one success',
    () => {
      const short = { ...mixed, camouflagePermille: 200, rounds: 30, praises: 4 }
      expect(failedPercent(short, loudVoices)).toBeGreaterThan(40)
      expect(failedPercent(short, capacityChoice)).toBeLessThan(15)
    },
    LIMIT_MS,
  )

  test(
    'at least four of five honest newcomers are given work',
    () => {
      const { newcomers, newcomersServed } = playMarket(
        SEED,
        { ...mixed, newcomers: 20, rounds: 40, newcomersFrom: 10 },
        capacityChoice,
      )
      expect(newcomers).toBe(12)
      expect(newcomersServed / newcomers).toBeGreaterThanOrEqual(0.8)
    },
    LIMIT_MS,
  )
})

test('who knows nobody admits no large stake, and leaves the task undone', () => {
  const large: MarketSetting = { ...usualMarket, largePermille: 1_000, rounds: 2 }
  expect(playMarket(SEED, large, capacityChoice)).toMatchObject({ tasks: 120 })
  // Anchors themselves have capacity from the start.
  const { contracts } = playMarket(SEED, { ...large, anchors: 0 }, capacityChoice)
  expect(contracts).toBe(0)
})

function failedPercent(setting: MarketSetting, policy: NamedPolicy): number {
  const { failed, contracts } = playMarket(SEED, setting, policy)
  return (100 * failed) / contracts
}

import { expect, test } from 'vitest'
import { outcomeOfSeed } from '../../packages/simulator/src/run/outcome.ts'
import { scenarios } from '../../packages/simulator/src/scenarios/scenarios.ts'

/** Worlds of each scenario of few agents, from seed 1 on. */
const SEEDS = Number(process.env['SEEDS'] ?? 300)
const small = [...scenarios.values()].filter((scenario) => scenario.draw(1n, null).agents.length <= 12)

test.each(small.map((scenario) => [scenario.name, scenario] as const))(
  'worlds of %s break no promise',
  async (_name, scenario) => {
    for (let seed = 1n; seed <= BigInt(SEEDS); seed += 1n) {
      const { findings } = await outcomeOfSeed(seed, scenario, null)
      expect({ seed, findings }).toEqual({ seed, findings: [] })
    }
  },
)

import { expect, test } from 'vitest'
import { outcomeOfSeed } from '../src/run/outcome.ts'
import { scenarioOf } from '../src/scenarios/scenarios.ts'
import { neverMet } from '../src/sometimes/sometimes.ts'
import { occasions } from '../src/sometimes/occasions.ts'

test('a world says which occasions it met, and a batch which it never did', async () => {
  expect(Object.keys(occasions).length).toBeGreaterThanOrEqual(40)
  const { sometimes } = await outcomeOfSeed(1n, scenarioOf('crash'), null)
  expect(sometimes['crash']).toBeGreaterThan(0)
  expect(neverMet(sometimes)).not.toContain('crash')
  expect(neverMet({})).toEqual(Object.keys(occasions))
})

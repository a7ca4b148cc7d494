import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parsePlan } from '../src/plan/parse-plan.ts'
import { runPlan } from '../src/run/run-plan.ts'

/** Worlds in which the product once broke a promise, as small as they could be made. */
const folder = new URL('../../../test/regression/', import.meta.url)
const plans = readdirSync(folder).filter((name) => name.endsWith('.json'))

test.each(plans.map((name) => [name]))('what broke in %s holds', async (name) => {
  const { findings } = await runPlan(parsePlan(readFileSync(new URL(name, folder), 'utf8')))
  expect(findings).toEqual([])
})

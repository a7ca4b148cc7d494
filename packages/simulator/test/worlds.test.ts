import { expect, test } from 'vitest'
import { runBatch } from '../src/run/batch.ts'
import { outcomeOfPlan } from '../src/run/outcome.ts'
import { reportText, Tallyman } from '../src/run/report.ts'
import { runPlan } from '../src/run/run-plan.ts'
import { drawPace } from '../src/scenarios/pace.ts'
import { scenarioOf, scenarios } from '../src/scenarios/scenarios.ts'

/** The batch that every `npm test` runs: these seeds, and a few of each scenario. */
const SMOKE = 60
const OF_EACH = 6

async function batch(scenario: string, count: number): Promise<Tallyman> {
  const tallyman = new Tallyman()
  await runBatch({
    ...{ seeds: { first: 1n, count }, scenario, agents: null, jobs: 1, mutant: null },
    take: (outcome) => {
      tallyman.take(outcome)
      return true
    },
  })
  return tallyman
}

test(`in the first ${SMOKE} worlds of the swarm no promise is broken`, async () => {
  const tallyman = await batch('swarm', SMOKE)
  const report = tallyman.report('swarm', 1, false)
  expect(report.failed).toEqual([])
  expect(report.contracts).toBeGreaterThan(SMOKE)
  expect(report.settled).toBeGreaterThan(SMOKE)
  // At least a twentieth with real signatures, a fiftieth twice.
  expect(report.real * 20).toBeGreaterThanOrEqual(SMOKE)
  expect(report.twice * 50).toBeGreaterThanOrEqual(SMOKE)
  expect(reportText(report)).toContain(`${SMOKE} seeds, 0 failures: p < 5.0e-2 at 95 %`)
})

test.each([...scenarios.keys()].filter((name) => !['swarm', 'large', 'pace'].includes(name)))(
  'in some worlds of %s no promise is broken',
  async (name) => {
    expect((await batch(name, OF_EACH)).report(name, 1, false).failed).toEqual([])
  },
)

test('a world of fifty agents, few of whom know each other, comes to its end', async () => {
  const { findings, ledger } = await runPlan(scenarioOf('large').draw(1n, 50))
  expect(findings).toEqual([])
  expect(ledger.settled).toBeGreaterThan(0)
})

test('contracts of a minute at a steady pace all come to their end, with either kind of signature', async () => {
  for (const signer of ['fake', 'ed25519'] as const) {
    const { findings, ledger, tally } = await runPlan(drawPace(1n, 6, signer))
    expect(findings).toEqual([])
    expect(ledger.contracts).toBeGreaterThanOrEqual(24)
    expect(ledger.contractMs / ledger.contracts).toBeGreaterThan(30_000)
    expect(tally.verifications).toBeGreaterThan(8 * ledger.settled)
  }
})

test('one seed is one world: the same trace each time, and another for another seed', async () => {
  const swarm = scenarioOf('byzantine')
  const first = await runPlan(swarm.draw(11n, null))
  const again = await runPlan(swarm.draw(11n, null))
  const other = await runPlan(swarm.draw(12n, null))
  expect(again.traceHash).toBe(first.traceHash)
  expect(other.traceHash).not.toBe(first.traceHash)
})

test('a world that was run twice compares both', async () => {
  const outcome = await outcomeOfPlan(scenarioOf('swarm').draw(2n, null), true)
  expect(outcome).toMatchObject({ twice: true, findings: [] })
})

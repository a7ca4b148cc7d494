import { expect, test } from 'vitest'
import { SpaceTime } from '../src/flow/space-time-diagram.ts'
import type { Plan } from '../src/plan/plan.ts'
import { scenarioOf } from '../src/scenarios/scenarios.ts'
import { shrink } from '../src/shrink.ts'
import { World } from '../src/world/world.ts'

const large = (): Plan => scenarioOf('crash').draw(3n, 10)

test('leaves of a Plan what the failure needs and nothing else', async () => {
  const plan = large()
  const culprit = plan.faults.find(({ kind }) => kind === 'crash')
  const [deed] = plan.work
  let runs = 0
  const small = await shrink(plan, {
    fails: async ({ faults, work }) => {
      runs += 1
      return (
        faults.some(({ kind, atMs }) => kind === 'crash' && atMs === culprit?.atMs) &&
        work.some(({ atMs }) => atMs === deed?.atMs)
      )
    },
  })
  expect(small.faults).toHaveLength(1)
  expect(small.work).toHaveLength(1)
  expect(small.agents.length).toBeLessThanOrEqual(2)
  expect(runs).toBeGreaterThan(10)
})

test('whoever is left is still meant by the same name', async () => {
  const plan = large()
  const small = await shrink(plan, { fails: async ({ work }) => work.some(({ atMs }) => atMs === plan.work[2]?.atMs) })
  const [deed] = small.work
  expect(small.agents[deed?.agent ?? -1]?.skills).toEqual(plan.agents[plan.work[2]?.agent ?? -1]?.skills)
})

test('a Plan that does not fail when it is smaller stays as it is', async () => {
  const plan = large()
  expect(await shrink(plan, { fails: () => Promise.resolve(false) })).toEqual(plan)
})

test('where nobody can be left out it looks for a few who break the promise with other dice', async () => {
  const plan = large()
  const small = await shrink(plan, {
    fails: async ({ agents, seed }) =>
      seed === plan.seed ? agents.length === plan.agents.length : Number(seed) % 8 === 0,
  })
  expect(small.agents.length).toBeLessThanOrEqual(4)
  expect(small.agents.every(({ id }) => plan.agents.some((agent) => agent.id === id))).toBe(true)
})

test('gives what it has when it is interrupted', async () => {
  const interrupt = new AbortController()
  const plan = large()
  const small = await shrink(plan, {
    signal: interrupt.signal,
    fails: async (smaller) => {
      interrupt.abort()
      return smaller.faults.length < plan.faults.length
    },
  })
  expect(small.faults.length).toBeLessThan(plan.faults.length)
  expect(small.agents).toEqual(plan.agents)
})

test('takes no more runs than it may', async () => {
  let runs = 0
  await shrink(large(), { mostRuns: 7, fails: () => Promise.resolve((runs += 1) > 0) })
  expect(runs).toBe(7)
})

test('the drawing has a column for each agent and the last things that happened, and looking changes nothing', async () => {
  const plan = scenarioOf('swarm').draw(4n, 3)
  const diagram = new SpaceTime()
  const seen = await new World(plan, { invariants: [diagram], stopAtFinding: true }).run()
  const unseen = await new World(plan, { invariants: [], stopAtFinding: true }).run()
  expect(seen.traceHash).toBe(unseen.traceHash)
  const [head = '', ...lines] = diagram.draw().split('\n')
  expect(head).toMatch(/agent 0 +agent 1 +agent 2$/)
  expect(lines.length).toBeLessThanOrEqual(120)
  expect(lines.join('\n')).toContain('signs closing')
})

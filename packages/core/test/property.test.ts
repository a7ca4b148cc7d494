import { describe, expect, it } from 'vitest'
import { playOut, randomWorld } from './world/plan.ts'
import type { World } from './world/world.ts'

const RUNS = Number(process.env['HAGGLE_RUNS'] ?? 300)
const FIRST = Number(process.env['HAGGLE_SEED'] ?? 1)

describe(`an engine among others, seeds ${FIRST}..${FIRST + RUNS - 1} (one seed: HAGGLE_SEED=n HAGGLE_RUNS=1)`, () => {
  const stages = new Map<string, number>()
  const refusals = new Map<string, number>()
  let settled = 0

  it('keeps its promises under loss, doubles, reordering, faults and restarts at any point', () => {
    for (let seed = FIRST; seed < FIRST + RUNS; seed += 1) {
      const world = randomWorld(seed)
      playOut(world, seed)
      expect(brokenPromises(world), `seed ${seed}`).toEqual([])
      if (tasksSettled(world) > 0) settled += 1
      for (const [name, count] of world.stages) stages.set(name, (stages.get(name) ?? 0) + count)
      for (const [name, count] of world.refusals) refusals.set(name, (refusals.get(name) ?? 0) + count)
    }
  }, 120_000)

  it('settles in at least 30 % of the runs and reaches every state', () => {
    console.log(table('states', stages), table('refusals', refusals), `settled in ${settled} of ${RUNS} runs`)
    expect(settled / RUNS).toBeGreaterThanOrEqual(0.3)
    const wanted = [
      'awaiting-accept',
      'working',
      'awaiting-review',
      'rejected',
      'end:settled',
      'end:failed',
      'end:declined',
      'end:lapsed',
      'end:cancelled',
      'end:withdrawn',
      'end:breached',
      'end:split',
      'end:undecided',
    ]
    expect(wanted.filter((name) => !stages.has(name))).toEqual([])
  })
})

/** What must hold at the end of every world, in words. */
function brokenPromises(world: World): string[] {
  return [
    ...world.unloggedSends.map((what) => `sent before it was logged: ${what}`),
    ...doubleAwards(world),
    ...doubleSettlements(world),
    ...endless(world),
    ...world.reports.map(
      ({ by, violation }) => `${by} reports a violation among honest engines: ${violation.code} ${violation.note}`,
    ),
  ]
}

function doubleAwards(world: World): string[] {
  const awards = new Map<string, string>()
  const broken: string[] = []
  for (const { record } of world.sent) {
    if (record.type !== 'award') continue
    const slot = `${record.body.task}/${record.body.generation}`
    const known = awards.get(slot)
    if (known !== undefined && known !== record.id) broken.push(`two awards for ${slot}`)
    awards.set(slot, record.id)
  }
  return broken
}

function doubleSettlements(world: World): string[] {
  const settledBy = new Map<string, Set<string>>()
  for (const agent of world.agents) {
    for (const view of agent.engine.contracts()) {
      if (view.outcome?.end !== 'settled') continue
      const set = settledBy.get(view.task) ?? new Set()
      set.add(view.contract)
      settledBy.set(view.task, set)
    }
  }
  return [...settledBy].filter(([, contracts]) => contracts.size > 1).map(([task]) => `task ${task} settled twice`)
}

function endless(world: World): string[] {
  const broken: string[] = []
  for (const agent of world.agents) {
    for (const view of agent.engine.contracts()) {
      if (view.outcome === null) broken.push(`contract ${view.contract} of ${agent.key} still stands at ${view.state}`)
    }
    for (const task of agent.engine.tasks()) {
      if (task.role === 'requester' && (task.state === 'open' || task.state === 'assigned'))
        broken.push(`task ${task.task} is still ${task.state}`)
    }
  }
  return broken
}

function tasksSettled(world: World): number {
  return world.agents
    .flatMap((agent) => agent.engine.tasks())
    .filter((task) => task.role === 'requester' && task.state === 'done').length
}

function table(title: string, counts: ReadonlyMap<string, number>): string {
  const rows = [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `  ${name.padEnd(20)} ${count}`)
  return [title, ...rows].join('\n')
}

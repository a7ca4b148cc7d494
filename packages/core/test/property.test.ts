import { describe, expect, it } from 'vitest'
import { forgeries } from './world/forgeries.ts'
import { playOut, randomWorld } from './world/plan.ts'
import { brokenPromises, tasksSettled } from './world/promises.ts'

const RUNS = Number(process.env['HAGGLE_RUNS'] ?? 600)
const FIRST = Number(process.env['HAGGLE_SEED'] ?? 1)

/** Every state of a live contract, and every end. */
const everyState = [
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
  'end:void',
  'end:undecided',
]
const everyTrial = [...Object.keys(forgeries), 'second award', 'handled twice', 'replayed']

describe(`an engine among others, seeds ${FIRST}..${FIRST + RUNS - 1} (one seed: HAGGLE_SEED=n HAGGLE_RUNS=1)`, () => {
  const states = new Map<string, number>()
  const refusals = new Map<string, number>()
  const trials = new Map<string, number>()
  const broken: string[] = []
  let settled = 0

  it('keeps its promises under loss, doubles, reordering, forgery, forks and restarts at any point', () => {
    for (let seed = FIRST; seed < FIRST + RUNS; seed += 1) {
      const world = randomWorld(seed)
      playOut(world, seed)
      broken.push(...brokenPromises(world).map((what) => `seed ${seed}: ${what}`))
      if (tasksSettled(world) > 0) settled += 1
      add(states, world.stages)
      add(refusals, world.refusals)
      add(trials, world.tried)
      if (broken.length > 20) break
    }
    expect(broken).toEqual([])
  }, 120_000)

  it.runIf(RUNS >= 100)(
    'settles in at least 30 % of the runs, reaches every state, and has every trick played on it',
    () => {
      console.log(
        [table('states', states), table('refusals', refusals), table('tried', trials)].join('\n'),
        `\nsettled in ${settled} of ${RUNS} runs`,
      )
      expect(settled / RUNS).toBeGreaterThanOrEqual(0.3)
      expect(everyState.filter((name) => !states.has(name))).toEqual([])
      expect(everyTrial.filter((name) => !trials.has(name))).toEqual([])
    },
  )
})

function add(sum: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of counts) sum.set(name, (sum.get(name) ?? 0) + count)
}

function table(title: string, counts: ReadonlyMap<string, number>): string {
  const rows = [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `  ${name.padEnd(32)} ${count}`)
  return [title, ...rows].join('\n')
}

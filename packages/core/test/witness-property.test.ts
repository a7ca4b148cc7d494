import { expect, test } from 'vitest'
import { playOut, worldWithWitnesses } from './world/plan.ts'
import { brokenPromises } from './world/promises.ts'
import { count } from './world/world.ts'

const RUNS = Number(process.env['HAGGLE_RUNS'] ?? 40)
const FIRST = Number(process.env['HAGGLE_SEED'] ?? 1)

test(`WIT-06 engines that witness for each other keep their promises, seeds ${FIRST}..${FIRST + RUNS - 1}`, () => {
  const votes = new Map<string, number>()
  const broken: string[] = []
  for (let seed = FIRST; seed < FIRST + RUNS && broken.length < 20; seed += 1) {
    const world = worldWithWitnesses(seed)
    playOut(world, seed)
    broken.push(...brokenPromises(world).map((what) => `seed ${seed}: ${what}`))
    for (const { record } of world.sent)
      if (record.type === 'vote') count(votes, `${record.body.verdict} ${record.body.slot.duty}`)
  }
  expect(broken).toEqual([])
  if (RUNS >= 40) {
    console.log(
      [...votes]
        .map(([what, times]) => `${what} ${times}`)
        .toSorted()
        .join('\n'),
    )
    expect([...votes.keys()]).toEqual(expect.arrayContaining(['timely delivery', 'absent delivery', 'absent review']))
  }
}, 120_000)

import { linesOf, type Running } from '../../process/support/running.ts'
import type { Verified } from '../../process/support/shown.ts'
import type { Stage } from '../../process/support/stage.ts'
import { check } from './repeated.ts'

/** That the file of the requester's task has one settlement, that nothing else in it claims one, and that it was told once. */
export async function checkOneSettlement(stage: Stage, key: string): Promise<Verified> {
  const verified = await stage.verify('me', key)
  const ends = verified.contracts.map(({ end }) => end)
  check(ends.filter((end) => end === 'settled').length === 1, `the task's contracts ended ${ends.join(', ')}`)
  check(ends.at(-1) === 'settled', `a generation after the settled one: ${ends.join(', ')}`)
  const told = await stage.run(['events', '--json'])
  const settled = linesOf(told.stdout).filter((line) => line.includes('"event":"settled"'))
  check(settled.length === 1, `the requester told ${settled.length} settlements`)
  return verified
}

export function checkTold(running: Running, event: string, times: number, who: string): void {
  const told = running.events(event).length
  check(told === times, `the ${who} told "${event}" ${told} times instead of ${times}`)
}

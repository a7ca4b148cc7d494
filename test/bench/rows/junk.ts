import type { JunkCalls } from '../children/junk.ts'
import { closePair, openPair, SKILL, type Bench } from '../support/bench.ts'
import { row, type Line } from '../support/row.ts'
import { median } from '../support/stats.ts'
import { load } from './throughput.ts'

const PER_SECOND = 5_000
const IN_FLIGHT = 100

/** Contracts per second while a peer of both gossips junk, beside the same without. */
export async function junk(bench: Bench): Promise<readonly Line[]> {
  const pair = await openPair(bench)
  const hostile = await bench.child<JunkCalls>('junk', 'the hostile peer')
  await hostile.call('join', { address: pair.address, skill: SKILL })
  const count = bench.size(500, 100)
  await load(pair, count, IN_FLIGHT)
  const clean: number[] = []
  const dirty: number[] = []
  let sent = 0
  for (let round = 0; round < bench.init.rounds; round += 1) {
    clean.push((await load(pair, count, IN_FLIGHT)).perSecond)
    await hostile.call('start', { perSecond: PER_SECOND })
    dirty.push((await load(pair, count, IN_FLIGHT)).perSecond)
    sent += (await hostile.call('stop', null)).sent
  }
  await closePair(pair)
  await hostile.kill()
  return [
    row({
      ...{
        group: 'junk',
        name: `contracts/s under ${PER_SECOND} junk records/s / idle`,
        unit: '/s',
        floor: median(clean),
      },
      ...{ observed: median(dirty), rounds: dirty, target: { of: 'ratio', atLeast: 0.7 } },
      note: `${sent} junk messages reached a peer in ${bench.init.rounds} rounds`,
    }),
  ]
}

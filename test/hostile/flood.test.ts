import { expect } from 'vitest'
import type { Running } from '../process/support/running.ts'
import { scenario } from '../process/support/scenario.ts'
import { addressOf, hostile } from './support/hostile.ts'
import { MemoryWatch } from './support/memory.ts'

const IDLE = 20

/** The worst of a hundred: of fewer, the worst. */
function p99(spans: readonly number[]): number {
  return spans.toSorted((a, b) => a - b)[Math.ceil(spans.length * 0.99) - 1] ?? 0
}

function spansOf(honest: Running, from: number): readonly number[] {
  return honest
    .events('hired')
    .slice(from)
    .map(({ ms }) => ms as number)
}

scenario.for([
  ['one key', '1'],
  ['a hundred keys on one address', '100'],
] as const)(
  'MKT-03 NET-28: 5,000 valid offers in a second from %s keep honest hires waiting at most three times as long',
  async ([who, keys], { stage }) => {
    const worker = await stage.work('echo', ['--slots', '4'], 'cat')
    const honest = hostile(stage, 'honest', 'echo')
    // What is loaded and compiled for the first contracts is no part of what is compared.
    await honest.many('hired', 5)
    await honest.many('hired', 5 + IDLE)
    const idle = spansOf(honest, 5).slice(0, IDLE)
    const memory = await MemoryWatch.begin(worker.pid)

    const flood = hostile(stage, 'flood', await addressOf(worker), 'echo', keys, '5000', '4')
    await flood.event('begin', {}, 120_000)
    const before = honest.events('hired').length
    const { sent } = await flood.event('done', {}, 120_000)
    // At least one whole hire lies in the flood, and what the flood left on the board is still there for the next.
    await honest.many('hired', Math.max(before + 2, honest.events('hired').length + 1))
    const flooded = spansOf(honest, before)
    process.stdout.write(
      `    ${who}: ${String(sent)} offers; hire p99 idle ${p99(idle)} ms, flooded ${p99(flooded)} ms of ${flooded.length}\n`,
    )
    expect(p99(flooded)).toBeLessThanOrEqual(3 * p99(idle))
    await memory.expectSmall(`5,000 offers in a second from ${who}`)
    expect(worker.events('stopping')).toEqual([])
  },
)

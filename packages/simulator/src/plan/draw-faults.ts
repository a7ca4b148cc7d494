import type { Random } from '../random.ts'
import { partitionShapes, tails, type Fault } from './plan.ts'

/** Dimensions of what can go wrong, and whether anybody sees it; each is on or off in a world. */
export const dimensions = [
  'crash',
  'stop',
  'disk',
  'rollback',
  'clone',
  'clock',
  'partition',
  'hold',
  'reset',
  'replay',
  'loss',
  'drift',
  'late',
  'temper',
  'byzantine',
  'witness',
] as const
export type Dimension = (typeof dimensions)[number]

export interface FaultFrame {
  readonly agents: number
  /** Faults begin before this. */
  readonly untilMs: number
  readonly epsilonMs: number
}

/** What goes wrong in the safety phase of a world, in order of time. */
export function drawFaults(on: ReadonlySet<Dimension>, frame: FaultFrame, random: Random): readonly Fault[] {
  const faults: Fault[] = []
  const times = (most: number): number => random.between(1, most)
  const atMs = (): number => random.between(50, frame.untilMs)
  const agent = (): number => random.below(frame.agents)
  const downMs = (): number => random.pick([5, 100, 700, 2_500, 6_000])
  const add = (dimension: Dimension, most: number, draw: () => Fault): void => {
    if (!on.has(dimension)) return
    for (let left = times(most); left > 0; left -= 1) faults.push(draw())
  }
  add('crash', 5, () => ({
    ...{ kind: 'crash', atMs: atMs(), agent: agent(), afterOps: random.pick([1, 1, 2, 3, 5, 9, 17]) },
    ...{ downMs: downMs(), tail: random.pick(tails), quiet: random.permille(300) },
  }))
  add('stop', 3, () => ({ kind: 'stop', atMs: atMs(), agent: agent(), downMs: downMs() }))
  add('disk', 2, () =>
    random.permille(500)
      ? { kind: 'sync-fails', atMs: atMs(), agent: agent(), downMs: downMs(), tail: random.pick(tails) }
      : { kind: 'disk-full', atMs: atMs(), agent: agent(), forMs: downMs() },
  )
  add('rollback', 1, () => ({
    ...{ kind: 'rollback', atMs: atMs(), agent: agent(), agoMs: random.pick([200, 1_000, 4_000]), downMs: downMs() },
  }))
  add('clone', 1, () => ({ kind: 'clone', atMs: atMs(), agent: agent(), forMs: random.pick([300, 2_000]) }))
  add('clock', 3, () => {
    const sign = random.pick([-1, 1])
    const byMs = sign * random.pick([1, 2, 10, 20, 100]) * frame.epsilonMs
    if (random.permille(300))
      return { kind: 'clock-drift', atMs: atMs(), agent: agent(), ppm: sign * random.pick([50, 1_000, 20_000]) }
    const step = { kind: 'clock-step', atMs: atMs(), agent: agent(), byMs } as const
    // Who set it wrong may notice soon, and is told again what is on the shelves.
    const backMs = Math.min(step.atMs + random.pick([60, 300, 1_500]), frame.untilMs)
    if (random.permille(500)) {
      faults.push({ ...step, atMs: backMs, byMs: -byMs })
      for (let links = 0; links < 3; links += 1)
        faults.push({ kind: 'reset', atMs: backMs, from: step.agent, to: agent() })
    }
    return step
  })
  add('partition', 3, () => partitionFault(frame, random, atMs()))
  add('hold', 4, () => ({
    ...{ kind: 'hold', atMs: atMs(), forMs: random.pick([50, 200, 700]), from: agent(), to: agent() },
  }))
  add('reset', 5, () => ({ kind: 'reset', atMs: atMs(), from: agent(), to: agent() }))
  add('replay', 3, () => ({ kind: 'replay', atMs: atMs(), agent: agent(), count: random.between(1, 12) }))
  return faults.toSorted((a, b) => a.atMs - b.atMs)
}

function partitionFault({ agents }: FaultFrame, random: Random, atMs: number): Fault {
  const all = random.shuffled(Array.from({ length: agents }, (_, index) => index))
  const shape = random.pick(partitionShapes)
  const some = all.slice(0, shape === 'isolate' ? 1 : Math.max(1, Math.floor(agents / 2)))
  const forMs = random.pick([100, 600, 2_000, 6_000])
  return { kind: 'partition', atMs, forMs, shape, agents: some }
}

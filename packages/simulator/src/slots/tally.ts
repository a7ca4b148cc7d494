import { stream } from '../random.ts'
import type { Seed } from '../seed.ts'
import { drawTrial } from './plan.ts'
import { mostCorrupt, type Setting } from './setting.ts'
import { runTrial } from './trial.ts'
import { slotViolations, weigh, type SlotViolation, type Weighed } from './weigh.ts'

/** What many trials of one setting came to. */
export interface SlotTally {
  readonly n: number
  readonly corrupt: number
  readonly variant: Setting['variant']
  readonly trials: number
  readonly violations: Readonly<Record<SlotViolation, number>>
  /** The first trial of each kind of violation, to run it again. */
  readonly examples: Readonly<Record<string, number>>
  readonly outcomes: Readonly<Record<Weighed['outcome'], number>>
  /** Of the trials in which a certificate was wanted: how many there were, and how many stayed undecided. */
  readonly wanted: Count
  /** Of those, each in one part: more members corrupt or away than the panel provides for; */
  readonly overwhelmed: Count
  /** something came at the border of its time; */
  readonly hugged: Count
  /** the worker let a challenge pass and pushed after all; */
  readonly barred: Count
  /** messages were lost; */
  readonly lossy: Count
  /** nothing of all that. */
  readonly plain: Count
}

interface Count {
  readonly all: number
  readonly undecided: number
}

const parts = ['wanted', 'overwhelmed', 'hugged', 'barred', 'lossy', 'plain'] as const

/** Runs trials `first` to `first + trials - 1` of a setting; each is a function of the seed, the setting and its number. */
export function tallySlots(seed: Seed, setting: Setting, trials: number, first = 0): SlotTally {
  const corrupt = mostCorrupt(setting.n)
  // Every kind is entered in the same breath.
  const counts = Object.fromEntries(slotViolations.map((name) => [name, 0])) as Record<SlotViolation, number>
  const outcomes = { timely: 0, late: 0, absent: 0, undecided: 0 }
  // Every part is entered in the same breath.
  const counted = Object.fromEntries(parts.map((part) => [part, { all: 0, undecided: 0 }])) as Counted
  const examples: Record<string, number> = {}
  for (let trial = first; trial < first + trials; trial += 1) {
    const random = stream(seed, 'slots', setting.n, trial)
    const plan = drawTrial(random, setting.n, random.between(0, corrupt))
    const weighed = weigh(runTrial(setting, plan, random))
    outcomes[weighed.outcome] += 1
    for (const name of weighed.violations) {
      counts[name] += 1
      examples[name] ??= trial
    }
    if (!weighed.wanted) continue
    for (const part of ['wanted', partOf(weighed)] as const) {
      counted[part].all += 1
      if (weighed.outcome === 'undecided') counted[part].undecided += 1
    }
  }
  return { n: setting.n, corrupt, variant: setting.variant, trials, violations: counts, examples, outcomes, ...counted }
}

type Counted = Record<(typeof parts)[number], { all: number; undecided: number }>

function partOf({ overwhelmed, hugged, barred, lossy }: Weighed): (typeof parts)[number] {
  if (overwhelmed) return 'overwhelmed'
  if (hugged) return 'hugged'
  if (barred) return 'barred'
  return lossy ? 'lossy' : 'plain'
}

import { Chance } from '../../process/support/chance.ts'
import { Stage } from '../../process/support/stage.ts'
import { largestIsWorst } from './figure.ts'
import type { Context, Outcome } from './line.ts'

/** What one run is played with: a stage of its own, and its own part of the seed. */
export interface Round {
  readonly stage: Stage
  readonly chance: Chance
  readonly number: number
}

export interface Series {
  readonly usualRuns: number
  /** What is measured, in milliseconds. */
  readonly what: string
  /** No run may take longer. */
  readonly limitMs?: number
  /** One run: how long what is measured took; throws when something else did not hold. */
  once(round: Round): Promise<number>
}

/** Plays the same thing so many times, one after the other; every run has to hold. */
export async function repeated({ runs, progress }: Context, series: Series): Promise<Outcome> {
  const chance = Chance.open()
  const spans: number[] = []
  const failures: string[] = []
  const times = runs(series.usualRuns)
  for (let number = 1; number <= times; number += 1) {
    const stage = await Stage.open()
    try {
      const spanMs = await series.once({ stage, chance: chance.of(number), number })
      spans.push(spanMs)
      const late = series.limitMs !== undefined && spanMs > series.limitMs
      if (late) failures.push(`run ${number} took ${Math.round(spanMs)} ms`)
      progress(`${number} of ${times}: ${Math.round(spanMs)} ms${late ? ', too long' : ''}`)
    } catch (error) {
      failures.push(`run ${number}: ${error instanceof Error ? error.message : String(error)}`)
      progress(`${number} of ${times} failed`)
    } finally {
      await stage.close()
    }
  }
  const held = times - failures.length
  return {
    passed: failures.length === 0,
    figures: spans.length === 0 ? [] : [largestIsWorst(series.what, 'ms', spans)],
    notes: [`${held} of ${times} runs held; HAGGLE_SEED=${chance.seed} repeats their random points.`, ...failures],
  }
}

/** Fails a run: what has to hold in each of them is said in a sentence. */
export function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}

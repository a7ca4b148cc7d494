import { protocolParams } from '@haggle/protocol'
import { mulDiv } from '../contract/integer.ts'

/** One ended contract with a peer, as our own book keeps it. */
export interface BookedOutcome {
  readonly skill: string
  /** Hour of the end, counted from the Unix epoch. */
  readonly epoch: number
  readonly success: boolean
  /** 1000 · slash / stake of a fault, 0 without one. */
  readonly faultPermille: number
}

/** What one success of our own experience weighs. */
const SUCCESS_WEIGHT = 1_000

/**
 * SCORE-01: dec(x, age, H) = (x >> (age div H)) · (2H - age mod H) div 2H, a halving every H epochs with straight lines
 * between. Integers, rounded down twice; never negative, never growing with age.
 */
export function decayed(amount: number, age: number, halfLife: number): number {
  const halvings = Math.floor(age / halfLife)
  if (halvings >= 53) return 0
  const halved = Math.floor(amount / 2 ** halvings)
  return mulDiv(halved, 2 * halfLife - (age % halfLife), 2 * halfLife)
}

/**
 * SCORE-02: quality in permille = (r + 600) · 1000 div (r + f + 2000), r and f decayed sums of successes and faults. The
 * prior makes a stranger a 300: worth a small try, never better than somebody who has delivered.
 */
export function quality(outcomes: readonly BookedOutcome[], epoch: number): number {
  const { creditHalfLifeEpochs, faultHalfLifeEpochs, qualityPriorSuccess, qualityPriorWeight } = protocolParams
  let successes = 0
  let faults = 0
  for (const outcome of outcomes) {
    const age = Math.max(0, epoch - outcome.epoch)
    if (outcome.success) successes += decayed(SUCCESS_WEIGHT, age, creditHalfLifeEpochs)
    faults += decayed(outcome.faultPermille, age, faultHalfLifeEpochs)
  }
  return mulDiv(successes + qualityPriorSuccess, 1_000, successes + faults + qualityPriorWeight)
}

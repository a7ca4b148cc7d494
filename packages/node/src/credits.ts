import { HaggleError, MICRO, type MicroCredits } from '@haggle/protocol'
import type { Credits } from './payload-types.ts'

/** Micro-credits of decimal credits, to the nearest one. Throws `argument/invalid`. */
export function microCredits(credits: Credits, what: string): MicroCredits {
  const micro = Math.round(credits * MICRO)
  if (!Number.isSafeInteger(micro) || micro < 0) {
    throw new HaggleError('argument/invalid', `${what} is not an amount of credits: ${String(credits)}`, {
      next: 'Give credits as a number from 0 to 9,007,199,254, with at most six digits after the point.',
    })
  }
  return micro
}

/** Decimal credits of micro-credits. */
export function creditsOf(micro: MicroCredits): Credits {
  return micro / MICRO
}

import { showCredits } from '../cli/values.ts'

/** Micro-credits as the decimal number of credits that people and `--json` see; exact to six places below 2^53. */
export function creditsView(micro: number): number {
  return micro / 1_000_000
}

/** The same with its unit: `1 credit`, `2.5 credits`. */
export function creditsText(micro: number): string {
  return `${showCredits(micro)} credit${micro === 1_000_000 ? '' : 's'}`
}

/** Micro-credits as the decimal number of credits that people and `--json` see; exact to six places below 2^53. */
export function creditsView(micro: number): number {
  return micro / 1_000_000
}

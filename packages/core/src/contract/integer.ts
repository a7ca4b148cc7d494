/** a · b / c on integers up to 2^53, exact in between, rounded down. `c` is not 0. */
export function mulDiv(a: number, b: number, c: number): number {
  return Number((BigInt(a) * BigInt(b)) / BigInt(c))
}

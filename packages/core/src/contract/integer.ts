/** a · b / c on integers up to 2^53, exact in between, rounded towards zero. `c` is not 0. */
export function mulDiv(a: number, b: number, c: number): number {
  const product = a * b
  // Scores take thousands of these, and integers of any size are slow: only what a double cannot hold needs them.
  if (Number.isSafeInteger(product)) return (product - (product % c)) / c
  return Number((BigInt(a) * BigInt(b)) / BigInt(c))
}

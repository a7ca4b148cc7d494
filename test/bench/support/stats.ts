/** The middle of some numbers; NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which this share of the numbers lies, between two of them by their distance. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

export interface Fit {
  readonly slope: number
  readonly rSquared: number
  /** Half the width of the 95 % interval of the slope; NaN of two points. */
  readonly margin: number
}

/** Student's t for 95 %, two-sided, by degrees of freedom from 1 on. */
const t95 = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31] as const

/** A straight line through the logarithms: the slope is the exponent of growth. */
export function growthOf(points: readonly (readonly [number, number])[]): Fit {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const)
  const meanX = sum(logs.map(([x]) => x)) / logs.length
  const meanY = sum(logs.map(([, y]) => y)) / logs.length
  const xx = sum(logs.map(([x]) => (x - meanX) ** 2))
  const xy = sum(logs.map(([x, y]) => (x - meanX) * (y - meanY)))
  const yy = sum(logs.map(([, y]) => (y - meanY) ** 2))
  const slope = xy / xx
  const rest = Math.max(0, yy - slope * xy)
  const free = logs.length - 2
  const t = t95[free - 1] ?? Number.NaN
  return { slope, rSquared: yy === 0 ? 1 : 1 - rest / yy, margin: t * Math.sqrt(rest / free / xx) }
}

/** A power law through points: y = a · x^exponent. */
export interface Fit {
  readonly exponent: number
  /** 95 % interval of the exponent. */
  readonly from: number
  readonly to: number
  /** How much of the scatter it explains, of 1. */
  readonly r2: number
}

/** Two-sided 97.5 % points of Student's t for 1 to 10 degrees of freedom. */
const STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
const NORMAL = 1.96

/** Least squares on the logarithms; at least three points, all positive. */
export function fitPower(points: readonly { readonly x: number; readonly y: number }[]): Fit {
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }))
  const mean = (pick: (point: { x: number; y: number }) => number): number =>
    logs.reduce((sum, point) => sum + pick(point), 0) / logs.length
  const middle = { x: mean(({ x }) => x), y: mean(({ y }) => y) }
  const spread = logs.reduce((sum, { x }) => sum + (x - middle.x) ** 2, 0)
  const exponent = logs.reduce((sum, { x, y }) => sum + (x - middle.x) * (y - middle.y), 0) / spread
  const total = logs.reduce((sum, { y }) => sum + (y - middle.y) ** 2, 0)
  const left = logs.reduce((sum, { x, y }) => sum + (y - middle.y - exponent * (x - middle.x)) ** 2, 0)
  const free = logs.length - 2
  const half = (STUDENT[free - 1] ?? NORMAL) * Math.sqrt(left / Math.max(free, 1) / spread)
  return { exponent, from: exponent - half, to: exponent + half, r2: total === 0 ? 1 : 1 - left / total }
}

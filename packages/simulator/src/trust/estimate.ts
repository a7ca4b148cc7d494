/** A mean over worlds of different seeds, with its 95 % confidence interval. */
export interface Estimate {
  readonly mean: number
  /** Half of the interval's width; 0 when there is one world only. */
  readonly margin: number
  /** Worlds. */
  readonly n: number
}

/** Quantiles of Student's t at 97.5 % by degrees of freedom from 1 on; beyond them the last one, which is never too small. */
const STUDENT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086,
]

/** Student's interval of the mean of some values. */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(n, 1)
  if (n < 2) return { mean, margin: 0, n }
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)
  const quantile = STUDENT[Math.min(n - 2, STUDENT.length - 1)] ?? 0
  return { mean, margin: quantile * Math.sqrt(variance / n), n }
}

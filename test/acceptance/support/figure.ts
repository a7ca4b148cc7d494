import type { Figure } from './line.ts'

/** A figure of values of which the largest is the worst, such as times. */
export function largestIsWorst(what: string, unit: string, values: readonly number[]): Figure {
  return { what, unit, n: values.length, median: median(values), worst: Math.max(...values) }
}

/** A figure of values of which the smallest is the worst, such as shares that were reached. */
export function smallestIsWorst(what: string, unit: string, values: readonly number[]): Figure {
  return { what, unit, n: values.length, median: median(values), worst: Math.min(...values) }
}

/** Of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  const upper = sorted[Math.floor(half)] ?? Number.NaN
  return Number.isInteger(half) ? ((sorted[half - 1] ?? Number.NaN) + upper) / 2 : upper
}

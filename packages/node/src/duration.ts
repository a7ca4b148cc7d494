import { HaggleError, type DurationMs } from '@haggle/protocol'
import type { Duration } from './payload-types.ts'

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** A year and a day: the longest span that a record can hold. */
const LONGEST_MS = 366 * 86_400_000

/** Milliseconds of a span as the SDK takes it; fractions of a millisecond are dropped. Throws `argument/invalid`. */
export function durationMs(span: Duration, what: string): DurationMs {
  const spanMs = Math.trunc(typeof span === 'number' ? span : parsed(span))
  if (!Number.isFinite(spanMs) || spanMs < 0 || spanMs > LONGEST_MS) {
    throw new HaggleError('argument/invalid', `${what} is not a span of time: ${String(span)}`, {
      next: "Give milliseconds as a number, or a text such as '500ms', '30s', '10m', '1h'.",
    })
  }
  return spanMs
}

function parsed(text: string): number {
  const parts = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d)$/.exec(text.trim())
  const unit = UNIT_MS[parts?.[2] ?? '']
  return parts === null || unit === undefined ? Number.NaN : Number(parts[1]) * unit
}

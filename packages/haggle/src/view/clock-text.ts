import type { JsonValue } from '@haggle/protocol'
import { showDuration } from '../cli/values.ts'

/** How far one clock is from another, in words. */
export function showOff(offMs: number): string {
  return `${showDuration(Math.abs(offMs))} ${offMs < 0 ? 'behind' : 'ahead of'}`
}

/** What speaks against this machine's clock, in words. */
export function ownClockText(cause: string, offMs: number): string {
  return `${showOff(offMs)} ${cause === 'jump' ? 'what it was before' : 'those of most peers'}`
}

/** The `clock` of a status, in words; undefined for any other value. */
export function clockWords(value: JsonValue): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { cause, offMs } = value as { readonly [field: string]: JsonValue }
  return typeof cause === 'string' && typeof offMs === 'number' ? ownClockText(cause, offMs) : undefined
}

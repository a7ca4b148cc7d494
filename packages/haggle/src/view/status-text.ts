import type { JsonValue } from '@haggle/protocol'
import { clockWords } from './clock-text.ts'

/** A status for people: one row for each thing that is known. */
export function statusText(status: { readonly [field: string]: JsonValue }): string {
  return Object.entries(status)
    .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([field, value]) => `${`${labelOf(field)}:`.padEnd(18)}${shown(value)}`)
    .join('\n')
}

function labelOf(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function shown(value: JsonValue): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.map((each: JsonValue) => shown(each)).join(', ')
  if (typeof value === 'string') return value
  return clockWords(value) ?? JSON.stringify(value)
}

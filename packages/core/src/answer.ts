import type { RecordId } from '@haggle/protocol'
import type { RefusalCode } from './refusal.ts'

/** What a call of the engine says: done (with the id it made or found), or an expected no. */
export type Answer =
  | { readonly ok: true; readonly id: RecordId | null }
  | { readonly ok: false; readonly refusal: RefusalCode; readonly note: string }

export function okay(id: RecordId | null = null): Answer {
  return { ok: true, id }
}

export function refuse(refusal: RefusalCode, note: string): Answer {
  return { ok: false, refusal, note }
}

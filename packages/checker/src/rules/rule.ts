import type { RecordId } from '@haggle/protocol'
import type { CheckInit, Finding } from '../history.ts'
import type { InvariantId } from '../invariants.ts'
import type { Ledger } from '../ledger.ts'

/** Looks for violations of some invariants in everything that was given. */
export type Rule = (ledger: Ledger, init: CheckInit) => readonly Finding[]

/** A finding about records, in the first directory that holds the first of them. */
export function foundIn(
  ledger: Ledger,
  invariant: InvariantId,
  text: string,
  records: readonly [RecordId, ...RecordId[]],
): Finding {
  const holder = ledger.chronicles.find((chronicle) => chronicle.records.has(records[0]))
  return { invariant, text, records, directory: holder?.directory ?? '' }
}

import type { HaggleRecord } from '@haggle/protocol'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { bytesOf } from '../witness/held-bytes.ts'

/** Records in one frame to a witness; the payload goes with the last of them. */
const BATCH = 16

/**
 * WIT-32: shows every witness of a contract its file, in the order in which we came to hold it, and last the record in question
 * with the payload that it names. A result above the panel's bound is named and not shown.
 */
export function showPanel(turn: Turn, deal: Deal, record: HaggleRecord): void {
  const file = [...deal.held.values()].filter(({ id, type }) => id !== record.id && type !== 'witness-set')
  for (const witness of deal.contract.award.body.panel) {
    if (witness === turn.state.self) continue
    const records = [...file, record]
    for (let at = 0; at < records.length; at += BATCH) {
      const isLast = at + BATCH >= records.length
      const payload = isLast ? (bytesOf(deal.contract, record)?.hash ?? null) : null
      turn.effects.push({ kind: 'send', to: witness, records: records.slice(at, at + BATCH), payload })
    }
  }
}

import type { RecordId } from '@haggle/protocol'
import { isOpeningTimely } from './certificates.ts'
import { hasReview, type Contract } from './contract.ts'

/**
 * Both sides are bound: the worker has signed something that names an opening, the requester has answered a delivery, or the panel
 * certifies that the opening came in time. CON-12: before that nothing about the contract is a fault.
 */
export function isBound(contract: Pick<Contract, 'award' | 'worker' | 'nodes' | 'notes' | 'votes'>): boolean {
  if (hasReview(contract) || isOpeningTimely(contract)) return true
  const openings = new Set<RecordId>()
  for (const note of contract.notes) if (note.type === 'opening') openings.add(note.id)
  return contract.notes.some((note) => {
    if (note.author !== contract.worker) return false
    if (note.type === 'heartbeat') return openings.has(note.body.opening)
    return note.type === 'receipt' && openings.has(note.body.entry)
  })
}

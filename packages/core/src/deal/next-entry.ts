import type { RecordId, Timestamp } from '@haggle/protocol'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { asItStands } from './standing.ts'

/** The fields with which our next entry of this contract begins. */
export function nextEntry(
  turn: Turn,
  deal: Deal,
): { at: Timestamp; contract: RecordId; generation: number; seq: number; prev: RecordId } {
  const { entries } = asItStands(deal)
  const last = entries.at(-1) ?? deal.contract.award
  return { at: turn.now.wall, contract: deal.id, generation: deal.generation, seq: entries.length, prev: last.id }
}

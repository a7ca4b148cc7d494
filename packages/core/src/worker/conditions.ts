import type { AgentKey, Terms } from '@haggle/protocol'
import { entrusts, qualityOf } from '../score/opinion.ts'
import type { Turn } from '../turn.ts'

/**
 * Whether terms are within what our application lets us be bound to: what we put at risk, how many watch, and how well the requester
 * has done so far. What it has done changes, so an award is looked at as the offer was.
 */
export function meetsConditions(turn: Turn, requester: AgentKey, terms: Terms): boolean {
  const { maxStake, minPanel, minQuality } = turn.state.served
  if (maxStake !== undefined && terms.stakeWorker > maxStake) return false
  if (minPanel !== undefined && terms.panelSize < minPanel) return false
  // REP-12, REP-14: no contract with whoever signed two histories, nor above what its credit covers.
  if (!entrusts(turn, requester, terms.stakeRequester)) return false
  return minQuality === undefined || qualityOf(turn, requester, null) >= minQuality
}

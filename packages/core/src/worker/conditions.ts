import type { AgentKey, Terms } from '@haggle/protocol'
import { epochOf } from '../bookkeeping.ts'
import type { Turn } from '../turn.ts'

/**
 * Whether terms are within what our application lets us be bound to: what we put at risk, how many watch, and how well the requester
 * has done so far. What it has done is known to us alone and changes, so an award is looked at as the offer was.
 */
export function meetsConditions({ state, now }: Turn, requester: AgentKey, terms: Terms): boolean {
  const { maxStake, minPanel, minQuality } = state.served
  if (maxStake !== undefined && terms.stakeWorker > maxStake) return false
  if (minPanel !== undefined && terms.panelSize < minPanel) return false
  return minQuality === undefined || state.book.qualityOf(requester, null, epochOf(now.wall)) >= minQuality
}

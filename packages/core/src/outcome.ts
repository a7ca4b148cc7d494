import type { Outcome } from '@haggle/protocol'
import { endByReopening } from './contract/certified-end.ts'
import { hasPanel, isOpened, partyOf, type Stage } from './contract/contract.ts'
import { outcomeAfterCheck } from './contract/ends.ts'
import { wrongKey } from './deal/standing.ts'
import type { Deal } from './state.ts'

/** How a contract ended in our own view, or null while it lives. The file's verdict is `judge`'s; this adds lapses and fences. */
export function outcomeOf(
  deal: Pick<Deal, 'contract' | 'lapsed' | 'rechecked' | 'reopenedBy' | 'role'>,
): Outcome | null {
  const { stage } = deal.contract
  // VER-19: the panel is asked first, so that others believe it too.
  if (wrongKey(deal) !== null && !deal.lapsed) return null
  if (stage.kind === 'ended') return endedOutcome(deal, stage)
  // What was never opened lapses; what was opened and ran out undecided stays so.
  if (deal.lapsed) return nobody(isOpened(deal.contract) ? 'undecided' : 'lapsed')
  // CON-30: without a panel a clock that ran out, or a task that went on, convicts nobody.
  if (stage.kind === 'timed-out' && !awaitsVotes(deal, stage)) return nobody('undecided')
  if (deal.reopenedBy === null) return null
  const certified = endByReopening(deal.contract, deal.reopenedBy)
  if (certified !== null) return certified.outcome
  return nobody(deal.reopenedBy.body.reason === 'lapsed' ? 'lapsed' : 'undecided')
}

/** With a panel the certificate of the other side's TIMEOUT may still be on its way; who writes one itself holds it, or has given it up. */
function awaitsVotes(deal: Pick<Deal, 'contract' | 'role'>, { timeout }: Stage & { kind: 'timed-out' }): boolean {
  return hasPanel(deal.contract) && partyOf(deal.contract, timeout.author) !== deal.role
}

function nobody(end: Outcome['end']): Outcome {
  return { end, party: null, fault: null }
}

/**
 * CON-15: the requester's word about a check is not ours. A worker that was finally rejected runs the check again before it
 * believes, and signs, that its result was bad.
 */
function endedOutcome(
  deal: Pick<Deal, 'contract' | 'lapsed' | 'rechecked' | 'role'>,
  stage: Stage & { kind: 'ended' },
): Outcome | null {
  const { rechecked } = deal
  // VER-18: about a seal that was unsealed the requester's word was that it cannot be opened; it looks again as well.
  const asksUs = deal.role === 'worker' || stage.by.type === 'unseal'
  if (stage.recheck === null || !asksUs) return stage.outcome
  if (rechecked !== null) return outcomeAfterCheck(deal.contract, stage, () => rechecked)
  // CON-31: an application that never answers keeps no contract open for ever.
  return deal.lapsed ? nobody('undecided') : null
}

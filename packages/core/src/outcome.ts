import type { Outcome } from '@haggle/protocol'
import { isOpened } from './contract/contract.ts'
import type { Deal } from './state.ts'

/** How a contract ended in our own view, or null while it lives. The file's verdict is `judge`'s; this adds lapses and fences. */
export function outcomeOf(deal: Pick<Deal, 'contract' | 'lapsed' | 'reopenedBy'>): Outcome | null {
  const { stage } = deal.contract
  if (stage.kind === 'ended') return stage.outcome
  // What was never opened lapses; what was opened and ran out undecided stays so.
  if (deal.lapsed) return nobody(isOpened(deal.contract) ? 'undecided' : 'lapsed')
  // CON-30: without a panel a clock that ran out, or a task that went on, convicts nobody.
  if (stage.kind === 'timed-out') return nobody('undecided')
  if (deal.reopenedBy === null) return null
  return nobody(deal.reopenedBy.body.reason === 'lapsed' ? 'lapsed' : 'undecided')
}

function nobody(end: Outcome['end']): Outcome {
  return { end, party: null, fault: null }
}

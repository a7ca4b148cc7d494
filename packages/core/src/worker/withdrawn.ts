import { isOpened } from '../contract/contract.ts'
import { isAsking } from '../deal/overtaken.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { decline } from './award.ts'
import { withdraw } from './work.ts'

/**
 * MKT-18: what its requester has taken back before it opened it is not worked on. CON-44: a worker that has just started says so when
 * it knows what it said before.
 */
export function leaveWithdrawn(turn: Turn, deal: Deal): void {
  const task = turn.state.foreign.get(deal.task)
  if (deal.role !== 'worker' || task === undefined || task.withdrawal === null) return
  if (deal.outcome !== null || deal.overtaken || isAsking(deal) || isOpened(deal.contract)) return
  if (deal.contract.stage.kind === 'awaiting-accept') decline(turn, deal, 'withdrawn', true)
  else withdraw(turn, deal, 'unopened')
}

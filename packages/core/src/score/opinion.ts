import { protocolParams, type AgentKey, type MicroCredits } from '@haggle/protocol'
import { epochOf } from '../bookkeeping.ts'
import type { Turn } from '../turn.ts'
import { admits } from './admission.ts'
import type { Scores } from './scores.ts'

/** Everybody's scores now, by the evidence that was counted in. */
export function scoresIn({ state, now }: Pick<Turn, 'state' | 'now'>): Scores {
  return state.ledger.scores(epochOf(now.wall))
}

/**
 * REP-17: what we think of an agent when we choose, for one skill or over all: our own book where it has a page, since it knows at once
 * what nobody could prove to us yet; but of an agent that is proven to have failed others, never more than what is proven.
 */
export function qualityOf(turn: Pick<Turn, 'state' | 'now'>, peer: AgentKey, skill: string | null): number {
  const { state, now } = turn
  const scores = scoresIn(turn)
  const proven = scores.quality(peer, skill)
  if (state.book.recordOf(peer).outcomes.length === 0) return proven
  const own = state.book.qualityOf(peer, skill, epochOf(now.wall))
  const hasFailed = scores.debt(peer) > scores.exposure(peer) || scores.isTombstoned(peer)
  return hasFailed ? Math.min(own, proven) : own
}

/** REP-18: an agent that we would choose for a witness: a root, or one to whom credit leads from our roots, with one history. */
export function isChosen(turn: Pick<Turn, 'state' | 'now'>, agent: AgentKey): boolean {
  const scores = scoresIn(turn)
  if (scores.isTombstoned(agent)) return false
  return turn.state.ledger.isRoot(agent) || scores.rank(agent) > 0
}

/**
 * REP-19: whether we take on a contract in which an agent has this stake, by what is proven of its capacity, its quality and what it
 * stands for elsewhere. `newcomerBudget`: what is left of ours for agents without a record.
 */
export function entrusts(
  turn: Pick<Turn, 'state' | 'now'>,
  agent: AgentKey,
  stake: MicroCredits,
  newcomerBudget: MicroCredits = protocolParams.newcomerBudgetMicro,
): boolean {
  return entrustsBy(scoresIn(turn), agent, stake, newcomerBudget)
}

/** REP-19: the same by scores that are not everything we hold. */
export function entrustsBy(
  scores: Scores,
  agent: AgentKey,
  stake: MicroCredits,
  newcomerBudget: MicroCredits = protocolParams.newcomerBudgetMicro,
): boolean {
  const policy = { skill: null, minQuality: 0, newcomerBudget, params: protocolParams }
  return admits(scores, agent, stake, policy).admitted
}

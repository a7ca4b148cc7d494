import { bounds, type AgentKey, type HaggleRecord, type RecordId, type Timestamp } from '@haggle/protocol'
import type { State } from '../state.ts'
import type { Turn } from '../turn.ts'
import { panelOf } from './certificate.ts'

/** A contract of others in which we have voted: what a restart must not forget. */
export interface KeptVotes {
  readonly award: HaggleRecord<'award'>
  readonly votes: readonly HaggleRecord<'vote'>[]
}

/** How long votes are kept after the last one could be signed: a clock that steps back by less finds them still here. */
const KEPT_MS = 24 * 3_600_000

/** Whether an award is a contract of others, with us on its panel. */
export function isWatched({ self }: State, award: HaggleRecord<'award'>): boolean {
  return panelOf(award)?.members.has(self) === true
}

/** WIT-06: our own votes in one contract, whatever we saw of it since we started. */
export function ownVotes({ kept }: State, contract: RecordId): readonly HaggleRecord<'vote'>[] {
  return kept.get(contract)?.votes ?? []
}

/** Part of the fold over the log: the award of a contract in which a vote of ours follows. */
export function keepAward({ kept }: State, award: HaggleRecord<'award'>, at: Timestamp): void {
  for (const [id, { award: old }] of kept) if (old.body.exposureUntil + KEPT_MS < at) kept.delete(id)
  if (!kept.has(award.id)) kept.set(award.id, { award, votes: [] })
}

/** Part of the fold over the log: a vote of ours. */
export function keepVote({ kept }: State, vote: HaggleRecord<'vote'>): void {
  const known = kept.get(vote.body.contract)
  if (known === undefined || known.votes.some(({ id }) => id === vote.id)) return
  kept.set(vote.body.contract, { award: known.award, votes: known.votes.concat(vote) })
}

/** WIT-26: nobody fills our memory for ever: each requester has its share of it, and when all is taken we vote no more. */
export function mayKeep({ state }: Turn, award: HaggleRecord<'award'>): boolean {
  if (state.kept.has(award.id)) return true
  if (state.kept.size >= bounds.keptVotes) return false
  return countOf(state, award.author) < bounds.keptVotesPerAuthor
}

function countOf({ kept }: State, author: AgentKey): number {
  let count = 0
  for (const { award } of kept.values()) if (award.author === author) count += 1
  return count
}

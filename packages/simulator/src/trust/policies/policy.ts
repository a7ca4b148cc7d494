import type { Random } from '../../random.ts'
import type { Bid, Deal, Task } from '../market/deal.ts'

/** A way to choose whom to award: one of them for all requesters of a market, each judging by what all have told. */
export interface Policy {
  /** Takes in what came of a round. */
  learn(round: number, deals: readonly Deal[]): void
  /** The worker to award; null to leave the task undone for now. */
  choose(task: Task, bids: readonly Bid[]): number | null
}

/** What a policy starts with. */
export interface PolicyInit {
  readonly anchors: readonly number[]
  readonly random: Random
}

/** A policy by its name in the tables. */
export interface NamedPolicy {
  readonly name: string
  create(init: PolicyInit): Policy
}

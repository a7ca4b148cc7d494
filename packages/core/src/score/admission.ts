import type { AgentKey, MicroCredits } from '@haggle/protocol'
import type { Scores } from './scores.ts'

/** REP-15: quality below which the newcomer lane is closed: what two whole faults leave of the prior, and no success. */
const NEWCOMER_QUALITY_PERMILLE = 150

/** What one viewer asks of those it deals with. */
export interface AdmissionPolicy {
  /** The skill whose quality counts; null: over all. */
  readonly skill: string | null
  /** Permille; 0 asks nothing. */
  readonly minQuality: number
  /** What is left of this viewer's newcomer budget in this epoch. */
  readonly newcomerBudget: MicroCredits
  /** The parameters of the newcomer lane; `protocolParams` has them. */
  readonly params: { readonly newcomerLimitMicro: MicroCredits; readonly newcomerBudgetMicro: MicroCredits }
}

/** Whether a stake may be taken on, on what ground, or why not. */
export type Admission =
  | { readonly admitted: true; readonly by: 'nothing-at-risk' | 'capacity' | 'newcomer-lane' }
  | { readonly admitted: false; readonly because: 'tombstoned' }
  | { readonly admitted: false; readonly because: 'quality'; readonly has: number; readonly needs: number }
  | {
      readonly admitted: false
      /** `capacity`: neither covered nor small enough for the newcomer lane; the others say which bound of the lane is used up. */
      readonly because: 'capacity' | 'newcomer-budget' | 'newcomer-exposure'
      /** The most that would be admitted. */
      readonly most: MicroCredits
    }

/**
 * REP-14: the most that an agent may put at risk on its credit: a quarter of its capacity, since others admit it at the same time; but
 * up to the newcomer limit all of it, since that much is risked with strangers too.
 */
export function creditLimit(capacity: MicroCredits, newcomerLimitMicro: MicroCredits): MicroCredits {
  return Math.max(Math.floor(capacity / 4), Math.min(capacity, newcomerLimitMicro))
}

/** REP-14, REP-15: whether a viewer takes on a contract in which this agent has this stake. */
export function admits(scores: Scores, agent: AgentKey, stake: MicroCredits, policy: AdmissionPolicy): Admission {
  const { newcomerLimitMicro, newcomerBudgetMicro } = policy.params
  if (scores.isTombstoned(agent)) return { admitted: false, because: 'tombstoned' }
  const quality = scores.quality(agent, policy.skill)
  if (quality < policy.minQuality) {
    return { admitted: false, because: 'quality', has: quality, needs: policy.minQuality }
  }
  if (stake === 0) return { admitted: true, by: 'nothing-at-risk' }
  const credit = creditLimit(scores.capacity(agent), newcomerLimitMicro)
  if (stake <= credit) return { admitted: true, by: 'capacity' }
  if (stake > newcomerLimitMicro) return { admitted: false, because: 'capacity', most: credit }
  const overall = scores.quality(agent, null)
  if (overall < NEWCOMER_QUALITY_PERMILLE) {
    return { admitted: false, because: 'quality', has: overall, needs: NEWCOMER_QUALITY_PERMILLE }
  }
  const open = Math.max(0, newcomerBudgetMicro - scores.exposure(agent))
  if (stake > open) return { admitted: false, because: 'newcomer-exposure', most: Math.max(credit, open) }
  if (stake > policy.newcomerBudget) {
    return { admitted: false, because: 'newcomer-budget', most: Math.max(credit, policy.newcomerBudget) }
  }
  return { admitted: true, by: 'newcomer-lane' }
}

import type { AgentKey } from '@haggle/protocol'
import { mulDiv } from '../contract/integer.ts'
import type { CreditFact, FaultFact } from './facts.ts'
import { decayed } from './quality.ts'
import type { DebtPart, PairCredit } from './tally.ts'

/** An approval, and what it adds to r. */
export interface SuccessPart {
  readonly fact: CreditFact
  /** Permille: 1,000 of a root, else by its approver's rank. */
  readonly weight: number
  readonly counted: number
}

/** A fault, and what it adds to f. */
export interface FailurePart {
  readonly fact: FaultFact
  readonly counted: number
}

/** A quality and everything it is made of: (r + prior) · 1000 div (r + f + weight), r and f the sums of the parts. */
export interface WeighedQuality {
  readonly quality: number
  readonly successes: readonly SuccessPart[]
  readonly faults: readonly FailurePart[]
}

/** The parameters of a quality. */
export interface QualityParams {
  readonly creditHalfLifeEpochs: number
  readonly faultHalfLifeEpochs: number
  readonly qualityPriorSuccess: number
  readonly qualityPriorWeight: number
  readonly qualityPairSuccesses: number
  readonly rankFullMass: number
}

/** What a quality is asked of. */
export interface QualityInit {
  /** Everybody's approvals of this agent. */
  readonly pairs: readonly PairCredit[]
  readonly debts: readonly DebtPart[]
  readonly skill: string | null
  readonly epoch: number
  readonly isRoot: (agent: AgentKey) => boolean
  readonly rank: (agent: AgentKey) => number
  readonly params: QualityParams
}

/**
 * REP-10: successes weigh by the rank of who approved, in full from `rankFullMass` on and for roots; faults are proven and weigh in
 * full. REP-11: of one approver that is no root at most `qualityPairSuccesses` whole successes count, the newest first.
 */
export function weighedQuality(init: QualityInit): WeighedQuality {
  const { pairs, debts, skill, epoch, params } = init
  const successes = pairs.flatMap((pair) => successesOf(pair, init))
  const faults = debts.flatMap((part): FailurePart[] => {
    if (part.kind !== 'slash' || (skill !== null && part.fact.skill !== skill)) return []
    const age = Math.max(0, epoch - part.fact.epoch)
    return [{ fact: part.fact, counted: decayed(faultPermille(part.fact), age, params.faultHalfLifeEpochs) }]
  })
  const r = successes.reduce((sum, { counted }) => sum + counted, 0)
  const f = faults.reduce((sum, { counted }) => sum + counted, 0)
  const quality = mulDiv(r + params.qualityPriorSuccess, 1_000, r + f + params.qualityPriorWeight)
  return { quality, successes, faults }
}

function successesOf({ from, parts }: PairCredit, init: QualityInit): SuccessPart[] {
  const { skill, epoch, params } = init
  const root = init.isRoot(from)
  const weight = root ? 1_000 : Math.min(1_000, mulDiv(init.rank(from), 1_000, params.rankFullMass))
  if (weight === 0) return []
  let room = root ? Number.MAX_SAFE_INTEGER : weight * params.qualityPairSuccesses
  return parts.flatMap(({ fact }) => {
    if (skill !== null && fact.skill !== skill) return []
    const counted = Math.min(room, decayed(weight, epoch - fact.epoch, params.creditHalfLifeEpochs))
    room -= counted
    return [{ fact, weight, counted }]
  })
}

/** 1000 · slash div stake; what was slashed beyond any stake, or without one, is a whole fault. */
function faultPermille({ slash, stake }: FaultFact): number {
  return slash >= stake ? 1_000 : mulDiv(slash, 1_000, stake)
}

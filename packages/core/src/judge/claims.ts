import type { HaggleRecord, Outcome, RecordId } from '@haggle/protocol'
import { isBound } from '../contract/bound.ts'
import { afterTimeout, beatenBy, endByReopening, type Convicting } from '../contract/certified-end.ts'
import { isOpened, type Contract, type Stage } from '../contract/contract.ts'
import { faultOf, nobodysFault, outcomeAfterCheck, rankOf } from '../contract/ends.ts'
import { weigh } from '../contract/missed.ts'
import type { Forgery } from './forged-generation.ts'
import { recheck, trySeal } from './faults.ts'
import type { Grade, JudgePorts } from './verdict.ts'

/** One end that the records support, the record it rests on, and the certificate where it needs one. */
export interface Claim {
  readonly outcome: Outcome
  readonly by: HaggleRecord | null
  readonly missed: Convicting | null
  /** How sure it is; by signatures alone where nothing is said. */
  readonly grade?: Grade
}

/** Ends that entries of any branch make; without a panel a timeout alone leaves the contract Undecided (CON-30). */
export function endsInEntries(contract: Contract, ports: JudgePorts): Claim[] {
  const claims: Claim[] = []
  for (const node of contract.nodes.values()) {
    const { entry } = node
    let { stage } = node
    let missed: Convicting | null = null
    if (stage.kind === 'timed-out') {
      const after = afterTimeout(contract, node)
      if (after.kind === 'undecided') claims.push({ outcome: nobodysFault('undecided'), by: entry, missed })
      if (after.kind !== 'true') continue
      stage = after.stage
      missed = after.missed
    }
    const outcome = outcomeAfterCheck(contract, stage, (delivery, by) => recheck(contract, ports, delivery, by))
    if (outcome === null) continue
    const isFault = outcome.end === 'withdrawn' && isBound(contract)
    claims.push({
      outcome: isFault ? faultOf('withdrawn', contract.worker, 'WITHDRAW') : outcome,
      by: entry,
      missed,
      ...gradeOf(contract, ports, stage),
    })
  }
  return claims
}

/** What a panel says of a key is its word; whoever holds the sealed bytes needs none. */
function gradeOf(contract: Contract, ports: JudgePorts, stage: Stage): Pick<Claim, 'grade'> {
  if (stage.kind !== 'ended' || stage.recheck === null || stage.by.type !== 'unseal') return {}
  return { grade: trySeal(contract, ports, stage.recheck, stage.by).grade }
}

/** CON-31: a contract without an end of its own ends when its task goes on, or when a party closes it as over. */
export function endsByTask(
  contract: Contract,
  reopenings: readonly HaggleRecord<'reopening'>[],
  closings: readonly HaggleRecord<'closing'>[],
): Claim[] {
  const { generation, task } = contract.award.body
  const claims: Claim[] = []
  for (const reopening of reopenings) {
    const { body } = reopening
    if (reopening.author !== contract.requester || body.task !== task || body.generation <= generation) continue
    const isNext = body.generation === generation + 1
    const isLapse = isNext && body.reason === 'lapsed' && !isOpened(contract)
    claims.push({ outcome: nobodysFault(isLapse ? 'lapsed' : 'undecided'), by: reopening, missed: null })
    const certified = isNext ? endByReopening(contract, reopening) : null
    if (certified !== null) claims.push({ outcome: certified.outcome, by: reopening, missed: certified.missed })
  }
  for (const closing of closings) {
    const { end } = closing.body.outcome
    if (end === 'undecided' || (end === 'lapsed' && !isOpened(contract))) {
      claims.push({ outcome: nobodysFault(end), by: closing, missed: null })
    }
  }
  return claims
}

export function voids(contract: Contract, awardForks: readonly RecordId[], records: readonly HaggleRecord[]): Claim[] {
  const claims: Claim[] = contract.forks.map((fork) => ({
    outcome: faultOf('void', fork.author, 'FORK'),
    by: fork,
    missed: null,
  }))
  if (awardForks.length === 0) return claims
  const other = records.find((record) => awardForks.includes(record.id) && record.id !== contract.award.id) ?? null
  return [{ outcome: faultOf('void', contract.requester, 'FORK'), by: other, missed: null }, ...claims]
}

export function forged(contract: Contract, records: readonly HaggleRecord[], { id }: Forgery): Claim {
  const by = records.find((record) => record.id === id) ?? null
  return { outcome: faultOf('breached', contract.requester, 'FORGED_GENERATION'), by, missed: null }
}

/** CON-14: the highest of all ends that the records support; of equal ones that of the requester's fault, then of the lowest id. */
export function highest(claims: readonly Claim[]): Claim | null {
  const sorted = claims.toSorted((a, b) => {
    const difference = rankOf(b.outcome) - rankOf(a.outcome) || weight(b.outcome) - weight(a.outcome)
    return difference || ((a.by?.id ?? '') < (b.by?.id ?? '') ? -1 : 1)
  })
  return sorted[0] ?? null
}

/** Among breaches a forged generation excludes the other party's fault, and a false rejection is a fault of its own. */
function weight(outcome: Outcome): number {
  if (outcome.fault === 'FORGED_GENERATION') return 2
  return outcome.fault === 'FALSE_REJECT' ? 1 : 0
}

/** VER-17: the claims that are left when what the certificates beat makes no end. */
export function withoutBeaten(contract: Contract, claims: readonly Claim[]): readonly Claim[] {
  const certified = claims.filter(({ missed }) => missed !== null)
  if (certified.length === 0) return claims
  const beaten = beatenBy(contract, trueTimeouts(contract))
  // A worker whose lease, or delivery, a reopening shows to be certified withdraws no more unless that was heard.
  const given = new Set(
    certified.filter(({ by }) => by?.type === 'reopening').map(({ missed }) => missed?.slot.milestone),
  )
  return claims.filter(({ by }) => {
    if (by === null || beaten.has(by.id)) return by === null
    return by.type !== 'withdraw' || !given.has(by.body.milestone) || isHeard(contract, by)
  })
}

function trueTimeouts(contract: Contract): RecordId[] {
  return [...contract.nodes.values()]
    .filter((node) => afterTimeout(contract, node).kind === 'true')
    .map(({ entry }) => entry.id)
}

function isHeard(contract: Contract, { body }: HaggleRecord<'withdraw'>): boolean {
  const parent = contract.nodes.get(body.prev)
  return parent !== undefined && weigh(contract, parent).kind === 'met'
}

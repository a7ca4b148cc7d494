import type { AgentKey, EndName, FaultCode, HaggleRecord, Milestone, Outcome } from '@haggle/protocol'
import type { AnswerRecord, Contract, EntryRecord, Stage } from './contract.ts'

/** CON-14: the ranking of ends. Of all branches and all evidence the highest end counts, so that ends only move up. */
const ranks: Readonly<Record<EndName, number>> = {
  undecided: 0,
  lapsed: 1,
  declined: 2,
  breached: 7,
  split: 8,
  void: 9,
  // By the signature of the party that the end burdens.
  withdrawn: 11,
  cancelled: 12,
  failed: 13,
  settled: 14,
}
/**
 * Ends that their fault places elsewhere: what a panel certifies stands below what anybody can check again, and a breach that its
 * own party conceded is an end by signature. SILENT_REVIEW names the end of a deemed approval.
 */
const ranksByFault: Partial<Readonly<Record<FaultCode, number>>> = {
  NO_DELIVERY: 3,
  LATE: 4,
  ABANDONED: 5,
  SILENT_REVIEW: 6,
  CONCEDE: 10,
}

/** Where an end stands in the ranking; higher ends replace lower ones. */
export function rankOf({ end, fault }: Pick<Outcome, 'end' | 'fault'>): number {
  return (fault === null ? undefined : ranksByFault[fault]) ?? ranks[end]
}

export function nobodysFault(end: EndName): Outcome {
  return { end, party: null, fault: null }
}

export function faultOf(end: EndName, party: AgentKey, fault: FaultCode): Outcome {
  return { end, party, fault }
}

/** What the check of a delivery said when it was run again. */
export type CheckWord = 'pass' | 'fail' | 'unknown'

/**
 * CON-15: how a rejection ends a contract that leaves no revision. A FAILED and a subjective acceptance are a Split. An
 * objective one is decided by the check alone: it fails, worker BAD; it passes, requester FALSE_REJECT. Who withheld bytes
 * that could not be fetched or opened (`missing`, `sealed`) nobody can see, so a passing check proves nothing there.
 */
export function endOfRejection(
  parties: Pick<Contract, 'requester' | 'worker'>,
  reason: 'check' | 'opinion' | 'sealed' | 'missing',
  check: CheckWord,
): Outcome {
  if (check === 'fail') return faultOf('breached', parties.worker, 'BAD')
  if (check === 'pass' && provesFalsehood(reason)) return faultOf('breached', parties.requester, 'FALSE_REJECT')
  return nobodysFault('undecided')
}

/** Whether a rejection with this reason says that the result itself is not what was agreed. */
export function provesFalsehood(reason: 'check' | 'opinion' | 'sealed' | 'missing'): boolean {
  return reason === 'check' || reason === 'opinion'
}

/** What the terms alone say about a delivery, without its bytes: only an acceptance by hash can be decided so. */
export function checkByHash(milestone: Milestone, answer: AnswerRecord): CheckWord {
  if (answer.type !== 'deliver' || milestone.acceptance.kind !== 'hash') return 'unknown'
  return answer.body.resultHash === milestone.acceptance.hash ? 'pass' : 'fail'
}

/** The rejection by which an end came about, or null: it is the end itself, or what nobody answered in the rework time. */
export function rejectionBehind({ nodes }: Pick<Contract, 'nodes'>, by: EntryRecord): HaggleRecord<'reject'> | null {
  const entry = by.type === 'timeout' ? nodes.get(by.body.prev)?.entry : by
  return entry?.type === 'reject' ? entry : null
}

/** The outcome of an ended stage once its check has been run again; other stages have none. */
export function outcomeAfterCheck(
  contract: Pick<Contract, 'requester' | 'worker' | 'nodes'>,
  stage: Stage,
  check: (delivery: HaggleRecord<'deliver'>, by: EntryRecord) => CheckWord,
): Outcome | null {
  if (stage.kind !== 'ended') return null
  const { recheck, by } = stage
  // VER-18: the right key shows that the requester could have opened the seal, a wrong one that it could not.
  if (recheck !== null && by.type === 'unseal') return endOfRejection(contract, 'check', check(recheck, by))
  const rejection = rejectionBehind(contract, by)
  if (recheck === null || rejection === null) return stage.outcome
  return endOfRejection(contract, rejection.body.reason, check(recheck, by))
}

import type { AgentKey, FaultCode, HaggleRecord, Outcome, RecordId } from '@haggle/protocol'
import type { Contract } from '../contract/contract.ts'
import { checkByHash, provesFalsehood, rankOf, type CheckWord } from '../contract/ends.ts'
import { milestoneStake, stakeOf, withdrawalSlash } from '../contract/slash.ts'
import type { Fault, JudgePorts } from './verdict.ts'

/** The check of a delivery run again: by its hash, or on its bytes where the file holds them. */
export function recheck(contract: Contract, ports: JudgePorts, delivery: HaggleRecord<'deliver'>): CheckWord {
  const milestone = contract.award.body.terms.milestones[delivery.body.milestone]
  if (milestone === undefined) return 'unknown'
  if (milestone.acceptance.kind === 'hash') return checkByHash(milestone, delivery)
  if (milestone.acceptance.kind !== 'schema') return 'unknown'
  const bytes = ports.payload(delivery.body.resultHash)
  return bytes === undefined ? 'unknown' : ports.checkResult(milestone.acceptance, bytes).kind
}

/** CON-36: the faults that signatures prove whatever the end is: forks, false rejections, forged generations, false closings. */
export function selfProvingFaults(
  contract: Contract,
  ports: JudgePorts,
  forgeries: readonly RecordId[],
  awardForks: readonly RecordId[],
  closings: readonly HaggleRecord<'closing'>[],
): Fault[] {
  const { requester } = contract
  const faults: Fault[] = []
  for (const fork of contract.forks) {
    const { prev } = fork.body
    const all = [...contract.nodes.values()].filter(
      ({ entry }) => entry.author === fork.author && entry.body.prev === prev,
    )
    faults.push(whole(contract, fork.author, 'FORK', all.map(({ entry }) => entry.id).toSorted()))
  }
  if (awardForks.length > 0) faults.push(whole(contract, requester, 'FORK', awardForks))
  if (forgeries.length > 0) faults.push(whole(contract, requester, 'FORGED_GENERATION', forgeries))
  for (const { entry } of contract.nodes.values()) {
    if (entry.type !== 'reject' || !provesFalsehood(entry.body.reason)) continue
    const answer = contract.nodes.get(entry.body.prev)?.entry
    if (answer?.type !== 'deliver' || recheck(contract, ports, answer) !== 'pass') continue
    faults.push(whole(contract, requester, 'FALSE_REJECT', [answer.id, entry.id]))
  }
  for (const closing of closings) {
    const against = contradiction(contract, closing)
    if (against !== null) faults.push(whole(contract, closing.author, 'SIGNED_BREACH', [closing.id, against]))
  }
  return faults
}

/** CON-37: a closing names as evidence an end by signature that stands above the end it claims. */
function contradiction(contract: Contract, closing: HaggleRecord<'closing'>): RecordId | null {
  for (const id of closing.body.evidence) {
    const stage = contract.nodes.get(id)?.stage
    if (stage?.kind !== 'ended' || !bySignature(stage.outcome)) continue
    if (rankOf(stage.outcome) > rankOf(closing.body.outcome)) return id
  }
  return null
}

function bySignature(outcome: Outcome): boolean {
  return outcome.fault === 'CONCEDE' || ['withdrawn', 'cancelled', 'failed', 'settled'].includes(outcome.end)
}

/** The fault that an end itself names, or null. */
export function faultOfEnd(contract: Contract, outcome: Outcome, by: HaggleRecord | null): Fault | null {
  const { party, fault } = outcome
  if (party === null || fault === null) return null
  const evidence = by === null ? [] : [by.id]
  const milestone = by !== null && 'milestone' in by.body ? by.body.milestone : 0
  if (fault === 'BAD' || fault === 'CONCEDE') {
    const prev = by?.type === 'reject' || by?.type === 'concede' ? [by.body.prev] : []
    const slash = milestoneStake(contract, milestone)
    return { party, fault, milestone, slash, grade: 'self-proving', evidence: [...prev, ...evidence] }
  }
  if (fault === 'WITHDRAW' && by?.type === 'withdraw') {
    return { party, fault, milestone, slash: withdrawalSlash(contract, by), grade: 'self-proving', evidence }
  }
  return whole(contract, party, fault, evidence)
}

function whole(contract: Contract, party: AgentKey, fault: FaultCode, evidence: readonly RecordId[]): Fault {
  return { party, fault, milestone: null, slash: stakeOf(contract, party), grade: 'self-proving', evidence }
}

/**
 * CON-38: of several faults the largest per (milestone, party) counts, and no party loses more than its stake. A fault on
 * the whole contract takes the whole stake, so beside it the same party's others cost nothing more.
 */
export function countingFaults(contract: Contract, faults: readonly Fault[]): Fault[] {
  const largest = new Map<string, Fault>()
  for (const fault of faults.toSorted(compare)) {
    const key = `${fault.party}/${fault.milestone ?? 'contract'}`
    const known = largest.get(key)
    if (known === undefined || fault.slash > known.slash) largest.set(key, fault)
  }
  const left = new Map<AgentKey, number>()
  return [...largest.values()]
    .toSorted((a, b) => b.slash - a.slash || compare(a, b))
    .map((fault) => {
      const rest = left.get(fault.party) ?? stakeOf(contract, fault.party)
      const slash = Math.min(fault.slash, rest)
      left.set(fault.party, rest - slash)
      return { ...fault, slash }
    })
    .toSorted(compare)
}

function compare(a: Fault, b: Fault): number {
  if (a.party !== b.party) return a.party < b.party ? -1 : 1
  if (a.milestone !== b.milestone) return (a.milestone ?? -1) - (b.milestone ?? -1)
  if (a.fault !== b.fault) return a.fault < b.fault ? -1 : 1
  return a.evidence.join() < b.evidence.join() ? -1 : 1
}

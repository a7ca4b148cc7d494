import type { HaggleRecord, Outcome, RecordId } from '@haggle/protocol'
import { isBound, isOpened, type Contract } from '../contract/contract.ts'
import { faultOf, nobodysFault, outcomeAfterCheck, rankOf } from '../contract/ends.ts'
import { countingFaults, faultOfEnd, recheck, selfProvingFaults } from './faults.ts'
import { inFileOrder } from './file-order.ts'
import { foldContract } from './fold.ts'
import { forgeriesOf } from './forged-generation.ts'
import type { Fault, JudgePorts, Verdict } from './verdict.ts'

/**
 * What the records of one task prove: one verdict per contract, by generation. Pure, without a clock, and independent of the
 * order of the records; they must be authenticated. Records that fit nowhere prove nothing and are passed over.
 */
export function judge(records: readonly HaggleRecord[], ports: JudgePorts): Verdict[] {
  const ordered = inFileOrder([...new Map(records.map((record) => [record.id, record])).values()])
  const awards = ordered.filter((record) => record.type === 'award')
  return awards.map((award) => judgeContract(award, awards, ordered, ports))
}

/** One end that the records support, and the record it rests on. */
interface Claim {
  readonly outcome: Outcome
  readonly by: HaggleRecord | null
}

function judgeContract(
  award: HaggleRecord<'award'>,
  awards: readonly HaggleRecord<'award'>[],
  records: readonly HaggleRecord[],
  ports: JudgePorts,
): Verdict {
  const { contract } = foldContract(award, records)
  const reopenings = records.filter((record) => record.type === 'reopening')
  const closings = records.filter((record) => record.type === 'closing').filter((each) => isOwnClosing(contract, each))
  const forgeries = forgeriesOf(contract, reopenings)
  const awardForks = forksOfAward(award, awards)
  const end = highest([
    ...endsInEntries(contract, ports),
    ...endsByTask(contract, reopenings, closings),
    ...voids(contract, awardForks, records),
    ...forgeries.map((id) => forged(contract, records, id)),
  ])
  const faults = faultsThatCount(
    contract,
    end,
    selfProvingFaults(contract, ports, forgeries, awardForks, closings),
    forgeries.length > 0,
  )
  return verdict(contract, end, faults)
}

function verdict(contract: Contract, end: Claim | null, faults: readonly Fault[]): Verdict {
  const { award } = contract
  const { terms, task, generation, price } = award.body
  const main = mainFault(end, faults)
  const evidence = new Set<RecordId>(faults.flatMap((fault) => fault.evidence))
  if (end?.by) evidence.add(end.by.id)
  return {
    contract: award.id,
    task,
    generation,
    requester: contract.requester,
    worker: contract.worker,
    price,
    stakes: { requester: terms.stakeRequester, worker: terms.stakeWorker },
    end: end?.outcome.end ?? null,
    party: main?.party ?? null,
    fault: main?.fault ?? null,
    grade: main?.grade ?? null,
    slash: main?.slash ?? 0,
    faults,
    openAt: end === null ? contract.entries.length - 1 : null,
    milestonesApproved: approvedMilestones(contract),
    evidence: [...evidence].toSorted(),
  }
}

/** The fault that the end names, if it counts; else the dearest one. */
function mainFault(end: Claim | null, faults: readonly Fault[]): Fault | null {
  const named = faults.find((each) => each.party === end?.outcome.party && each.fault === end.outcome.fault)
  if (named !== undefined) return named
  return faults.toSorted((a, b) => b.slash - a.slash)[0] ?? null
}

/** Ends that entries of any branch make; a timeout alone leaves the contract Undecided (CON-30). */
function endsInEntries(contract: Contract, ports: JudgePorts): Claim[] {
  const claims: Claim[] = []
  for (const { entry, stage } of contract.nodes.values()) {
    if (stage.kind === 'timed-out') claims.push({ outcome: nobodysFault('undecided'), by: entry })
    const outcome = outcomeAfterCheck(contract, stage, (delivery) => recheck(contract, ports, delivery))
    if (outcome === null) continue
    const isFault = outcome.end === 'withdrawn' && isBound(contract)
    claims.push({ outcome: isFault ? faultOf('withdrawn', contract.worker, 'WITHDRAW') : outcome, by: entry })
  }
  return claims
}

/** CON-31: a contract without an end of its own ends when its task goes on, or when a party closes it as over. */
function endsByTask(
  contract: Contract,
  reopenings: readonly HaggleRecord<'reopening'>[],
  closings: readonly HaggleRecord<'closing'>[],
): Claim[] {
  const { generation, task } = contract.award.body
  const claims: Claim[] = []
  for (const reopening of reopenings) {
    const { body } = reopening
    if (reopening.author !== contract.requester || body.task !== task || body.generation <= generation) continue
    const isLapse = body.generation === generation + 1 && body.reason === 'lapsed' && !isOpened(contract)
    claims.push({ outcome: nobodysFault(isLapse ? 'lapsed' : 'undecided'), by: reopening })
  }
  for (const closing of closings) {
    const { end } = closing.body.outcome
    if (end === 'undecided' || (end === 'lapsed' && !isOpened(contract))) {
      claims.push({ outcome: nobodysFault(end), by: closing })
    }
  }
  return claims
}

function voids(contract: Contract, awardForks: readonly RecordId[], records: readonly HaggleRecord[]): Claim[] {
  const claims: Claim[] = contract.forks.map((fork) => ({ outcome: faultOf('void', fork.author, 'FORK'), by: fork }))
  if (awardForks.length === 0) return claims
  const other = records.find((record) => awardForks.includes(record.id) && record.id !== contract.award.id) ?? null
  return [{ outcome: faultOf('void', contract.requester, 'FORK'), by: other }, ...claims]
}

function forged(contract: Contract, records: readonly HaggleRecord[], id: RecordId): Claim {
  const by = records.find((record) => record.id === id) ?? null
  return { outcome: faultOf('breached', contract.requester, 'FORGED_GENERATION'), by }
}

/** CON-14: the highest of all ends that the records support; of equal ones that of the requester's fault, then of the lowest id. */
function highest(claims: readonly Claim[]): Claim | null {
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

/** CON-36: the fault of the final end and the self-proving ones; under Void or a forged generation only its author's. */
function faultsThatCount(
  contract: Contract,
  end: Claim | null,
  selfProving: readonly Fault[],
  isForged: boolean,
): Fault[] {
  const ofEnd = end === null ? null : faultOfEnd(contract, end.outcome, end.by)
  const isNew = ofEnd !== null && !selfProving.some((each) => each.party === ofEnd.party && each.fault === ofEnd.fault)
  const all = isNew ? [...selfProving, ofEnd] : [...selfProving]
  const authors = new Set(selfProving.filter((each) => each.fault === 'FORK').map((each) => each.party))
  const counted = all.filter((each) => {
    if (isForged) return each.party === contract.requester
    return end?.outcome.end !== 'void' || authors.has(each.party)
  })
  return countingFaults(contract, counted)
}

/** Two awards by one author on one prev are a fork too: they void every contract that hangs on it. */
function forksOfAward(award: HaggleRecord<'award'>, awards: readonly HaggleRecord<'award'>[]): RecordId[] {
  const same = awards.filter((other) => other.author === award.author && other.body.prev === award.body.prev)
  return same.length < 2 ? [] : same.map((other) => other.id).toSorted()
}

function isOwnClosing(contract: Contract, closing: HaggleRecord<'closing'>): boolean {
  const isParty = closing.author === contract.requester || closing.author === contract.worker
  return isParty && closing.body.contract === contract.award.id
}

function approvedMilestones(contract: Contract): number {
  return contract.entries.filter((entry) => {
    if (entry.type !== 'approve') return false
    return contract.nodes.get(entry.body.prev)?.entry.type === 'deliver'
  }).length
}

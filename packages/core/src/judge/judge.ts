import type { HaggleRecord, RecordId } from '@haggle/protocol'
import { allCertificates } from '../contract/certificates.ts'
import { hasPanel, type Contract } from '../contract/contract.ts'
import { endsByTask, endsInEntries, forged, highest, voids, withoutBeaten, type Claim } from './claims.ts'
import { countingFaults, faultOfEnd, forgeryFault, selfProvingFaults, silentReviews } from './faults.ts'
import { inFileOrder } from './file-order.ts'
import { foldContract } from './fold.ts'
import { forgeriesOf } from './forged-generation.ts'
import type { CertificateView, Fault, JudgePorts, Verdict } from './verdict.ts'

/**
 * What the records of one task prove: one verdict per contract, by generation. Pure, without a clock, and independent of the
 * order of the records; they must be authenticated. Records that fit nowhere prove nothing and are passed over.
 */
export function judge(records: readonly HaggleRecord[], ports: JudgePorts): Verdict[] {
  return judgedContracts(records, ports).map(({ verdict }) => verdict)
}

/** A verdict with what it was read from. */
export interface Judged {
  readonly verdict: Verdict
  readonly contract: Contract
  readonly closings: readonly HaggleRecord<'closing'>[]
  /** Whether the contract has an end that no closing makes. */
  readonly isOver: boolean
}

/** `judge`, for who needs the contracts too. */
export function judgedContracts(records: readonly HaggleRecord[], ports: JudgePorts): Judged[] {
  const ordered = inFileOrder([...new Map(records.map((record) => [record.id, record])).values()])
  const awards = ordered.filter((record) => record.type === 'award')
  return awards.map((award) => judgeContract(award, awards, ordered, ports))
}

function judgeContract(
  award: HaggleRecord<'award'>,
  awards: readonly HaggleRecord<'award'>[],
  records: readonly HaggleRecord[],
  ports: JudgePorts,
): Judged {
  const { contract } = foldContract(award, records)
  const reopenings = records.filter((record) => record.type === 'reopening')
  const closings = records.filter((record) => record.type === 'closing').filter((each) => isOwnClosing(contract, each))
  const forgeries = forgeriesOf(contract, reopenings)
  const awardForks = forksOfAward(award, awards)
  const claims = [
    ...endsInEntries(contract, ports),
    ...endsByTask(contract, reopenings, closings),
    ...voids(contract, awardForks, records),
    ...forgeries.map((forgery) => forged(contract, records, forgery)),
  ]
  const end = highest(withoutBeaten(contract, claims))
  const proven = [
    ...selfProvingFaults(contract, ports, awardForks, closings),
    ...forgeries.map((forgery) => forgeryFault(contract, forgery)),
  ]
  const faults = faultsThatCount(contract, end, proven, forgeries.length > 0)
  const isOver = claims.some(({ by }) => by?.type !== 'closing')
  return { verdict: verdictOf(contract, end, faults), contract, closings, isOver }
}

function verdictOf(contract: Contract, end: Claim | null, faults: readonly Fault[]): Verdict {
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
    panel: hasPanel(contract) ? award.body.panel.length : 0,
    votes: contract.votes.length,
    certificates: certificatesSeen(contract),
    evidence: [...evidence].toSorted(),
  }
}

/** The fault that the end names, if it counts; else the dearest one. */
function mainFault(end: Claim | null, faults: readonly Fault[]): Fault | null {
  const named = faults.find((each) => each.party === end?.outcome.party && each.fault === end.outcome.fault)
  if (named !== undefined) return named
  return faults.toSorted((a, b) => b.slash - a.slash)[0] ?? null
}

/** Every certificate of the contract, by slot and verdict. */
function certificatesSeen(contract: Contract): CertificateView[] {
  return [...allCertificates(contract)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([slotId, { slot, timely, late, absent }]) =>
      [...timely, ...late, ...absent].map(({ verdict: said, at, due, votes }) => ({
        ...{ slotId, slot, verdict: said, at, due, votes },
      })),
    )
}

/** CON-36: the fault of the final end, the silent reviews on the way to it, and the self-proving ones; under Void or a forged generation only its author's. */
function faultsThatCount(
  contract: Contract,
  end: Claim | null,
  selfProving: readonly Fault[],
  isForged: boolean,
): Fault[] {
  const ofEnd = end === null ? null : faultOfEnd(contract, end)
  const isNew = ofEnd !== null && !selfProving.some((each) => each.party === ofEnd.party && each.fault === ofEnd.fault)
  const all = [...selfProving, ...silentReviews(contract, end)]
  if (isNew) all.push(ofEnd)
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

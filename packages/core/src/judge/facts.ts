import {
  MICRO,
  protocolParams,
  type AgentKey,
  type HaggleRecord,
  type RecordId,
  type Timestamp,
} from '@haggle/protocol'
import type { Contract } from '../contract/contract.ts'
import { milestoneStake } from '../contract/slash.ts'
import type { CreditFact, Facts, FaultFact, PledgeFact, TombstoneFact } from '../score/facts.ts'
import { contradictsItself, doubleVotes } from '../witness/certificate.ts'
import { faultIdOf } from './fault-id.ts'
import { judgedContracts, type Judged } from './judge.ts'
import type { JudgePorts, Verdict } from './verdict.ts'

/** VER-16: what signing evidence costs that no honest agent can sign. */
const INVALID_EVIDENCE = 5 * MICRO

interface MutableFacts {
  readonly credits: CreditFact[]
  readonly faults: FaultFact[]
  readonly pledges: PledgeFact[]
  readonly tombstones: TombstoneFact[]
}

/**
 * VER-14: what a set of authenticated records proves, as scores read it. A pure function of the set; records of tasks that have nothing to
 * do with each other make their facts apart.
 */
export function factsOf(records: readonly HaggleRecord[], ports: JudgePorts): Facts {
  const facts: MutableFacts = { credits: [], faults: [], pledges: [], tombstones: [] }
  for (const task of byTask(records)) addTask(facts, task, ports)
  const votes = records.filter((record) => record.type === 'vote')
  for (const [a, b] of doubleVotes(votes)) facts.tombstones.push({ party: a.author, proof: [a.id, b.id] })
  return facts
}

/** The records of each task that has an award here: what `judge` reads, without the rest of the set. */
function byTask(records: readonly HaggleRecord[]): Iterable<readonly HaggleRecord[]> {
  const taskOf = new Map<RecordId, RecordId>()
  const tasks = new Map<RecordId, HaggleRecord[]>()
  for (const record of records) {
    if (record.type !== 'award') continue
    taskOf.set(record.id, record.body.task)
    tasks.set(record.body.task, [])
  }
  for (const record of records) {
    const { body } = record
    const task =
      record.type === 'award' || record.type === 'reopening'
        ? record.body.task
        : 'contract' in body
          ? taskOf.get(body.contract)
          : undefined
    if (task !== undefined) tasks.get(task)?.push(record)
  }
  return tasks.values()
}

function addTask(facts: MutableFacts, records: readonly HaggleRecord[], ports: JudgePorts): void {
  const byId = new Map(records.map((record) => [record.id, record]))
  for (const judged of judgedContracts(records, ports)) {
    const { verdict, contract, closings } = judged
    const credit = creditOf(contract, closings)
    if (credit !== null) facts.credits.push(credit)
    facts.faults.push(...faultsOf(contract, verdict, byId), ...invalidVotes(contract.award, records))
    facts.pledges.push(...pledgesOf(judged))
  }
}

/** Stake times the share of what was approved; the requester's own closing as settled stands for all of it. */
function creditOf(contract: Contract, closings: readonly HaggleRecord<'closing'>[]): CreditFact | null {
  const { award, requester, worker } = contract
  const approvals = contract.entries.filter(
    (entry) => entry.type === 'approve' && contract.nodes.get(entry.body.prev)?.entry.type === 'deliver',
  )
  const settled = closings.find(({ author, body }) => {
    return author === requester && body.outcome.end === 'settled' && body.outcome.fault === null
  })
  const approved = new Map<number, Timestamp>()
  for (const { body } of approvals) if ('milestone' in body) approved.set(body.milestone, body.at)
  if (settled !== undefined)
    award.body.terms.milestones.forEach((_, index) => approved.set(index, approved.get(index) ?? settled.body.at))
  let amount = 0
  let newest = 0
  for (const [milestone, at] of approved) {
    amount += milestoneStake(contract, milestone)
    newest = Math.max(newest, at)
  }
  if (amount === 0) return null
  const { skill } = award.body.terms
  return { from: requester, to: worker, amount, skill, epoch: epochOf(within(award, newest)), contract: award.id }
}

/** Every proven fault that costs something; what one side alleges never gets here. */
function faultsOf(contract: Contract, verdict: Verdict, byId: ReadonlyMap<RecordId, HaggleRecord>): FaultFact[] {
  const { award } = contract
  return verdict.faults.flatMap(({ id, party, fault, grade, slash, evidence }) => {
    if (grade === 'alleged' || slash === 0) return []
    const times = evidence.map((each) => byId.get(each)?.body.at ?? 0)
    const stake = party === contract.requester ? verdict.stakes.requester : verdict.stakes.worker
    const epoch = epochOf(within(award, Math.max(award.body.at, ...times)))
    return [{ id, party, contract: award.id, skill: award.body.terms.skill, fault, grade, slash, stake, epoch }]
  })
}

/** VER-16: votes on this contract that contradict themselves, or are by nobody of its panel: one signature and the award prove it. */
function invalidVotes(award: HaggleRecord<'award'>, records: readonly HaggleRecord[]): FaultFact[] {
  const worst = new Map<AgentKey, HaggleRecord<'vote'>>()
  for (const record of records) {
    if (record.type !== 'vote' || !contradictsItself(award, record)) continue
    const known = worst.get(record.author)
    if (known === undefined || record.id < known.id) worst.set(record.author, record)
  }
  return [...worst.values()].map(({ id, author, body }) => ({
    id: faultIdOf(award.id, author, null),
    party: author,
    // No fault of a party in its contract: it must not take the place of a pledge.
    contract: id,
    skill: award.body.terms.skill,
    fault: 'SIGNED_BREACH',
    grade: 'self-proving',
    slash: INVALID_EVIDENCE,
    stake: 0,
    epoch: epochOf(within(award, body.at)),
  }))
}

/**
 * The award is the requester's pledge, the ACCEPT the worker's; each until its owner closed what is over, is at fault, or its time is up. The
 * requester's word that it was served, or that it bound nobody, sets its worker free.
 */
function pledgesOf({ contract, verdict, isOver, closings }: Judged): PledgeFact[] {
  const { award, requester, worker } = contract
  const isAccepted = contract.entries.some((entry) => entry.type === 'accept')
  const sides = [
    { party: requester, stake: verdict.stakes.requester, pledged: true },
    { party: worker, stake: verdict.stakes.worker, pledged: isAccepted },
  ]
  const untilEpoch = epochOf(award.body.exposureUntil)
  return sides.flatMap(({ party, stake, pledged }) => {
    const isBooked = verdict.faults.some((fault) => fault.party === party && fault.slash > 0)
    const isClosed = closings.some(
      (closing) =>
        (closing.author === party && isValid(contract, closing, isOver, closings)) || freesWorker(contract, closing),
    )
    return pledged && stake > 0 && !isBooked && !isClosed ? [{ party, contract: award.id, stake, untilEpoch }] : []
  })
}

/**
 * A closing ends its owner's pledge only where something else shows that the contract is over: its records, the same word of the other side,
 * or its time. Of the requester alone a settlement burdens nobody else, and a lapse is its own to say while it has opened nothing.
 */
function isValid(
  contract: Contract,
  closing: HaggleRecord<'closing'>,
  isOver: boolean,
  closings: readonly HaggleRecord<'closing'>[],
): boolean {
  const { author, body } = closing
  const { end } = body.outcome
  if (isOver || body.at > contract.award.body.exposureUntil || freesWorker(contract, closing)) return true
  return closings.some((other) => other.author !== author && other.body.outcome.end === end)
}

function freesWorker({ requester, opening }: Contract, { author, body }: HaggleRecord<'closing'>): boolean {
  const { end } = body.outcome
  return author === requester && (end === 'settled' || (end === 'lapsed' && opening === null))
}

/** Nobody dates a fault or an approval out of the life of its contract. */
function within({ body }: HaggleRecord<'award'>, at: Timestamp): Timestamp {
  return Math.min(Math.max(at, body.at), body.exposureUntil)
}

function epochOf(at: Timestamp): number {
  return Math.floor(at / protocolParams.epochMs)
}

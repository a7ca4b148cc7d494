import { protocolParams, type AgentKey, type HaggleRecord, type Instant, type RecordId } from '@haggle/protocol'
import { factsOf } from '../judge/facts.ts'
import type { JudgePorts } from '../judge/verdict.ts'
import type { Facts, PledgeFact } from '../score/facts.ts'
import { computeScores, type Scores } from '../score/scores.ts'
import { EvidenceSet, type EvidenceAdmission, type EvidenceAside } from './evidence-set.ts'
import { isEvidence, type EvidenceRecord } from './place.ts'

/** How often what our own contracts add is counted in: a hundred of them in a second are one reckoning. */
const COUNTED_EVERY_MS = 1_000
/** EVI-19: a reckoning goes over all tasks: for so many of them the next one comes a second later. */
const TASKS_A_SECOND = 500
/** A log that is read from its beginning adds more than is kept of it: counted in now and then, it does not pile up. */
const MOST_WAITING = 4_096
/** EVI-08: so much may one agent fill with contracts that it awarded. */
const RECORDS_PER_AUTHOR = 4_096
/** EVI-10: by then a fault weighs less than a hundredth of what it did. */
const FAULT_LASTS_EPOCHS = 7 * protocolParams.faultHalfLifeEpochs

/**
 * What a file proves to everybody follows from its records alone: a payload that one machine has and another has not would give them
 * different numbers.
 */
const withoutPayloads: JudgePorts = { checkResult: () => ({ kind: 'unknown' }), payload: () => undefined }

/** All that a ledger cannot find out again, as values. */
export interface LedgerMemory {
  readonly records: readonly EvidenceRecord[]
  readonly waiting: readonly EvidenceRecord[]
  readonly countedAt: Instant | null
  readonly aside: EvidenceAside
}

/** What is supposed of one agent's pledges. */
export interface OtherPledges {
  readonly without: ReadonlySet<RecordId>
  readonly besides: readonly PledgeFact[]
}

/** The evidence that this agent keeps, and the scores that follow from it. What our own contracts add waits a moment before it is counted. */
export class Ledger {
  readonly #set: EvidenceSet
  readonly #roots: readonly AgentKey[]
  #isNear: (agent: AgentKey) => boolean
  #waiting: EvidenceRecord[] = []
  #countedAt: Instant | null = null
  readonly #contracts = new Map<RecordId, Set<RecordId>>()
  readonly #facts = new Map<RecordId, Facts>()
  #scores: Scores | null = null

  /** `isNear`: whether a contract of this agent could matter to us. A ledger may begin with the memory of another one. */
  constructor(roots: readonly AgentKey[], isNear: (agent: AgentKey) => boolean, memory?: LedgerMemory) {
    this.#roots = roots
    this.#isNear = isNear
    this.#set = new EvidenceSet({
      isRelevant: (agent) => this.#isNear(agent),
      heldUntil: (dossier) => lastsUntil(factsOf(dossier, withoutPayloads)),
      quotaOf: () => RECORDS_PER_AUTHOR,
    })
    this.putBack(memory?.records ?? [])
    this.#waiting = [...(memory?.waiting ?? [])]
    if (memory !== undefined) this.#set.setAside(memory.aside)
    this.#countedAt = memory?.countedAt ?? null
  }

  memory(): LedgerMemory {
    const { records, waiting } = this.counted()
    return { records, waiting, countedAt: this.#countedAt, aside: this.#set.aside() }
  }

  /** What was counted in, and what waits for that. */
  counted(): Pick<LedgerMemory, 'records' | 'waiting'> {
    return { records: [...this.#set.records()], waiting: [...this.#waiting] }
  }

  /** The set as it is compared with that of a peer. */
  get set(): EvidenceSet {
    return this.#set
  }

  /** From now on another says whose contracts matter: whoever gave its memory to this one had taken what it holds. */
  nearTo(isNear: (agent: AgentKey) => boolean): void {
    this.#isNear = isNear
  }

  /** Ourselves and the anchors that we trust. */
  isRoot(agent: AgentKey): boolean {
    return this.#roots.includes(agent)
  }

  /** What a contract of our own adds: counted with the next reckoning, or before very much waits for it. */
  note(record: HaggleRecord): void {
    if (!isEvidence(record)) return
    this.#waiting.push(record)
    if (this.#waiting.length >= MOST_WAITING) this.countIn()
  }

  /** Counts in what waits, unless the last reckoning was a moment ago. `soon`: now, since somebody is shown the set. */
  reckon(now: Instant, soon = false): void {
    if (this.#waiting.length === 0) return
    const rest = COUNTED_EVERY_MS * (1 + Math.floor(this.#contracts.size / TASKS_A_SECOND))
    if (!soon && this.#countedAt !== null && now < this.#countedAt + rest) return
    this.#countedAt = now
    this.countIn()
  }

  /** Counts in what waits, whatever the clock says: what comes from the log may stand on it. */
  countIn(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#settle(this.#nearToAll(() => this.#set.admitTogether(waiting)))
  }

  /** Takes in what stands in our own log: whom we heard of when it was of interest nobody remembers. */
  readmit(record: HaggleRecord, epoch: number): EvidenceAdmission {
    return this.#nearToAll(() => this.admit(record, epoch))
  }

  /** Puts back what this set, or the one before it, held: it had its place, so nothing gives way to it. */
  putBack(records: readonly HaggleRecord[]): void {
    this.#settle(this.#nearToAll(() => this.#set.putBack(records)))
  }

  #nearToAll<T>(act: () => T): T {
    const isNear = this.#isNear
    this.#isNear = () => true
    const answer = act()
    this.#isNear = isNear
    return answer
  }

  /** Takes in one verified record; says what it added. */
  admit(record: HaggleRecord, epoch: number): EvidenceAdmission {
    const admission = this.#set.admit(record, epoch)
    this.#settle(admission.taken)
    return admission
  }

  /** Whom we could deal with has changed: what was of no interest may be now. */
  reconsider(): void {
    this.#set.reconsider()
  }

  /** Everybody's scores as our roots see them, in an epoch. */
  scores(epoch: number): Scores {
    if (this.#scores?.epoch === epoch) return this.#scores
    this.#scores = computeScores(this.facts(), this.#roots, protocolParams, epoch)
    return this.#scores
  }

  /** As if an agent had nothing at stake in these contracts, and had pledged something besides. */
  scoresIf(epoch: number, agent: AgentKey, { without, besides }: OtherPledges): Scores {
    if (without.size === 0 && besides.length === 0) return this.scores(epoch)
    const facts = this.facts()
    const pledges = facts.pledges.filter(({ party, contract }) => party !== agent || !without.has(contract))
    return computeScores({ ...facts, pledges: [...pledges, ...besides] }, this.#roots, protocolParams, epoch)
  }

  /** All that the set proves. */
  facts(): Facts {
    const all = [...this.#contracts.keys()].map((task) => this.#factsOfTask(task))
    return {
      credits: all.flatMap(({ credits }) => credits),
      faults: all.flatMap(({ faults }) => faults),
      pledges: all.flatMap(({ pledges }) => pledges),
      tombstones: all.flatMap(({ tombstones }) => tombstones),
    }
  }

  #factsOfTask(task: RecordId): Facts {
    const known = this.#facts.get(task)
    if (known !== undefined) return known
    const contracts = this.#contracts.get(task) ?? new Set()
    const records = [...contracts].flatMap((contract) => [...this.#set.dossier(contract)])
    const facts = factsOf([...new Map(records.map((record) => [record.id, record])).values()], withoutPayloads)
    this.#facts.set(task, facts)
    // EVI-10: what two contracts of a task prove together neither of them proves alone.
    const heldUntil = contracts.size > 1 ? lastsUntil(facts) : 0
    if (heldUntil > 0) for (const contract of contracts) this.#set.pin(contract, heldUntil)
    return facts
  }

  /** The set has changed: this was taken, and other contracts may have given way. */
  #settle(taken: readonly EvidenceRecord[]): void {
    for (const record of taken) this.#spoil(record)
    for (const award of this.#set.takeGivenWay()) this.#forget(award)
  }

  /** What was found out about the task of a record holds no more. */
  #spoil(record: EvidenceRecord): void {
    this.#scores = null
    if (record.type === 'award') {
      const contracts = this.#contracts.get(record.body.task) ?? new Set()
      this.#contracts.set(record.body.task, contracts.add(record.id))
    }
    const task = this.#taskOf(record)
    if (task !== null) this.#facts.delete(task)
  }

  #taskOf(record: EvidenceRecord): RecordId | null {
    if ('task' in record.body) return record.body.task
    const award = 'contract' in record.body ? this.#set.get(record.body.contract) : undefined
    return award?.type === 'award' ? award.body.task : null
  }

  /** A contract gave way: what was found out about its task holds no more, and of one that is gone there is nothing to find out. */
  #forget({ id, body: { task } }: HaggleRecord<'award'>): void {
    this.#scores = null
    this.#facts.delete(task)
    if (this.#set.has(id)) return
    const contracts = this.#contracts.get(task)
    contracts?.delete(id)
    if (contracts?.size === 0) this.#contracts.delete(task)
  }
}

/** EVI-10: a fault is kept until it has decayed, and what is pledged until it is not. */
function lastsUntil({ faults, pledges, tombstones }: Facts): number {
  if (tombstones.length > 0) return Number.MAX_SAFE_INTEGER
  return Math.max(
    0,
    ...faults.map(({ epoch }) => epoch + FAULT_LASTS_EPOCHS),
    ...pledges.map(({ untilEpoch }) => untilEpoch),
  )
}

import { bounds, type AgentKey, type HaggleRecord, type RecordId } from '@haggle/protocol'
import { Companions } from './companions.ts'
import { Dossier } from './dossier.ts'
import { digestOf, idOfKey, keysOf, noKeys, withKey, withoutKey, type KeyTree } from './key-tree.ts'
import { awardsFirst, epochOfRecord, isEvidence, keyOfRecord, placeOf, type EvidenceRecord } from './place.ts'
import type { Reconcilable } from './reconciliation.ts'
import { Unwanted, type UnwantedReason } from './unwanted.ts'
import { WaitingRoom } from './waiting-room.ts'

/** What a set asks of its owner: pure functions, which give the same answer for the same records and scores. */
export interface EvidenceRules {
  /** EVI-05: whether a contract is of interest: `award` binds its author, and its worker as soon as that one has accepted it. */
  isRelevant(agent: AgentKey): boolean
  /** EVI-10: the epoch before which nothing of a dossier may be dropped: of a fault until it has decayed, of a pledge until it ends; else 0. */
  heldUntil(dossier: readonly EvidenceRecord[]): number
  /** EVI-08: how many records the contracts that an agent awarded may fill. */
  quotaOf(author: AgentKey): number
}

/** What became of a record that was offered: `taken`, or why not. */
export type EvidenceAnswer =
  'taken' | 'known' | 'waiting' | 'no-evidence' | 'future' | 'irrelevant' | 'unwanted' | 'stranger' | 'quota' | 'full'

/** `taken` lists every record that entered the set by this: the offered one, and those that waited for it. */
export interface EvidenceAdmission {
  readonly answer: EvidenceAnswer
  readonly taken: readonly EvidenceRecord[]
}

/** What a set has heard of and does not hold. */
export interface EvidenceAside {
  readonly waiting: readonly (readonly [group: RecordId, record: EvidenceRecord])[]
  readonly unwanted: readonly (readonly [id: RecordId, group: RecordId, reason: UnwantedReason])[]
}

interface Item {
  readonly record: EvidenceRecord
  /** Who awarded the contract for which it is here. */
  readonly payer: AgentKey
}

/** A record that has a place in the chain of its author. */
type ChainLink = Extract<EvidenceRecord, { readonly type: 'award' | 'accept' | 'closing' }>

/** A full set, or a full quota, makes room for one in so many of what it holds at once. */
const SLACK = 128
/** EVI-08: one in so many places is kept for records of contracts whose award is held: what ends or convicts comes last. */
const KEPT_FOR_MEMBERS = 8
/** Where nothing could be dropped, it is tried again after so many new records, or in the next epoch. */
const PATIENCE = 64

/**
 * All evidence that this agent keeps. It grows, and gives way only where it is full: what praises first, what accuses or binds never before its time.
 * Its digest follows from its records alone. Everything in it was verified before it came here.
 */
export class EvidenceSet implements Reconcilable {
  readonly #rules: EvidenceRules
  readonly #items = new Map<RecordId, Item>()
  readonly #dossiers = new Map<RecordId, Dossier>()
  readonly #companions = new Companions()
  readonly #waiting = new WaitingRoom()
  readonly #unwanted = new Unwanted()
  readonly #counts = new Map<AgentKey, number>()
  readonly #pins = new Map<RecordId, number>()
  /** Of whom nothing more could be dropped, and when that was found out; '' for all together. */
  readonly #stuck = new Map<AgentKey | '', { readonly epoch: number; readonly taken: number }>()
  readonly #most: number
  #tree: KeyTree = noKeys
  #taken = 0
  /** What is being admitted makes no room for itself, as long as the whole set has some. */
  #isRoomy = false
  #gaveWay: HaggleRecord<'award'>[] = []

  /** `most` records at once: `bounds.evidence` unless there is a reason to keep fewer. */
  constructor(rules: EvidenceRules, most: number = bounds.evidence) {
    this.#rules = rules
    this.#most = most
  }

  get tree(): KeyTree {
    return this.#tree
  }

  get size(): number {
    return this.#items.size
  }

  /** EVI-04: equal for equal sets, and for no others. */
  digest(): string {
    return digestOf(this.#tree)
  }

  has(id: RecordId): boolean {
    return this.#items.has(id)
  }

  get(id: RecordId): EvidenceRecord | undefined {
    return this.#items.get(id)?.record
  }

  wants(id: RecordId): boolean {
    return !this.#items.has(id) && !this.#waiting.has(id) && !this.#unwanted.has(id)
  }

  /** Whether the award of a dossier that is whole names this record. */
  isNamed(record: HaggleRecord): boolean {
    if (!isEvidence(record)) return false
    const { kind, group } = placeOf(record)
    return kind === 'companion' && this.#companions.placeFor(group, record) !== null
  }

  /** What is not held and still moves answers: records that wait, and ids that are not wanted. */
  aside(): EvidenceAside {
    return { waiting: [...this.#waiting.entries()], unwanted: [...this.#unwanted.entries()] }
  }

  /** Puts that back into a set that has nothing of it. */
  setAside({ waiting, unwanted }: EvidenceAside): void {
    for (const [group, record] of waiting) this.#waiting.add(group, record)
    for (const [id, group, reason] of unwanted) this.#unwanted.add(id, group, reason)
  }

  /** Every contract of which the award is held. */
  contracts(): Iterable<RecordId> {
    return this.#dossiers.keys()
  }

  /** The evidence of one contract, by (epoch, id): its own records, and those that its award names. */
  dossier(contract: RecordId): readonly EvidenceRecord[] {
    const dossier = this.#dossiers.get(contract)
    return dossier === undefined ? [] : this.#recordsOf(dossier)
  }

  /** All records, by (epoch, id). */
  *records(): Generator<EvidenceRecord> {
    for (const key of keysOf(this.#tree)) {
      const record = this.get(idOfKey(key))
      if (record !== undefined) yield record
    }
  }

  /** What is held of the chain of an agent (CON-11), in no order. */
  linksOf(author: AgentKey): readonly ChainLink[] {
    const links: ChainLink[] = []
    for (const { record } of this.#items.values()) if (record.author === author && isChained(record)) links.push(record)
    return links
  }

  /** EVI-18: those of these that are held, in the order in which they are handed over: awards first, so that nothing waits for its own. */
  inGivingOrder(ids: readonly RecordId[]): readonly EvidenceRecord[] {
    return awardsFirst(ids.flatMap((id) => this.get(id) ?? []))
  }

  admit(record: HaggleRecord, epoch: number): EvidenceAdmission {
    if (!isEvidence(record)) return refused('no-evidence')
    if (this.#items.has(record.id)) return refused('known')
    if (this.#unwanted.has(record.id)) return refused('unwanted')
    // EVI-03: two correct clocks may stand on two sides of an hour.
    if (epochOfRecord(record) > epoch + 1) return refused('future')
    const place = placeOf(record)
    if (place.kind === 'companion') return this.#accompany(record, place.group, epoch)
    const dossier = this.#dossiers.get(place.group)
    if (dossier !== undefined) return this.#join(dossier, record, epoch)
    if (record.type === 'award') return this.#open(record, epoch)
    // EVI-11: whose award is not wanted is not wanted either.
    if (this.#unwanted.has(place.group)) return this.#refuse(record, place.group, 'irrelevant')
    const award = record.type === 'accept' ? this.#waiting.awardOf(place.group) : undefined
    const answer = this.#wait(record, place.group)
    return award?.body.worker === record.author ? this.#open(award, epoch) : answer
  }

  /** Puts back what was held before; says what that was. Nothing gives way to it: it had its place. */
  putBack(records: readonly HaggleRecord[]): readonly EvidenceRecord[] {
    this.#isRoomy = true
    const taken: EvidenceRecord[] = []
    for (const record of awardsFirst(records))
      if (isEvidence(record)) taken.push(...this.admit(record, epochOfRecord(record)).taken)
    this.#isRoomy = false
    return taken
  }

  /** Admits what comes together, each as of its own hour; room is made once, when all of it is here. Says what was taken. */
  admitTogether(records: readonly HaggleRecord[]): readonly EvidenceRecord[] {
    const taken = this.putBack(records)
    const newest = taken.reduce((latest, record) => Math.max(latest, epochOfRecord(record)), 0)
    const payers = new Set(taken.flatMap(({ id }) => this.#items.get(id)?.payer ?? []))
    for (const payer of payers) this.#makeRoom(payer, newest, KEPT_FOR_MEMBERS)
    return taken
  }

  /** EVI-10: nothing of a contract is dropped before this epoch, since something beyond its own dossier rests on it; and it is wanted again. */
  pin(contract: RecordId, untilEpoch: number): void {
    this.#pins.set(contract, Math.max(untilEpoch, this.#pins.get(contract) ?? 0))
    if (this.#pins.size > bounds.evidence) this.#unpinFirst()
    const dossier = this.#dossiers.get(contract)
    if (dossier !== undefined) this.#restore(dossier)
    else this.#unwanted.forget(contract)
  }

  /** The awards of all contracts that gave way since the last call, altogether or down to their summary. */
  takeGivenWay(): readonly HaggleRecord<'award'>[] {
    const gaveWay = this.#gaveWay
    if (gaveWay.length > 0) this.#gaveWay = []
    return gaveWay
  }

  /** EVI-11: what was refused gets another chance: whom the roots reach has changed. */
  reconsider(): void {
    this.#unwanted.forgetRefused()
  }

  #unpinFirst(): void {
    const [first] = [...this.#pins].toSorted(([, a], [, b]) => a - b)
    if (first !== undefined) this.#pins.delete(first[0])
  }

  #open(award: HaggleRecord<'award'>, epoch: number): EvidenceAdmission {
    const { worker } = award.body
    if (!this.#rules.isRelevant(award.author)) {
      if (!this.#rules.isRelevant(worker)) {
        for (const { id } of this.#waiting.take(award.id)) this.#unwanted.add(id, award.id, 'refused')
        return this.#refuse(award, award.id, 'irrelevant')
      }
      // A stranger's award that names somebody we know binds nobody but the stranger, unless it was accepted.
      const isAccepted = this.#waiting.of(award.id).some(({ type, author }) => type === 'accept' && author === worker)
      if (!isAccepted) return this.#wait(award, award.id)
    }
    const room = this.#makeRoom(award.author, epoch, KEPT_FOR_MEMBERS)
    if (room !== null) return this.#refuse(award, award.id, room)
    const dossier = new Dossier(award)
    this.#dossiers.set(award.id, dossier)
    this.#put(award, award.author)
    const names = this.#companions.use(dossier)
    for (const name of names) this.#unwanted.forget(name)
    return this.#withWaiting(award, [award.id, ...names], epoch)
  }

  #join(dossier: Dossier, record: EvidenceRecord, epoch: number): EvidenceAdmission {
    const objection = dossier.objection(record) ?? this.#makeRoom(dossier.award.author, epoch)
    if (objection !== null) return this.#refuse(record, dossier.id, objection)
    // Making room may have dropped the very dossier.
    if (!this.#dossiers.has(dossier.id)) return this.#refuse(record, dossier.id, 'full')
    dossier.add(record)
    this.#put(record, dossier.award.author)
    if (dossier.isSummary) this.#restore(dossier)
    return { answer: 'taken', taken: [record] }
  }

  #accompany(record: EvidenceRecord, name: RecordId, epoch: number): EvidenceAdmission {
    const place = this.#companions.placeFor(name, record)
    if (place === null) return this.#wait(record, name)
    const objection = typeof place === 'string' ? place : this.#makeRoom(place.award.author, epoch)
    // Making room may have dropped the last dossier that names it.
    const payer = this.#companions.placeFor(name, record)
    if (objection !== null || payer === null || typeof payer === 'string')
      return this.#refuse(record, name, objection ?? 'full')
    this.#companions.add(name, record)
    this.#put(record, payer.award.author)
    return { answer: 'taken', taken: [record] }
  }

  #withWaiting(first: EvidenceRecord, groups: readonly RecordId[], epoch: number): EvidenceAdmission {
    const waited = groups.flatMap((group) => this.#waiting.take(group))
    return { answer: 'taken', taken: [first, ...waited.flatMap((record) => this.admit(record, epoch).taken)] }
  }

  #wait(record: EvidenceRecord, group: RecordId): EvidenceAdmission {
    this.#waiting.add(group, record)
    return refused('waiting')
  }

  #refuse(record: EvidenceRecord, group: RecordId, answer: EvidenceAnswer): EvidenceAdmission {
    this.#unwanted.add(record.id, group, 'refused')
    return refused(answer)
  }

  #put(record: EvidenceRecord, payer: AgentKey): void {
    this.#items.set(record.id, { record, payer })
    this.#taken += 1
    this.#counts.set(payer, (this.#counts.get(payer) ?? 0) + 1)
    this.#tree = withKey(this.#tree, keyOfRecord(record))
  }

  #remove(record: EvidenceRecord, group: RecordId, reason: UnwantedReason): void {
    const item = this.#items.get(record.id)
    if (item === undefined) return
    this.#items.delete(record.id)
    const left = (this.#counts.get(item.payer) ?? 0) - 1
    if (left > 0) this.#counts.set(item.payer, left)
    else this.#counts.delete(item.payer)
    this.#tree = withoutKey(this.#tree, keyOfRecord(record))
    this.#unwanted.add(record.id, group, reason)
  }

  /** EVI-08: null when one more record of this payer has a place, if need be after others have given way; one in `kept` places stays free. */
  #makeRoom(payer: AgentKey, epoch: number, kept = Infinity): 'quota' | 'full' | null {
    if (this.#isRoomy && this.size < this.#most) return null
    const less = (all: number, part: number): number => all - Math.floor(all / part)
    const quota = less(this.#rules.quotaOf(payer), kept)
    const own = (): number => this.#counts.get(payer) ?? 0
    if (own() >= quota) {
      this.#prune(payer, epoch, () => own() < less(quota, SLACK))
      if (own() >= quota) return 'quota'
    }
    const most = less(this.#most, kept)
    if (this.size >= most) {
      this.#prune('', epoch, () => this.size < less(most, SLACK))
      if (this.size >= most) return 'full'
    }
    return null
  }

  /** EVI-09: first closed dossiers without a fault become summaries, the oldest first; then those without a fault go altogether. */
  #prune(payer: AgentKey | '', epoch: number, isEnough: () => boolean): void {
    const stuck = this.#stuck.get(payer)
    if (stuck !== undefined && stuck.epoch === epoch && this.#taken < stuck.taken + PATIENCE) return
    const oldest = [...this.#dossiers.values()]
      .filter((dossier) => payer === '' || dossier.award.author === payer)
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    // Asked only of those whose turn it is: the answer may be a verdict.
    const isFree = (dossier: Dossier): boolean => this.#heldUntil(dossier) <= epoch
    for (const dossier of oldest) {
      if (isEnough()) return
      if (!dossier.isSummary && dossier.isClosed && isFree(dossier)) this.#summarise(dossier)
    }
    for (const dossier of oldest) {
      if (isEnough()) return
      if (isFree(dossier)) this.#drop(dossier)
    }
    if (isEnough()) return
    if (this.#stuck.size >= bounds.peersInBook) this.#stuck.clear()
    this.#stuck.set(payer, { epoch, taken: this.#taken })
  }

  #heldUntil(dossier: Dossier): number {
    dossier.heldUntil ??= this.#rules.heldUntil(this.#recordsOf(dossier))
    return Math.max(dossier.heldUntil, this.#pins.get(dossier.id) ?? 0)
  }

  #summarise(dossier: Dossier): void {
    this.#gaveWay.push(dossier.award)
    for (const record of this.#companions.release(dossier)) this.#remove(record, placeOf(record).group, 'dropped')
    for (const record of dossier.summarise()) this.#remove(record, dossier.id, 'dropped')
  }

  #drop(dossier: Dossier): void {
    this.#summarise(dossier)
    for (const record of dossier.members) this.#remove(record, dossier.id, 'dropped')
    this.#dossiers.delete(dossier.id)
    this.#pins.delete(dossier.id)
  }

  /** A summary becomes a whole dossier again, as soon as its other records come. */
  #restore(dossier: Dossier): void {
    if (!dossier.isSummary) return
    dossier.isSummary = false
    for (const group of [dossier.id, ...this.#companions.use(dossier)]) this.#unwanted.forget(group)
  }

  #recordsOf(dossier: Dossier): readonly EvidenceRecord[] {
    const all = [...dossier.members, ...this.#companions.of(dossier)]
    return all
      .map((record) => ({ record, key: keyOfRecord(record) }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ record }) => record)
  }
}

function refused(answer: EvidenceAnswer): EvidenceAdmission {
  return { answer, taken: [] }
}

function isChained(record: EvidenceRecord): record is ChainLink {
  return record.type === 'award' || record.type === 'accept' || record.type === 'closing'
}

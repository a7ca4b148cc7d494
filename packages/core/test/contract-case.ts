import {
  createRecord,
  networkIdOf,
  payloadHashOf,
  protocolParams,
  type Acceptance,
  type AgentKey,
  type Award,
  type BodyOf,
  type Closing,
  type HaggleRecord,
  type PayloadHash,
  type RecordId,
  type RecordType,
  type Reject,
  type Reopening,
  type Terms,
} from '@haggle/protocol'
import {
  openContract,
  type Contract,
  type EntryRecord,
  type NoteRecord,
  type VoteRecord,
} from '../src/contract/contract.ts'
import type { Seal } from '../src/contract/seal.ts'
import { addEntry, addNote, addVote, isEntry, isNote, type Step } from '../src/contract/machine.ts'
import { exposureUntil, profiles } from '../src/contract/timing.ts'
import { nonceCommit, nonceReveal } from '../src/market/nonce-chain.ts'
import { drawPanel, panelSizeFor } from '../src/witness/panel.ts'

const networkId = networkIdOf('test', protocolParams)
// Any 32 bytes serve as a key where nothing verifies signatures.
const key = (digit: string): AgentKey => digit.repeat(64) as AgentKey
export const requester = key('a')
export const worker = key('b')
export const stranger = key('c')
export const T0 = 1_800_000_000_000
export const DURATION = 10_000
export const good = Uint8Array.from([1, 2, 3])
export const garbage = Uint8Array.from([9, 9])
export const goodHash: PayloadHash = payloadHashOf(good)
export const garbageHash: PayloadHash = payloadHashOf(garbage)
const secret = new Uint8Array(32).fill(7)

export const byHash: Acceptance = { kind: 'hash', hash: goodHash }
export const bySchema: Acceptance = { kind: 'schema', schema: '{"type":"object"}' }
export const byRequester: Acceptance = { kind: 'requester' }

export function sign<T extends RecordType>(type: T, author: AgentKey, body: BodyOf<T>): HaggleRecord<T> {
  return createRecord(type, body, { networkId, author, sign: () => new Uint8Array(64) })
}

export interface CaseInit {
  readonly acceptance?: Acceptance
  readonly milestones?: number
  readonly revisions?: number
  readonly stakeWorker?: number
  readonly stakeRequester?: number
  /** Members of a panel that the terms name without a set. */
  readonly panelSize?: number
  /** Members of a witness panel, drawn from a set that is just large enough. */
  readonly panel?: number
}

/** Keys that a witness set can have: the smallest numbers, so that they stand in order. */
export const witnesses: readonly AgentKey[] = Array.from(
  { length: 61 },
  (_, index) => (index + 16).toString(16).padStart(64, '0') as AgentKey,
)

/** Who plays in a case, and how they sign. */
export interface Cast {
  readonly requester: AgentKey
  readonly worker: AgentKey
  readonly witnesses: readonly AgentKey[]
  sign<T extends RecordType>(type: T, author: AgentKey, body: BodyOf<T>): HaggleRecord<T>
}

/** Keys that nobody holds, for where nothing verifies signatures. */
const paperCast: Cast = { requester, worker, witnesses, sign }

/** The smallest set that gives a panel of `n`. */
export function witnessSetFor(n: number, cast: Cast = paperCast): HaggleRecord<'witness-set'> {
  const size = Array.from({ length: 61 }, (_, index) => index + 1).find((each) => panelSizeFor(each) >= n) ?? 61
  const keys = cast.witnesses.slice(0, size).toSorted()
  return cast.sign('witness-set', cast.requester, { at: T0 - 10_000, epoch: 0, n: 0, keys })
}

export function termsOf(init: CaseInit = {}, cast: Cast = paperCast): Terms {
  const count = init.milestones ?? 1
  return {
    skill: 'shout',
    input: { hash: goodHash, size: 3, mediaType: null, preview: null, public: null },
    milestones: Array.from({ length: count }, (_, index) => ({
      name: `m${index}`,
      durationMs: DURATION,
      valuePermille: Math.floor(1_000 / count),
      acceptance: init.acceptance ?? byRequester,
    })),
    endBy: T0 + 60_000,
    stakeWorker: init.stakeWorker ?? 1_000_000,
    stakeRequester: init.stakeRequester ?? 800_000,
    timers: profiles.test,
    revisions: init.revisions ?? 0,
    attempts: 3,
    panelSize: init.panel ?? init.panelSize ?? 0,
    witnessSet: init.panel === undefined ? null : witnessSetFor(init.panel, cast).id,
    jury: null,
    dependsOn: [],
    parent: null,
  }
}

interface Link {
  /** The entry to continue; the end of the main line unless said otherwise. */
  readonly prev?: EntryRecord
  readonly at?: number
  readonly author?: AgentKey
}

/** One contract between the requester and the worker, built record by record. */
export class Case {
  readonly cast: Cast
  readonly offer: HaggleRecord<'offer'>
  readonly bid: HaggleRecord<'bid'>
  readonly award: HaggleRecord<'award'>
  readonly extra: HaggleRecord[] = []
  readonly records: HaggleRecord[] = []
  contract: Contract
  /** The time of the next record; moves by 10 ms with each. */
  now = T0

  constructor(init: CaseInit = {}, changed: Partial<Award> = {}, cast: Cast = paperCast) {
    this.cast = cast
    const terms = termsOf(init, cast)
    this.offer = this.cast.sign('offer', this.cast.requester, {
      at: T0 - 100,
      nonce: new Uint8Array(16),
      terms,
      value: 10_000_000,
      maxBids: 8,
      mode: 'auction',
      bidding: 'open',
      bidUntil: T0 + 1_000,
      expires: T0 + 1_150,
      minQuality: null,
      nonceCommit: nonceCommit(secret),
    })
    this.bid = this.cast.sign('bid', this.cast.worker, {
      at: T0 - 50,
      task: this.offer.id,
      generation: 1,
      price: 5_000_000,
      etaMs: 1_000,
      validUntil: T0 + 60_000,
      firm: false,
      leaseMs: null,
      nonce: new Uint8Array(16),
      counter: null,
    })
    this.award = this.cast.sign('award', this.cast.requester, {
      at: T0,
      task: this.offer.id,
      prev: this.offer.id,
      generation: 1,
      bid: this.bid.id,
      worker: this.cast.worker,
      price: 5_000_000,
      terms,
      nonceReveal: nonceReveal(secret, changed.generation ?? 1),
      panel: init.panel === undefined ? [] : this.drawn(terms, changed),
      exposureUntil: exposureUntil(terms),
      reserves: [],
      considered: [],
      chainSeq: 1,
      chainPrev: null,
      ...changed,
    })
    this.contract = openContract(this.award)
    this.records.push(this.offer, this.bid, this.award)
    if (init.panel !== undefined) this.records.push(witnessSetFor(init.panel, cast))
  }

  private drawn(terms: Terms, changed: Partial<Award>): AgentKey[] {
    const generation = changed.generation ?? 1
    const revealed = nonceReveal(secret, generation)
    const excluded = new Set([this.cast.requester, this.cast.worker])
    return drawPanel(witnessSetFor(terms.panelSize, this.cast).body.keys, excluded, terms.panelSize, {
      ...{ offer: this.offer.id, generation, revealed, bidNonce: this.bid.body.nonce },
    })
  }

  get tip(): EntryRecord {
    return this.contract.entries.at(-1) ?? this.award
  }

  step(record: HaggleRecord): Step {
    if (isEntry(record)) return addEntry(this.contract, record)
    if (isNote(record)) return addNote(this.contract, record)
    if (record.type === 'vote') return addVote(this.contract, record)
    throw new TypeError(`${record.type} is neither entry nor note`)
  }

  /** Adds a record that must fit. */
  put<R extends EntryRecord | NoteRecord | VoteRecord>(record: R): R {
    const step = this.step(record)
    if (step.kind !== 'added') throw new TypeError(`${record.type}: ${JSON.stringify(step)}`)
    this.contract = step.contract
    this.records.push(record)
    return record
  }

  tick(): number {
    this.now += 10
    return this.now
  }

  link({ prev = this.tip, at = this.tick() }: Link): {
    at: number
    contract: RecordId
    generation: number
    seq: number
    prev: RecordId
  } {
    const seq = prev.type === 'award' ? 1 : prev.body.seq + 1
    return { at, contract: this.award.id, generation: this.award.body.generation, seq, prev: prev.id }
  }

  note(at = this.tick()): { at: number; contract: RecordId; generation: number } {
    return { at, contract: this.award.id, generation: this.award.body.generation }
  }

  accept(link: Link = {}): HaggleRecord<'accept'> {
    return this.cast.sign('accept', link.author ?? this.cast.worker, {
      ...this.link(link),
      chainSeq: 1,
      chainPrev: null,
    })
  }
  decline(link: Link = {}): HaggleRecord<'decline'> {
    return this.cast.sign('decline', this.cast.worker, {
      ...this.link(link),
      code: 'busy',
      final: false,
      retryAfterMs: 0,
    })
  }
  deliver(
    hash: PayloadHash = goodHash,
    link: Link & { milestone?: number; revision?: number; size?: number; seal?: Seal } = {},
  ): HaggleRecord<'deliver'> {
    return this.cast.sign('deliver', link.author ?? this.cast.worker, {
      ...this.link(link),
      milestone: link.milestone ?? this.milestone,
      revision: link.revision ?? this.revision,
      resultHash: hash,
      size: link.size ?? 3,
      mediaType: null,
      sealedHash: link.seal?.sealedHash ?? null,
      keyHash: link.seal?.keyHash ?? null,
    })
  }
  failed(link: Link = {}): HaggleRecord<'failed'> {
    return this.cast.sign('failed', this.cast.worker, {
      ...this.link(link),
      milestone: this.milestone,
      code: 'exit-1',
      note: '',
    })
  }
  withdraw(link: Link = {}): HaggleRecord<'withdraw'> {
    return this.cast.sign('withdraw', this.cast.worker, {
      ...this.link(link),
      milestone: this.milestone,
      reason: 'overloaded',
    })
  }
  approve(link: Link & { milestone?: number } = {}): HaggleRecord<'approve'> {
    return this.cast.sign('approve', link.author ?? this.cast.requester, {
      ...this.link(link),
      milestone: link.milestone ?? this.milestone,
    })
  }
  reject(reason: Reject['reason'] = 'check', link: Link = {}): HaggleRecord<'reject'> {
    return this.cast.sign('reject', this.cast.requester, {
      ...this.link(link),
      milestone: this.milestone,
      reason,
      note: '',
    })
  }
  concede(link: Link = {}): HaggleRecord<'concede'> {
    return this.cast.sign('concede', this.cast.worker, { ...this.link(link), milestone: this.milestone })
  }
  unseal(shown: Uint8Array, link: Link = {}): HaggleRecord<'unseal'> {
    return this.cast.sign('unseal', this.cast.worker, { ...this.link(link), milestone: this.milestone, key: shown })
  }
  cancel(request: RecordId, author: AgentKey, link: Link = {}): HaggleRecord<'cancel'> {
    return this.cast.sign('cancel', author, { ...this.link(link), request })
  }
  timeout(author: AgentKey, duty: 'delivery' | 'review' | 'rework', link: Link = {}): HaggleRecord<'timeout'> {
    const prev = link.prev ?? this.tip
    const at = link.at ?? T0 + 50_000
    return this.cast.sign('timeout', author, {
      ...this.link({ ...link, at }),
      milestone: this.milestone,
      duty,
      slot: prev.id,
    })
  }

  opening(accept: HaggleRecord): HaggleRecord<'opening'> {
    return this.cast.sign('opening', this.cast.requester, { ...this.note(), accept: accept.id })
  }
  heartbeat(opening: HaggleRecord): HaggleRecord<'heartbeat'> {
    return this.cast.sign('heartbeat', this.cast.worker, { ...this.note(), opening: opening.id, n: 0 })
  }
  receipt(entry: HaggleRecord, author: AgentKey, at = this.tick()): HaggleRecord<'receipt'> {
    return this.cast.sign('receipt', author, { ...this.note(at), entry: entry.id })
  }
  cancelRequest(author: AgentKey): HaggleRecord<'cancel-req'> {
    return this.cast.sign('cancel-req', author, { ...this.note(), n: 0, reason: 'changed-mind' })
  }
  agree(request: HaggleRecord, author: AgentKey): HaggleRecord<'agree'> {
    return this.cast.sign('agree', author, { ...this.note(), request: request.id })
  }
  fenced(reason: Reopening['reason'], proof: RecordId | null): HaggleRecord<'fenced'> {
    return this.cast.sign('fenced', this.cast.requester, { ...this.note(), reason, proof })
  }

  /** Accepts and opens, and lets the worker bind itself. */
  bind(): this {
    const opening = this.put(this.opening(this.put(this.accept())))
    this.put(this.heartbeat(opening))
    return this
  }

  reopening(reason: Reopening['reason'], proof: RecordId | null): HaggleRecord<'reopening'> {
    const record = this.cast.sign('reopening', this.cast.requester, {
      at: this.tick(),
      task: this.offer.id,
      generation: this.award.body.generation + 1,
      reason,
      proof,
      bidUntil: T0 + 50_000,
      expires: T0 + 50_150,
    })
    this.records.push(record)
    return record
  }

  closing(author: AgentKey, outcome: Closing['outcome'], evidence: readonly RecordId[]): HaggleRecord<'closing'> {
    const accept = this.contract.entries.find((entry) => entry.type === 'accept')
    const before = author === this.cast.requester ? this.award.id : (accept?.id ?? null)
    const record = this.cast.sign('closing', author, {
      at: this.tick(),
      chainSeq: before === null ? 1 : 2,
      chainPrev: before,
      contract: this.award.id,
      outcome,
      slash: 0,
      evidence,
    })
    this.records.push(record)
    return record
  }

  private get milestone(): number {
    const { stage } = this.contract
    return 'milestone' in stage ? stage.milestone : 0
  }

  private get revision(): number {
    const { stage } = this.contract
    return stage.kind === 'rejected' ? stage.revision + 1 : 0
  }
}

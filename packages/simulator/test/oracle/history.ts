import {
  createRecord,
  networkIdOf,
  payloadHashOf,
  protocolParams,
  type AgentKey,
  type Award,
  type Bid,
  type BodyOf,
  type Closing,
  type Frame,
  type HaggleRecord,
  type Offer,
  type Outcome,
  type RecordId,
  type RecordType,
  type Terms,
} from '@haggle/protocol'
import { Oracle } from '../../src/oracle/oracle.ts'
import type { CastMember, Finding, Moment, Proven, SeenRow, Who, WorldEnd } from '../../src/oracle/observer.ts'
import { standardInvariants } from '../../src/oracle/standard.ts'

const networkId = networkIdOf('haggle', protocolParams)
const EPOCH_MS = 1_800_000_000_000
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
/** A key that looks like one. */
const keyOf = (agent: number): AgentKey => `${agent}`.repeat(64).slice(0, 64) as AgentKey

const timers = {
  ...{ bidWindowMs: 50, claimWindowMs: 10, acceptMs: 300, leaseMs: 600, leaseMaxMs: 7_200, reviewMinMs: 500 },
  ...{ epsilonMs: 50, deltaMs: 50, rateBytesPerSecond: 268_435_456 },
}
export const rightHash = payloadHashOf(text('right'))
export const DURATION = 2_000

export const terms: Terms = {
  skill: 'shout',
  input: { hash: payloadHashOf(text('input')), size: 5, mediaType: null, preview: null, public: null },
  milestones: [
    { name: 'm0', durationMs: DURATION, valuePermille: 1_000, acceptance: { kind: 'hash', hash: rightHash } },
  ],
  endBy: EPOCH_MS + 20_000,
  ...{ stakeWorker: 1_000, stakeRequester: 1_000, timers, revisions: 0, attempts: 3, panelSize: 0, witnessSet: null },
  ...{ jury: null, dependsOn: [], parent: null },
}

/** The roles of the story. */
export const REQUESTER = 1
export const WORKER = 2
export const OTHER = 3

/** A history as no honest run would make it, told to the oracle step by step. */
export class History {
  readonly oracle: Oracle
  /** The world's time. */
  at = 0
  /** What everything proves, as if somebody had looked. */
  proven: Proven | null = null
  /** How far the wall clock of an agent is off, milliseconds. */
  readonly ahead = new Map<number, number>()
  /** Reads as if the disk had taken it all at once, unless a test says otherwise. */
  syncs = true
  readonly #next = new Map<number, { log: number; events: number }>()
  readonly #lives = new Map<number, Who>()
  #life = 0
  #nonce = 0

  constructor(change: (member: CastMember) => Partial<CastMember> = () => ({})) {
    const members = [REQUESTER, WORKER, OTHER].map((agent): CastMember => {
      const member = {
        ...{ agent, key: keyOf(agent), correct: true, core: true, epsilonMs: 50, clockHolds: true, forgets: false },
      }
      return { ...member, ...change(member) }
    })
    this.oracle = new Oracle(standardInvariants(), { seed: '1', members, calm: true, even: true })
    for (const { agent } of members) this.start(agent)
  }

  get wall(): number {
    return EPOCH_MS + this.at
  }

  who(agent: number): Who {
    const who = this.#lives.get(agent)
    if (who === undefined) throw new TypeError('nobody runs there')
    return who
  }

  moment(agent: number): Moment {
    return { at: this.at, wall: this.wall + (this.ahead.get(agent) ?? 0), mono: this.at + 77 }
  }

  start(agent: number): void {
    this.#life += 1
    this.#lives.set(agent, { agent, key: keyOf(agent), life: this.#life, disk: agent })
    this.oracle.started(this.who(agent), this.moment(agent))
  }

  end(agent: number): void {
    this.oracle.ended(this.who(agent), this.moment(agent), 'crash')
  }

  /** What is left of a directory: the first so many rows. */
  survive(agent: number, next: { readonly log: number; readonly events: number }): void {
    this.#next.set(agent, { ...next })
    this.oracle.survived(agent, this.moment(agent), next)
  }

  next(agent: number): { log: number; events: number } {
    const next = this.#next.get(agent) ?? { log: 1, events: 1 }
    this.#next.set(agent, next)
    return next
  }

  make<T extends RecordType>(agent: number, type: T, body: BodyOf<T>): HaggleRecord<T> {
    const sign = (): Uint8Array => new Uint8Array(64)
    return createRecord(type, body, { networkId, author: keyOf(agent), sign })
  }

  /** One commit to the log of an agent. */
  write(agent: number, ...rows: readonly (HaggleRecord | { readonly kind: string })[]): void {
    const next = this.next(agent)
    const bytes = new Uint8Array()
    const seen = rows.map((row): SeenRow => {
      if (!('kind' in row)) return { table: 'log', kind: 'record', seq: next.log++, bytes, record: row }
      if (row.kind === 'event')
        return { table: 'events', kind: 'event', seq: next.events++, bytes, event: () => ({ ...row }) }
      if (row.kind === 'unread') return { table: 'log', kind: 'unread', seq: next.log++, bytes }
      return { table: 'log', kind: 'entry', seq: next.log++, bytes, entry: { ...row } }
    })
    this.oracle.committed(this.who(agent), this.moment(agent), seen)
    if (this.syncs) this.sync(agent)
  }

  sync(agent: number): void {
    this.oracle.synced(this.who(agent), this.moment(agent), { ...this.next(agent) })
  }

  /** A frame leaves, and arrives. */
  send(from: number, to: number, ...records: readonly HaggleRecord[]): void {
    this.leave(from, to, ...records)
    this.arrive(from, to, ...records)
  }

  leave(from: number, to: number, ...records: readonly HaggleRecord[]): void {
    const frame: Frame = { kind: 'records', records: [], payloads: [] }
    const sent = { from: this.who(from), to: keyOf(to), bytes: new Uint8Array(), frame, records }
    this.oracle.sent(sent, this.moment(from))
  }

  arrive(from: number, to: number, ...records: readonly HaggleRecord[]): void {
    const frame: Frame = { kind: 'records', records: [], payloads: [] }
    const sender = { ...this.who(from), life: -1, disk: -1 }
    const seen = { from: sender, to: keyOf(to), bytes: new Uint8Array(), frame, records }
    this.oracle.received(seen, this.who(to), this.moment(to))
  }

  /** The connection of two agents is over, and both know. */
  part(one: number, other: number): void {
    this.oracle.parted(this.who(one), keyOf(other), this.moment(one))
    this.oracle.parted(this.who(other), keyOf(one), this.moment(other))
  }

  control(from: number, to: number, frame: Frame): void {
    const seen = { from: this.who(from), to: keyOf(to), bytes: new Uint8Array(), frame, records: [] }
    this.oracle.sent(seen, this.moment(from))
    this.oracle.received({ ...seen, from: { ...this.who(from), life: -1 } }, this.who(to), this.moment(to))
  }

  /** A record is written and told, and the other side writes it down. */
  tell(from: number, to: number, ...records: readonly HaggleRecord[]): void {
    this.write(from, ...records)
    this.send(from, to, ...records)
    this.at += 1
    this.write(to, ...records)
  }

  offer(change: Partial<Offer> = {}): HaggleRecord<'offer'> {
    this.#nonce += 1
    const offer = this.make(REQUESTER, 'offer', {
      ...{ at: this.wall, nonce: new Uint8Array(16).fill(this.#nonce), terms, value: 1_000, maxBids: 3 },
      ...{ mode: 'auction', bidding: 'open', bidUntil: this.wall + 1_000, expires: this.wall + 1_150 },
      ...{ minQuality: null, nonceCommit: new Uint8Array(32), ...change },
    })
    this.write(REQUESTER, offer, { kind: 'job', task: offer.id } as { kind: string })
    this.oracle.published(
      this.who(REQUESTER),
      { topic: 't', bytes: new Uint8Array(), record: offer },
      this.moment(REQUESTER),
    )
    return offer
  }

  bid(offer: HaggleRecord<'offer'>, worker = WORKER, change: Partial<Bid> = {}): HaggleRecord<'bid'> {
    const bid = this.make(worker, 'bid', {
      ...{ at: this.wall, task: offer.id, generation: 1, price: 500, etaMs: 10, validUntil: offer.body.terms.endBy },
      ...{ firm: false, leaseMs: null, nonce: new Uint8Array(16), counter: null, ...change },
    })
    this.write(worker, offer, bid)
    this.send(worker, REQUESTER, bid)
    return bid
  }

  /** The award as it follows from offer and bid. */
  awardOf(bid: HaggleRecord<'bid'>, offer: HaggleRecord<'offer'>, change: Partial<Award> = {}): HaggleRecord<'award'> {
    return this.make(REQUESTER, 'award', {
      ...{ at: this.wall, task: offer.id, prev: offer.id, generation: 1, bid: bid.id, worker: bid.author },
      ...{ price: bid.body.price, terms: offer.body.terms, nonceReveal: new Uint8Array(32), panel: [] },
      ...{ exposureUntil: this.wall + 60_000, reserves: [], considered: [], chainSeq: 1, chainPrev: null, ...change },
    })
  }

  /** An offer, a bid, and its award: nothing is accepted yet. */
  awarded(change: Partial<Award> = {}, offered: Partial<Offer> = {}): HaggleRecord<'award'> {
    this.advertise(WORKER, 1)
    const offer = this.offer(offered)
    const bid = this.bid(offer)
    const award = this.awardOf(bid, offer, change)
    this.write(REQUESTER, bid)
    this.tell(REQUESTER, WORKER, award)
    return award
  }

  /** A contract on which the worker works. */
  opened(change: Partial<Award> = {}, offered: Partial<Offer> = {}): HaggleRecord<'award'> {
    const award = this.awarded(change, offered)
    const accept = this.accept(award)
    this.tell(WORKER, REQUESTER, accept)
    this.tell(REQUESTER, WORKER, this.opening(award, accept))
    return award
  }

  accept(award: HaggleRecord<'award'>): HaggleRecord<'accept'> {
    const entry = { ...this.entry(award, 1, award.id), chainSeq: 1, chainPrev: null }
    return this.make(WORKER, 'accept', entry)
  }

  opening(award: HaggleRecord<'award'>, accept: HaggleRecord<'accept'>): HaggleRecord<'opening'> {
    return this.make(REQUESTER, 'opening', { ...this.note(award), accept: accept.id })
  }

  deliver(award: HaggleRecord<'award'>, resultHash = rightHash): HaggleRecord<'deliver'> {
    return this.make(WORKER, 'deliver', {
      ...this.entry(award, 2, this.accept(award).id),
      ...{ milestone: 0, revision: 0, resultHash, size: 5, mediaType: null, sealedHash: null, keyHash: null },
    })
  }

  entry(award: HaggleRecord<'award'>, seq: number, prev: RecordId): BodyOf<'decline'> & { readonly at: number } {
    const fields = { at: award.body.at + seq, contract: award.id, generation: award.body.generation, seq, prev }
    // The fields that every entry begins with; makers add those of their own.
    return fields as BodyOf<'decline'>
  }

  note(award: HaggleRecord<'award'>): { at: number; contract: RecordId; generation: number } {
    return { at: award.body.at + 2, contract: award.id, generation: award.body.generation }
  }

  /** An own closing, with the word to the application. */
  close(agent: number, award: HaggleRecord<'award'>, outcome: Outcome, change: Partial<Closing> = {}): HaggleRecord {
    const closing = this.make(agent, 'closing', {
      ...{
        at: this.wall,
        chainSeq: 2,
        chainPrev: null,
        contract: award.id,
        outcome,
        slash: 0,
        evidence: [],
        ...change,
      },
    })
    this.write(agent, closing, { kind: 'event', contract: award.id, end: outcome.end } as { kind: string })
    return closing
  }

  advertise(agent: number, slots: number): void {
    const record = this.make(agent, 'advert', {
      ...{ at: this.wall, seq: 1, ttlMs: 60_000, skills: [], slots, free: slots, witness: null },
    })
    this.oracle.published(this.who(agent), { topic: 'a', bytes: new Uint8Array(), record }, this.moment(agent))
  }

  finish(change: Partial<WorldEnd> = {}): readonly Finding[] {
    return this.oracle.finish({
      ...{
        at: this.at,
        wall: this.wall,
        livenessUntil: this.at,
        healedAt: 0,
        leaks: [],
        failedProbes: [],
        ...{ files: null, proven: this.proven },
        ...change,
      },
    })
  }
}

export const settled: Outcome = { end: 'settled', party: null, fault: null }
export const undecided: Outcome = { end: 'undecided', party: null, fault: null }
export { keyOf }

import { authenticate, decodeWire, bounds, evidenceTypes, limits, shardOf, violations } from '@haggle/protocol'
import type {
  AgentKey,
  Decoded,
  HaggleRecord,
  Instant,
  NetworkId,
  RecordType,
  Topic,
  Violation,
} from '@haggle/protocol'
import type { GossipVerdict, Verify } from '@haggle/ports'
import type { RefusalCode } from '@haggle/core'
import type { OfferPace } from './offer-pace.ts'
import { SeenRecords } from './seen-records.ts'
import { TokenBucket, type BucketSize } from './token-bucket.ts'

/** What the gate says to one record of a peer. */
export type Admission =
  | { readonly kind: 'record'; readonly record: HaggleRecord; readonly verified: boolean }
  | { readonly kind: 'violation'; readonly violation: Violation }
  /** An offer for which the board has no place: its signature is not worth a check. */
  | { readonly kind: 'unwanted' }
  /** NET-74: an offer over the pace of a peer that is gone: nobody waits to bring it. */
  | { readonly kind: 'gone' }
  /** Too many useless records of this peer, or offers of its address; it may go on after `waitMs`. */
  | { readonly kind: 'quota'; readonly waitMs: number }

export interface GateInit {
  readonly networkId: NetworkId
  readonly verify: Verify
  readonly quota?: BucketSize
  readonly decode?: DecodeRecord | undefined
  /** Whether one more offer of an author is wanted; without it, always. */
  readonly hasRoomFor?: (author: AgentKey) => boolean
  /** The pace at which offers are taken; without it, at any. */
  readonly offers?: OfferPace
}

/** Reads a record from its wire form, as `decodeWire` does: whoever runs many agents in one process reads each once for all. */
export type DecodeRecord = (wire: Uint8Array, networkId: NetworkId) => Decoded

/** What one peer may still spend. */
export interface Allowance {
  readonly gossip: TokenBucket
  readonly records: TokenBucket
  readonly digests: TokenBucket
  readonly contracts: TokenBucket
  readonly reconciling: TokenBucket
}

// A useful record costs nothing, so this bounds only what changes nothing: a full resend of a shard fits into the burst,
// and 200 checks per second and peer are 1.3 % of a core.
const defaultQuota: BucketSize = { burst: 2_000, perSecond: 200 }
// A digest is short and its answer may be the whole market. One comes when two peers meet and when a skill changes.
const digestQuota: BucketSize = { burst: 32, perSecond: 2 }
// Heartbeats, their answers and tips of contracts that both know. All contracts that an agent can hold may be with one peer, and beat
// three times in a lease of the lan profile; a frame over that costs some 20 µs, so this is 5 % of a core.
const contractQuota: BucketSize = { burst: 2 * bounds.liveContracts, perSecond: 2_500 }
// NET-73: 2 KiB of ranges are some 75, which a full set answers in 2 ms: 2 % of a core. A session of a hundred differences in ten thousand
// records is some 15 tokens of each side.
const reconcileQuota: BucketSize = { burst: 256, perSecond: 8 }
/** NET-41: what a token buys of a frame without records: reading 2 KiB costs about what checking one signature does. */
const BYTES_PER_TOKEN = 2_048
/** NET-29: what a record costs that was verified before: it is decoded, and that is all. */
const KNOWN_COSTS = 0.1
/** Verified ids remembered: the open market and the live contracts fit in. */
const SEEN = 65_536

const evidence: ReadonlySet<string> = new Set<RecordType>(evidenceTypes)
/** The types that travel on the topic of a shard. */
export const marketTypes: ReadonlySet<string> = new Set<RecordType>(['offer', 'withdrawal', 'bid', 'reopening'])

/**
 * The one choke point: every record that comes from outside, by gossip or directly, passes `admit` and nothing else makes
 * one that the engine may see. Cheap checks come first; no signature is checked over quota.
 */
export class Gate {
  readonly #networkId: NetworkId
  readonly #verify: Verify
  readonly #decode: DecodeRecord
  readonly #quota: BucketSize
  readonly #hasRoomFor: (author: AgentKey) => boolean
  readonly #offers: OfferPace | undefined
  readonly #allowances = new Map<AgentKey, Allowance>()
  readonly #seen = new SeenRecords(SEEN)

  constructor(init: GateInit) {
    this.#networkId = init.networkId
    this.#verify = init.verify
    this.#decode = init.decode ?? decodeWire
    this.#quota = init.quota ?? defaultQuota
    this.#hasRoomFor = init.hasRoomFor ?? (() => true)
    this.#offers = init.offers
  }

  /** True when a message of this peer, of this type by its own claim, would be over a quota: it is dropped before it waits for its turn. */
  isOver(from: AgentKey, type: string | undefined, now: Instant): boolean {
    if (this.#allowanceOf(from, now).gossip.isEmpty(now)) return true
    return type === 'offer' && this.#offers?.isOver(from, now) === true
  }

  /** Size, quota, form, signature, place: in this order. `topic` is null for what came directly. */
  admit(from: AgentKey, wire: Uint8Array, topic: Topic | null, now: Instant): Admission {
    if (wire.length > limits.recordBytes) {
      return { kind: 'violation', violation: { code: 'record/too-large', note: `${wire.length} bytes` } }
    }
    // What is only passed on by a peer must not slow down what it says itself.
    const bucket = this.#allowanceOf(from, now)[topic === null ? 'records' : 'gossip']
    const waitMs = bucket.take(now)
    if (waitMs > 0) return { kind: 'quota', waitMs }
    const decoded = this.#decode(wire, this.#networkId)
    if (!decoded.ok) return { kind: 'violation', violation: decoded.violation }
    const { unverified } = decoded
    const { id, signature, type, author } = unverified.claimed
    const seen = this.#seen.has(id, signature)
    // NET-66: by whom it really is does not matter here: nobody's offer is taken under this name.
    if (!seen && type === 'offer' && !this.#hasRoomFor(author)) return { kind: 'unwanted' }
    const paceMs = !seen && type === 'offer' ? (this.#offers?.take(from, now) ?? 0) : 0
    if (paceMs === 'gone') return { kind: 'gone' }
    if (paceMs > 0) {
      // NET-74: whoever waits for its neighbours does not pay for that from its own quota.
      if (topic === null) bucket.giveBack()
      return { kind: 'quota', waitMs: paceMs }
    }
    const authentic = authenticate(unverified, seen ? () => true : this.#verify)
    if (!authentic.ok) return { kind: 'violation', violation: authentic.violation }
    const { record } = authentic
    // NET-27: a topic carries its own records and nothing else.
    if (topic !== null && !belongsTo(record, topic)) {
      return { kind: 'violation', violation: { code: 'gossip/wrong-topic', note: record.type } }
    }
    if (seen) bucket.giveBack(1 - KNOWN_COSTS)
    else this.#seen.add(id, signature)
    return { kind: 'record', record, verified: !seen }
  }

  /** NET-28: milliseconds until a frame of so many bytes that carries no record may be looked at; 0: now, and it is paid for. */
  admitFrame(from: AgentKey, spends: keyof Allowance, bytes: number, now: Instant): number {
    // A digest may be as long as a market is large; of the others none needs to be longer than a few ids.
    const tokens = spends === 'digests' ? 1 : Math.ceil(bytes / BYTES_PER_TOKEN)
    return this.#allowanceOf(from, now)[spends].take(now, tokens)
  }

  /** The record changed something here: it is not counted against the peer that brought it. */
  useful(from: AgentKey, by: 'gossip' | 'records'): void {
    this.#allowances.get(from)?.[by].giveBack()
  }

  #allowanceOf(peer: AgentKey, now: Instant): Allowance {
    const held = this.#allowances.get(peer)
    if (held !== undefined) return held
    // A peer that leaves and comes back keeps what it has left; only the oldest of very many are forgotten.
    if (this.#allowances.size >= bounds.peers * 4) {
      for (const oldest of this.#allowances.keys()) {
        this.#allowances.delete(oldest)
        break
      }
    }
    const allowance = {
      gossip: new TokenBucket(this.#quota, now),
      records: new TokenBucket(this.#quota, now),
      digests: new TokenBucket(digestQuota, now),
      contracts: new TokenBucket(contractQuota, now),
      reconciling: new TokenBucket(reconcileQuota, now),
    }
    this.#allowances.set(peer, allowance)
    return allowance
  }
}

/** What gossip does with a record that broke a rule. */
export function verdictOfViolation(violation: Violation): GossipVerdict {
  return violations[violation.code].gossip
}

/**
 * What gossip does with a record that the engine refused. What is valid and merely not for us is passed on, since others
 * may wait for it; what is old, late or over a bound ends here, without blame.
 */
export function verdictOfRefusal(refusal: RefusalCode): GossipVerdict {
  // MKT-03: one more offer of somebody who has enough of them on the board, or of many who filled it.
  if (refusal === 'offer/quota') return 'waste'
  return passedOn.has(refusal) ? 'accept' : 'ignore'
}

const passedOn: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'record/held',
  'record/not-for-us',
  'entry/parked',
  'task/unknown',
  'task/not-ours',
  'bid/own-offer',
  'bid/too-dear',
])

/** Only an offer names its skill, so only its shard can be checked; the others belong to any shard of the market. */
function belongsTo(record: HaggleRecord, topic: Topic): boolean {
  if (topic.kind === 'adverts') return record.type === 'advert'
  // NET-72: what proves a fault, or that somebody signed twice.
  // A reopening is of both: it names the certificate by which a lease was lost.
  if (topic.kind === 'facts')
    return evidence.has(record.type) && (record.type === 'reopening' || !marketTypes.has(record.type))
  if (!marketTypes.has(record.type)) return false
  return record.type !== 'offer' || shardOf(record.body.terms.skill) === topic.shard
}

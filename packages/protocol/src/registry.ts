import * as entries from './records/entries.ts'
import * as market from './records/market.ts'
import * as notes from './records/notes.ts'
import * as witness from './records/witness.ts'
import type { Infer } from './schema.ts'
import type { AgentKey, RecordId } from './units.ts'

/** Every record type of this version with its one schema. */
export const schemas = {
  advert: market.advert,
  offer: market.offer,
  withdrawal: market.withdrawal,
  bid: market.bid,
  reopening: market.reopening,
  trace: market.trace,
  award: entries.award,
  accept: entries.accept,
  decline: entries.decline,
  deliver: entries.deliver,
  failed: entries.failed,
  withdraw: entries.withdraw,
  approve: entries.approve,
  reject: entries.reject,
  concede: entries.concede,
  unseal: entries.unseal,
  cancel: entries.cancel,
  timeout: entries.timeout,
  receipt: notes.receipt,
  opening: notes.opening,
  heartbeat: notes.heartbeat,
  fenced: notes.fenced,
  revived: notes.revived,
  'cancel-req': notes.cancelRequest,
  agree: notes.agree,
  challenge: notes.challenge,
  alive: notes.alive,
  closing: notes.closing,
  'witness-set': witness.witnessSet,
  ask: witness.ask,
  held: witness.held,
  vote: witness.vote,
} as const

/** Names kept for later versions: refused by name, never read as something else. */
export const reservedTypes = ['dispute', 'verdict', 'amend', 'extend-req', 'counter', 'head'] as const

/** The name of a record type; it is signed as part of every record. */
export type RecordType = keyof typeof schemas
/** The fields of a record of one type. */
export type BodyOf<T extends RecordType> = Infer<(typeof schemas)[T]>

/**
 * A decoded record. `wire` is its wire form, [type, version, author, signature, body]; `bytes` are the canonical bytes of
 * [type, version, networkId, author, body]; both, and `signature`, are made anew each time they are read. `id` is the SHA-256
 * of `bytes`.
 */
export type HaggleRecord<T extends RecordType = RecordType> = {
  readonly [K in T]: {
    readonly type: K
    readonly id: RecordId
    readonly author: AgentKey
    readonly body: BodyOf<K>
    readonly wire: Uint8Array
    readonly wireLength: number
    readonly bytes: Uint8Array
    readonly signature: Uint8Array
  }
}[T]

/** Entries are linked by prev and move the pen; the award is entry 0. */
export const entryTypes = [
  'award',
  'accept',
  'decline',
  'deliver',
  'failed',
  'withdraw',
  'approve',
  'reject',
  'concede',
  'unseal',
  'cancel',
  'timeout',
] as const satisfies readonly RecordType[]
/** One of `entryTypes`. */
export type EntryType = (typeof entryTypes)[number]
/** Notes are signed remarks that move no pen. */
export const noteTypes = [
  'receipt',
  'opening',
  'heartbeat',
  'fenced',
  'revived',
  'cancel-req',
  'agree',
  'challenge',
  'alive',
  'ask',
  'held',
] as const satisfies readonly RecordType[]
/** One of `noteTypes`. */
export type NoteType = (typeof noteTypes)[number]
/** EVI-01: what proves something about a contract: its award, all that names it, and offer, bid, witness set and reopenings, which an award names. */
export const evidenceTypes = [
  ...entryTypes,
  ...noteTypes,
  'closing',
  'vote',
  'witness-set',
  'reopening',
  'offer',
  'bid',
] as const satisfies readonly RecordType[]
/** One of `evidenceTypes`. */
export type EvidenceType = (typeof evidenceTypes)[number]

import type { RecordId } from './units.ts'

/** "I still work": plain frames on the authenticated stream; only the first heartbeat of a lease is a signed note. */
export interface HeartbeatFrame {
  readonly kind: 'heartbeat'
  readonly contract: RecordId
  readonly generation: number
  readonly n: number
}
/** "I heard heartbeat n": the worker may believe in its lease for one lease from when it sent that one. */
export interface HeartbeatAckFrame {
  readonly kind: 'heartbeat-ack'
  readonly contract: RecordId
  readonly n: number
}
/** "So far am I": what the worker's own code says of its work, in permille. It binds nobody and moves nothing. */
export interface ProgressFrame {
  readonly kind: 'progress'
  readonly contract: RecordId
  readonly generation: number
  readonly permille: number
  readonly note: string | null
}
/** "Of this contract I hold these": sent for every live contract when its two parties meet again. `answer` marks the reply. */
export interface TipFrame {
  readonly kind: 'tip'
  readonly contract: RecordId
  readonly generation: number
  readonly held: readonly RecordId[]
  readonly answer: boolean
}
/** "Of the open market in these shards I hold these records": the other side sends what is missing and wants what it lacks. */
export interface DigestFrame {
  readonly kind: 'digest'
  readonly shards: readonly number[]
  readonly held: readonly RecordId[]
  readonly answer: boolean
}
/** "Send me these": offers that a reopening named and that are not held. */
export interface WantFrame {
  readonly kind: 'want'
  readonly ids: readonly RecordId[]
}
/**
 * A stretch of the order of (epoch, id): from where the one before it ends (the first: from the beginning) to below `epoch` and `prefix`.
 * It carries a fingerprint of the sender's records in it, or the ids of all of them, or neither: then nothing is to be said of it.
 */
export interface ReconcileRange {
  readonly epoch: number
  readonly prefix: Uint8Array
  readonly print: Uint8Array | null
  readonly ids: readonly RecordId[] | null
}
/**
 * One message of two sides that compare their evidence. `step` counts the messages of a session, the opener's being even; the first of
 * each side begins with its salt and the digest of all it holds. `offer` are ids that the other side did not list, `want` some that it listed
 * or offered: it sends these.
 */
export interface ReconcileFrame {
  readonly kind: 'reconcile'
  readonly session: number
  readonly step: number
  readonly begin: { readonly salt: Uint8Array; readonly digest: Uint8Array } | null
  readonly ranges: readonly ReconcileRange[]
  readonly offer: readonly RecordId[]
  readonly want: readonly RecordId[]
}
/** Frames that bind nobody. */
export type ControlFrame =
  HeartbeatFrame | HeartbeatAckFrame | ProgressFrame | TipFrame | DigestFrame | WantFrame | ReconcileFrame
/** Signed records in wire form, with the inline payloads that they name. */
export interface RecordsFrame {
  readonly kind: 'records'
  readonly records: readonly Uint8Array[]
  readonly payloads: readonly Uint8Array[]
}
/** Everything that a direct stream carries. */
export type Frame = RecordsFrame | ControlFrame

/** Where a gossiped record goes: the shard of a skill, everybody's adverts, or everybody's evidence. */
export type Topic =
  { readonly kind: 'market'; readonly shard: number } | { readonly kind: 'adverts' } | { readonly kind: 'facts' }

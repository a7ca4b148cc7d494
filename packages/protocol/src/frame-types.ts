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
/** Frames that bind nobody. */
export type ControlFrame = HeartbeatFrame | HeartbeatAckFrame | ProgressFrame | TipFrame | DigestFrame | WantFrame
/** Signed records in wire form, with the inline payloads that they name. */
export interface RecordsFrame {
  readonly kind: 'records'
  readonly records: readonly Uint8Array[]
  readonly payloads: readonly Uint8Array[]
}
/** Everything that a direct stream carries. */
export type Frame = RecordsFrame | ControlFrame

/** Where a gossiped record goes: the shard of a skill, or everybody's adverts. */
export type Topic = { readonly kind: 'market'; readonly shard: number } | { readonly kind: 'adverts' }

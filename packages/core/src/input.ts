import type {
  AgentKey,
  ControlFrame,
  DurationMs,
  HaggleRecord,
  Instant,
  PayloadHash,
  RecordId,
  Timestamp,
} from '@haggle/protocol'
import type { Command } from './command.ts'
import type { CheckWord } from './contract/ends.ts'
import type { LogEntry } from './log-entry.ts'
import type { SnapshotPart } from './snapshot.ts'

/** Both clocks at the moment of an input. */
export interface Now {
  readonly wall: Timestamp
  readonly mono: Instant
}

/** Everything that can happen to an engine. Records are verified before they come here. */
export type Input =
  /** `gossiped`: it was said to everybody; what is held already is then not answered. */
  | {
      readonly kind: 'record'
      readonly now: Now
      readonly from: AgentKey
      readonly record: HaggleRecord
      readonly gossiped?: boolean
    }
  | { readonly kind: 'frame'; readonly now: Now; readonly from: AgentKey; readonly frame: ControlFrame }
  /** `entropy` holds 64 fresh random bytes. */
  | { readonly kind: 'command'; readonly now: Now; readonly command: Command; readonly entropy: Uint8Array }
  | { readonly kind: 'alarm'; readonly now: Now }
  /** `clockSkewMs` is the peer's wall clock less ours as its handshake showed it, `rttMs` the round trip of that. */
  | {
      readonly kind: 'peer-up'
      readonly now: Now
      readonly peer: AgentKey
      readonly clockSkewMs: number
      readonly rttMs: DurationMs
    }
  | { readonly kind: 'peer-down'; readonly now: Now; readonly peer: AgentKey }
  /** Answer to `fetch`: the payload is held, or it could not be had. */
  | { readonly kind: 'payload'; readonly now: Now; readonly hash: PayloadHash; readonly held: boolean }
  /** Answer to `open-seal`, about the record by which it was asked for; `unknown`: the sealed bytes could not be read. */
  | {
      readonly kind: 'seal-opened'
      readonly now: Now
      readonly contract: RecordId
      readonly record: RecordId
      readonly word: CheckWord
    }
  /** Answer to `find-key`; null: it is not here. */
  | {
      readonly kind: 'key-found'
      readonly now: Now
      readonly contract: RecordId
      readonly keyHash: PayloadHash
      readonly key: Uint8Array | null
    }
  /** One part of an own snapshot, in its order, before anything else. */
  | { readonly kind: 'recalled'; readonly part: SnapshotPart }
  /** One entry of the own log, in order of writing: all of them, or those that a snapshot does not cover. */
  | { readonly kind: 'restored'; readonly entry: LogEntry }
  /** After the last restored entry: derives timeouts first, then re-sends. `entropy`: random bytes that nobody else can know. */
  | { readonly kind: 'started'; readonly now: Now; readonly entropy?: Uint8Array }

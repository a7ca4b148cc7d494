import type { AgentKey, ControlFrame, HaggleRecord, PayloadHash, RecordId, Topic, Violation } from '@haggle/protocol'
import type { EngineEvent } from './event.ts'
import type { LogEntry } from './log-entry.ts'
import type { AppRequest } from './app-request.ts'

/**
 * What the driver must do, in this order. Anything after a `persist` waits until that entry is on disk.
 */
export type Effect =
  | { readonly kind: 'persist'; readonly entry: LogEntry }
  | { readonly kind: 'publish'; readonly topic: Topic; readonly record: HaggleRecord }
  /** Records to one peer in one frame; a payload up to the inline limit goes along, a larger one is fetched by its hash. */
  | {
      readonly kind: 'send'
      readonly to: AgentKey
      readonly records: readonly HaggleRecord[]
      readonly payload: PayloadHash | null
    }
  | { readonly kind: 'send-frame'; readonly to: AgentKey; readonly frame: ControlFrame }
  | { readonly kind: 'fetch'; readonly hash: PayloadHash; readonly size: number; readonly from: AgentKey }
  /**
   * WIT-38: open a seal that is held and say `seal-opened`: with the own key, and what comes of it is held as the result; or, where `key` is
   * given, only look whether it is the seal of this result for `to`.
   */
  | {
      readonly kind: 'open-seal'
      readonly contract: RecordId
      readonly record: RecordId
      readonly sealedHash: PayloadHash
      readonly resultHash: PayloadHash
      readonly size: number
      readonly to: AgentKey
      readonly key: Uint8Array | null
    }
  /** Look for the key of an own seal, and say `key-found`. */
  | { readonly kind: 'find-key'; readonly contract: RecordId; readonly keyHash: PayloadHash }
  | { readonly kind: 'subscribe'; readonly topic: Topic }
  | { readonly kind: 'unsubscribe'; readonly topic: Topic }
  | { readonly kind: 'notify'; readonly event: EngineEvent }
  | { readonly kind: 'request'; readonly request: AppRequest }
  /** A peer broke the protocol; `record` is the offending one where there is one. */
  | {
      readonly kind: 'report'
      readonly peer: AgentKey
      readonly violation: Violation
      readonly record: RecordId | null
    }

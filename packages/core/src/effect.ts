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

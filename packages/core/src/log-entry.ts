import type { AgentKey, HaggleRecord, RecordId, Timestamp } from '@haggle/protocol'
import type { Job } from './command.ts'
import type { CheckWord } from './contract/ends.ts'

/**
 * What an engine remembers over restarts. The state of an engine is a fold over these and nothing else;
 * leases, adverts and open bids of others are soft and come again from the network.
 */
export type LogEntry =
  | { readonly kind: 'record'; readonly at: Timestamp; readonly record: HaggleRecord }
  /** EVI-22: a record of a contract of others, kept as evidence. */
  | { readonly kind: 'evidence'; readonly at: Timestamp; readonly record: HaggleRecord }
  /** A job of ours, written after its offer: what the offer does not say of it. `secret` is the start of its nonce chain. */
  | {
      readonly kind: 'job'
      readonly at: Timestamp
      readonly task: RecordId
      readonly job: Pick<Job, 'key' | 'askPrice' | 'memo'>
      readonly secret: Uint8Array
    }
  /** A task of ours that is over without a settlement that we know of. */
  | {
      readonly kind: 'task-closed'
      readonly at: Timestamp
      readonly task: RecordId
      readonly as: ClosedAs
    }
  /** CON-45: the other party showed a record of ours that this log does not hold. */
  | { readonly kind: 'overtaken'; readonly at: Timestamp; readonly contract: RecordId }
  /** An award that was never opened ran out. */
  | { readonly kind: 'lapsed'; readonly at: Timestamp; readonly contract: RecordId }
  /** What we believe without proof: kept beside the file, moves only our own view. */
  | {
      readonly kind: 'alleged'
      readonly at: Timestamp
      readonly contract: RecordId
      readonly party: AgentKey
      readonly fault: AllegedFault
    }
  /** What an objective check said when we, the worker, ran it again after a final rejection. */
  | { readonly kind: 'rechecked'; readonly at: Timestamp; readonly contract: RecordId; readonly word: CheckWord }
  | {
      readonly kind: 'cool-down'
      readonly at: Timestamp
      readonly peer: AgentKey
      readonly skill: string
      readonly until: Timestamp
      readonly strikes: number
    }

/** `overtaken`: another process with our key has gone on with it. */
export type ClosedAs = 'expired' | 'withdrawn' | 'exhausted' | 'overtaken'

/** What we may hold against the other side without a proof. */
export type AllegedFault = 'NO_DELIVERY' | 'ABANDONED' | 'SILENT_REVIEW'

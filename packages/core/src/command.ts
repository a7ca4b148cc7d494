import type {
  AgentKey,
  DurationMs,
  HaggleRecord,
  MicroCredits,
  Milestone,
  PayloadHash,
  RecordId,
  Reject,
  TaskInput,
  Timers,
  Timestamp,
} from '@haggle/protocol'
import type { CheckWord } from './contract/ends.ts'
import type { Seal } from './contract/seal.ts'

/** One task to have done: what the offer will say, and what only we know about it. */
export interface Job {
  /** Idempotency key: the same key is the same job, over restarts. */
  readonly key: string
  readonly skill: string
  readonly input: TaskInput
  readonly milestones: readonly Milestone[]
  readonly endBy: Timestamp
  readonly value: MicroCredits
  readonly mode: 'claim' | 'auction'
  readonly bidding: 'open' | 'sealed'
  /** The offer stays open at most until then. */
  readonly bidUntil: Timestamp
  readonly maxBids: number
  /** A bid at or under this price is awarded at once. */
  readonly askPrice: MicroCredits | null
  readonly stakeWorker: MicroCredits
  readonly stakeRequester: MicroCredits
  readonly timers: Timers
  readonly revisions: number
  readonly attempts: number
  /** Witnesses on the panel at most; null: as many as the number of those at hand suggests. */
  readonly panel: number | null
  readonly minQuality: number | null
  readonly parent: RecordId | null
  /** Opaque to the engine, stored with the job: how the application will review, where the result goes. */
  readonly memo: string
}

/** A skill as an advert names it; `unitPrice` is null where the price depends on the task. */
export interface OfferedSkill {
  readonly name: string
  readonly version: number
  readonly note: string | null
  readonly unitPrice: MicroCredits | null
}

/** What our own application can ask of the engine. */
export type Command =
  | { readonly kind: 'offer'; readonly job: Job }
  /** Replaces what we serve; no skills means: serve nothing, bid no more. */
  | {
      readonly kind: 'serve'
      readonly skills: readonly OfferedSkill[]
      readonly slots: number
      /** Whose tasks are taken; absent: anybody's. */
      readonly allow?: readonly AgentKey[]
      /** The most that we put at risk in one contract; absent: what the newcomer limit and our credit allow. */
      readonly maxStake?: MicroCredits
      /** The fewest witnesses on the panel of a contract of ours; absent: none are asked for. */
      readonly minPanel?: number
      /** The least quality of a requester, permille; absent: any. */
      readonly minQuality?: number
    }
  /**
   * WIT-27: witnesses for others from now on, with so many bytes of their results at one time, each up to 64 KiB and kept until its
   * contract is over; null: no more.
   */
  | { readonly kind: 'witness'; readonly maxBytes: number | null }
  /** Takes in a record that somebody showed to us here: evidence of whomever it is, within the quotas. */
  | { readonly kind: 'evidence'; readonly record: HaggleRecord }
  /** Answers a `quote` request: in claim mode price is ignored and the claim is at the offer's value. */
  | {
      readonly kind: 'bid'
      readonly task: RecordId
      readonly generation: number
      readonly price: MicroCredits
      readonly etaMs: DurationMs
      readonly leaseMs: DurationMs | null
    }
  | {
      readonly kind: 'deliver'
      readonly contract: RecordId
      readonly milestone: number
      readonly resultHash: PayloadHash
      readonly size: number
      readonly mediaType: string | null
      /** WIT-36: how it goes where a panel may be shown it; absent or null: as it is. */
      readonly seal?: Seal | null
    }
  | {
      readonly kind: 'fail'
      readonly contract: RecordId
      readonly milestone: number
      readonly code: string
      readonly note: string
    }
  /** How far the work is, for the requester to see: told at most once a second, and only the newest. */
  | { readonly kind: 'progress'; readonly contract: RecordId; readonly permille: number; readonly note: string | null }
  | { readonly kind: 'withdraw'; readonly contract: RecordId; readonly reason: string }
  /** After a rejection that leaves a revision open: give in instead of delivering again. */
  | { readonly kind: 'concede'; readonly contract: RecordId }
  | { readonly kind: 'approve'; readonly contract: RecordId; readonly milestone: number }
  | {
      readonly kind: 'reject'
      readonly contract: RecordId
      readonly milestone: number
      readonly reason: Reject['reason']
      readonly note: string
    }
  /** Answers a `recheck` request. */
  | { readonly kind: 'rechecked'; readonly contract: RecordId; readonly word: CheckWord }
  /** Withdraws the offer while nothing is opened; afterwards asks the worker to cancel. */
  | { readonly kind: 'cancel'; readonly task: RecordId; readonly reason: string }

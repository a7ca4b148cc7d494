import type {
  Acceptance,
  AgentKey,
  Deliver,
  Failed,
  Milestone,
  PayloadHash,
  RecordId,
  Terms,
  Timestamp,
} from '@haggle/protocol'

/** What the engine needs the application for; each is answered by a command, or by silence, which is free. */
export type AppRequest =
  /** An offer that we could serve: answer with `bid`, or not at all. */
  | {
      readonly kind: 'quote'
      readonly task: RecordId
      readonly generation: number
      readonly requester: AgentKey
      readonly terms: Terms
      readonly value: number
      readonly mode: 'claim' | 'auction'
    }
  /** Do the work of one milestone: answer with `deliver`, `fail` or `withdraw` by `due`. Repeated after a restart. */
  | {
      readonly kind: 'work'
      readonly task: RecordId
      readonly contract: RecordId
      readonly generation: number
      readonly requester: AgentKey
      readonly milestone: number
      readonly revision: number
      readonly due: Timestamp
      readonly terms: Terms
      readonly price: number
    }
  /** Stop the work: fenced, cancelled, past the last due, or ended otherwise. */
  | { readonly kind: 'stop'; readonly contract: RecordId; readonly why: string }
  /** The worker of a contract of ours says how far it is; nothing to answer. `note` moves no terminal's cursor. */
  | {
      readonly kind: 'progress'
      readonly task: RecordId
      readonly contract: RecordId
      readonly generation: number
      readonly worker: AgentKey
      readonly permille: number
      readonly note: string | null
    }
  /** Our delivery was finally rejected: run its objective check on our own bytes, and answer with `rechecked`. */
  | {
      readonly kind: 'recheck'
      readonly contract: RecordId
      readonly acceptance: Acceptance
      readonly resultHash: PayloadHash
      readonly size: number
    }
  /** Look at a delivery (its payload is held) or a failure: answer with `approve` or `reject`. Repeated after a restart. */
  | {
      readonly kind: 'review'
      readonly task: RecordId
      readonly contract: RecordId
      readonly generation: number
      readonly worker: AgentKey
      readonly milestone: Milestone
      readonly index: number
      readonly delivery: Deliver | null
      readonly failure: Failed | null
      readonly memo: string
      readonly resultHash: PayloadHash | null
    }

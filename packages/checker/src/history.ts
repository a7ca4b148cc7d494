import type { AgentKey, NetworkId, RecordId, Timestamp } from '@haggle/protocol'
import type { InvariantId } from './invariants.ts'

/** One stored row of a table, as the journal gives it back. */
export interface StoredRow {
  readonly seq: number
  readonly bytes: Uint8Array
}

/** What one agent has written down. */
export interface AgentHistory {
  /** The name under which findings speak of it. */
  readonly directory: string
  readonly agent: AgentKey
  readonly networkId: NetworkId
  readonly log: readonly StoredRow[]
  readonly events: readonly StoredRow[]
}

/** What the check must know beside the histories. */
export interface CheckInit {
  /** Ed25519 without the cofactor, after the strict pre-check of the protocol. */
  readonly verify: (key: AgentKey, message: Uint8Array, signature: Uint8Array) => boolean
  /**
   * Every agent ran on and was connected until this time: what had to end by then has an end, and what one party knows the
   * other one knows. Null: they were stopped at any time, so that nothing need have ended.
   */
  readonly restedAt: Timestamp | null
  /** The most slots that any of the workers ever had; null: not known, so that nothing is said of slots. */
  readonly slots: number | null
}

/** One violated invariant. */
export interface Finding {
  readonly invariant: InvariantId
  readonly text: string
  /** The records that prove it. */
  readonly records: readonly RecordId[]
  /** The directory whose log or events show it. */
  readonly directory: string
}

/** What was looked at, and what was found. */
export interface CheckReport {
  readonly findings: readonly Finding[]
  /** Findings beyond those listed. */
  readonly unlisted: number
  readonly agents: number
  readonly records: number
  readonly events: number
  readonly contracts: number
  readonly settled: number
}

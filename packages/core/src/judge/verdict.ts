import type {
  Acceptance,
  AgentKey,
  EndName,
  FaultCode,
  MicroCredits,
  PayloadHash,
  RecordId,
  Slot,
  Timestamp,
} from '@haggle/protocol'
import type { CheckWord } from '../contract/ends.ts'
import type { SlotId } from '../witness/slot.ts'

/** How sure a fault is: by signatures alone, by a certificate of witnesses, or by one party's word. */
export type Grade = 'self-proving' | 'witnessed' | 'alleged'

/** One named breach by one party, and the records that prove it. */
export interface Fault {
  /** VER-09: what the fault is called everywhere, however many certificates prove it. */
  readonly id: RecordId
  readonly party: AgentKey
  readonly fault: FaultCode
  /** The milestone it stands on; null where the whole contract does. */
  readonly milestone: number | null
  readonly slash: MicroCredits
  readonly grade: Grade
  readonly evidence: readonly RecordId[]
}

/** What a panel certified about one slot: equal votes of a quorum. */
export interface CertificateView {
  readonly slotId: SlotId
  readonly slot: Slot
  readonly verdict: 'timely' | 'late' | 'absent'
  readonly at: Timestamp
  /** The due that an ABSENT judged. */
  readonly due: Timestamp | null
  readonly votes: readonly RecordId[]
}

/** What a file says about one contract: the same everywhere, from the records alone. */
export interface Verdict {
  readonly contract: RecordId
  readonly task: RecordId
  readonly generation: number
  readonly requester: AgentKey
  readonly worker: AgentKey
  readonly price: MicroCredits
  readonly stakes: { readonly requester: MicroCredits; readonly worker: MicroCredits }
  /** Null while the contract is open. */
  readonly end: EndName | null
  /** The party at fault, its fault and what that costs it; of several the one that the end names, else the dearest. */
  readonly party: AgentKey | null
  readonly fault: FaultCode | null
  readonly grade: Grade | null
  readonly slash: MicroCredits
  /** Every fault that counts, by party, milestone and code. */
  readonly faults: readonly Fault[]
  /** "Open at entry n": the seq of the last entry; null once the contract has ended. */
  readonly openAt: number | null
  readonly milestonesApproved: number
  /** Members of the panel; 0 without one. */
  readonly panel: number
  /** Votes of its members in the file. */
  readonly votes: number
  /** By slot; of several equal ones the earliest first. */
  readonly certificates: readonly CertificateView[]
  /** The records that make the end what it is, by id. */
  readonly evidence: readonly RecordId[]
}

/** A key that was given away, and what it is said to open. */
export interface TriedSeal {
  readonly key: Uint8Array
  /** Whom it was sealed for. */
  readonly to: AgentKey
  readonly resultHash: PayloadHash
  readonly size: number
}

/** What a judge needs beside the records: nothing that could differ between two machines. */
export interface JudgePorts {
  /** Re-runs an objective acceptance on the bytes of a result: pure, the same answer everywhere. */
  readonly checkResult: (acceptance: Acceptance, result: Uint8Array) => { readonly kind: CheckWord }
  /** A payload by its hash, where the file holds it. */
  readonly payload: (hash: PayloadHash) => Uint8Array | undefined
  /** Whether these are the bytes of a result, sealed for an agent with this key: pure. Absent: nobody here can look. */
  readonly opensSeal?: (sealed: Uint8Array, seal: TriedSeal) => boolean
}

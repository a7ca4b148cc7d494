import type { AgentKey, EndName, FaultCode, MicroCredits, PayloadHash, RecordId, Timestamp } from '@haggle/protocol'
import type { AllegedFault } from './log-entry.ts'

interface OfTask {
  readonly at: Timestamp
  readonly task: RecordId
}
interface OfContract extends OfTask {
  readonly contract: RecordId
  readonly generation: number
  /** The other party. */
  readonly peer: AgentKey
  readonly role: 'requester' | 'worker'
}
type Ending =
  'settled' | 'declined' | 'lapsed' | 'cancelled' | 'withdrawn' | 'breached' | 'split' | 'void' | 'undecided'

/** What an agent's user is told; every one is logged. `docs/events.md` is the same table for people. */
export type EngineEvent =
  | ({
      readonly event: 'offered'
      readonly skill: string
      readonly key: string | null
      readonly value: MicroCredits
    } & OfTask)
  | ({
      readonly event: 'bid'
      readonly generation: number
      readonly peer: AgentKey
      readonly price: MicroCredits
      readonly own: boolean
    } & OfTask)
  | ({ readonly event: 'awarded'; readonly price: MicroCredits; readonly why: readonly ScoredBid[] } & OfContract)
  | ({ readonly event: 'accepted' | 'opened' | 'overtaken' } & OfContract)
  | ({
      readonly event: 'delivered'
      readonly milestone: number
      readonly result: PayloadHash
      readonly size: number
    } & OfContract)
  /** The task itself failed; the contract ends when the requester has reviewed that. */
  | ({
      readonly event: 'failed'
      readonly milestone: number
      readonly code: string
      readonly note: string
      /** Null when the failure comes in, `failed` when the contract ends by it. */
      readonly end: 'failed' | null
    } & OfContract)
  | ({ readonly event: 'approved'; readonly milestone: number } & OfContract)
  | ({
      readonly event: 'rejected'
      readonly milestone: number
      readonly reason: string
      readonly note: string
    } & OfContract)
  /** The end of a contract. */
  | ({
      readonly event: Ending
      readonly end: EndName
      readonly party: AgentKey | null
      readonly fault: FaultCode | null
    } & OfContract)
  | ({
      readonly event: 'slashed'
      readonly party: AgentKey
      readonly fault: FaultCode
      readonly amount: MicroCredits
    } & OfContract)
  | ({ readonly event: 'alleged'; readonly party: AgentKey; readonly fault: AllegedFault } & OfContract)
  | ({ readonly event: 'fenced'; readonly reason: string } & OfContract)
  | ({ readonly event: 'reopened'; readonly generation: number; readonly reason: string } & OfTask)
  /**
   * A clock went wrong (`agrees` false) or came right. `offMs`: of ours, how far it is ahead of what speaks against it; of a
   * peer's, how far it is ahead of ours.
   */
  | {
      readonly event: 'clock'
      readonly at: Timestamp
      readonly who: 'own' | 'peer'
      readonly peer: AgentKey | null
      readonly cause: 'jump' | 'peers'
      readonly offMs: number
      readonly agrees: boolean
    }
  /** The task is off the board without a settlement. */
  | ({
      readonly event: 'expired'
      readonly cause: 'no-bids' | 'too-dear' | 'deadline' | 'attempts'
      readonly bids: number
    } & OfTask)

/** One bid as the requester scored it; lowest score wins, then earliest eta, then bid id. */
export interface ScoredBid {
  readonly bid: RecordId
  readonly worker: AgentKey
  readonly price: MicroCredits
  readonly etaMs: number
  readonly quality: number
  readonly score: number
}

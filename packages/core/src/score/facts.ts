import type { AgentKey, FaultCode, MicroCredits, RecordId } from '@haggle/protocol'

/*
 * REP-01: what evidence proves, as the scores read it. Each fact follows from signed records that verify alone; what one side merely
 * says has no shape here, so no complaint can be mistaken for one.
 */

/** Work that `from` approved of `to`, by its own signature. */
export interface CreditFact {
  readonly from: AgentKey
  readonly to: AgentKey
  /** Stake times the grade of the approved work, not the price: credit, debt and capacity are one unit. */
  readonly amount: MicroCredits
  readonly skill: string
  readonly epoch: number
  readonly contract: RecordId
}

/** One proven fault. Certificates are its evidence, not its name: many valid ones are still one fault. */
export interface FaultFact {
  /** H("fault", contract, party, slot). */
  readonly id: RecordId
  readonly party: AgentKey
  readonly contract: RecordId
  readonly skill: string
  readonly fault: FaultCode
  readonly grade: 'self-proving' | 'witnessed'
  readonly slash: MicroCredits
  /** What the party had at risk; 0 where the fault belongs to no contract. */
  readonly stake: MicroCredits
  readonly epoch: number
}

/** What a party has at risk in one contract that is not over, at the latest until the end of an epoch. */
export interface PledgeFact {
  readonly party: AgentKey
  readonly contract: RecordId
  readonly stake: MicroCredits
  readonly untilEpoch: number
}

/** A key that signed two histories. */
export interface TombstoneFact {
  readonly party: AgentKey
  readonly proof: readonly RecordId[]
}

/** Everything that a score is made of, in any order and with any doubles. */
export interface Facts {
  readonly credits: readonly CreditFact[]
  readonly faults: readonly FaultFact[]
  readonly pledges: readonly PledgeFact[]
  readonly tombstones: readonly TombstoneFact[]
}

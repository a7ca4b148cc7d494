import { limits } from '../limits.ts'
import { int, list, nullable, struct, word, type Infer } from '../schema.ts'
import {
  agentKey,
  amount,
  chainLink,
  code,
  generation,
  milestoneIndex,
  recordId,
  reopenReason,
  timestamp,
} from './common.ts'

const note = { at: timestamp, contract: recordId, generation } as const

/** "I hold this entry and the bytes it names, and it was in time." */
export const receipt = struct({ ...note, entry: recordId })
export type Receipt = Infer<typeof receipt>

/** The requester's receipt for an accept: it makes the contract binding. */
export const opening = struct({ ...note, accept: recordId })
export type Opening = Infer<typeof opening>

/** The first heartbeat of a lease is signed; it is the worker's receipt for the opening. */
export const heartbeat = struct({ ...note, opening: recordId, n: int() })
export type Heartbeat = Infer<typeof heartbeat>

/** The one stored answer to whoever speaks for an older generation. */
export const fenced = struct({ ...note, reason: reopenReason, proof: nullable(recordId) })
export type Fenced = Infer<typeof fenced>

/** A lease that ran out lives again: clears the certificate it names. */
export const revived = struct({ ...note, certificate: recordId })
export type Revived = Infer<typeof revived>

/** Asks the other side to end the contract by both wills; `n` counts the requests of one author. */
export const cancelRequest = struct({ ...note, n: int(16), reason: code })
export type CancelRequest = Infer<typeof cancelRequest>

/** Consent to a cancel request of the pen-holder. */
export const agree = struct({ ...note, request: recordId })
export type Agree = Infer<typeof agree>

/** Asks a worker that fell silent for a sign of life; at most three per milestone. */
export const challenge = struct({ ...note, milestone: milestoneIndex, k: int(3, 1) })
export type Challenge = Infer<typeof challenge>

/** Answers a challenge. */
export const alive = struct({ ...note, milestone: milestoneIndex, challenge: recordId })
export type Alive = Infer<typeof alive>

/** Every end that a contract can come to. */
export const endName = word(
  'settled',
  'failed',
  'declined',
  'lapsed',
  'cancelled',
  'withdrawn',
  'breached',
  'split',
  'void',
  'undecided',
)
export type EndName = Infer<typeof endName>

/** Everything that can be held against a party. */
export const faultCode = word(
  'WITHDRAW',
  'LATE',
  'NO_DELIVERY',
  'ABANDONED',
  'BAD',
  'CONCEDE',
  'SILENT_REVIEW',
  'FALSE_REJECT',
  'FALSE_ASK',
  'FORGED_GENERATION',
  'FORK',
  'SIGNED_BREACH',
)
export type FaultCode = Infer<typeof faultCode>

/** How a contract ended; `party` and `fault` are null unless somebody is at fault. */
export const outcome = struct({ end: endName, party: nullable(agentKey), fault: nullable(faultCode) })
export type Outcome = Infer<typeof outcome>

/** Each party's own record of an end, on its own chain; nobody countersigns. */
export const closing = struct({
  at: timestamp,
  ...chainLink,
  contract: recordId,
  outcome,
  slash: amount,
  evidence: list(recordId, limits.evidence),
})
export type Closing = Infer<typeof closing>

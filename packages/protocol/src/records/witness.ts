import { limits } from '../limits.ts'
import { int, list, struct, word, type Infer } from '../schema.ts'
import { agentKey, generation, milestoneIndex, payloadHash, recordId, timestamp } from './common.ts'

/**
 * The agents from which a requester's panels are drawn, ascending by raw key. `n` counts the sets of one author in one epoch from
 * 0, and the author is none of them.
 */
export const witnessSet = struct({
  at: timestamp,
  epoch: int(),
  n: int(limits.witnessSetsPerEpoch - 1),
  keys: list(agentKey, limits.witnessSet, 1),
})
export type WitnessSet = Infer<typeof witnessSet>

/** What a vote can be about. */
export const slotDuty = word('opening', 'delivery', 'review', 'rework', 'lease')
export type SlotDuty = Infer<typeof slotDuty>

/**
 * One duty of one contract: `entry` is the one that gave it (of an opening the accept, of a lease the award), `k` counts the
 * challenges of a lease from 1 and is 0 for every other duty.
 */
export const slot = struct({ entry: recordId, duty: slotDuty, milestone: milestoneIndex, k: int(3) })
export type Slot = Infer<typeof slot>

const ofContract = { at: timestamp, contract: recordId, generation } as const

/** "I hold nothing that met this duty": opens the vote on its slot. */
export const ask = struct({ ...ofContract, slot })
export type Ask = Infer<typeof ask>

/** The requester holds the sealed result that a delivery names: from here on the panel needs no more than its key. */
export const held = struct({ ...ofContract, sealedHash: payloadHash })
export type Held = Infer<typeof held>

/**
 * A witness's word on one slot. TIMELY and LATE name the record that met the duty, and `at` is when it arrived; ABSENT names the
 * ask, or of a lease the challenge, and `at` is when the witness gave up waiting. `due` is the one that was judged, `newest` the
 * newest entry of the contract that the witness had seen.
 */
export const vote = struct({
  ...ofContract,
  slot,
  verdict: word('timely', 'late', 'absent'),
  names: recordId,
  due: timestamp,
  newest: recordId,
})
export type Vote = Infer<typeof vote>

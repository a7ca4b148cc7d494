import { limits } from '../limits.ts'
import { bool, bytes, int, list, nullable, struct, text, tied, word, type Infer } from '../schema.ts'
import {
  agentKey,
  amount,
  chainLink,
  code,
  duration,
  generation,
  milestoneIndex,
  payloadHash,
  permille,
  recordId,
  terms,
  timestamp,
} from './common.ts'

/** One bid that the requester looked at, with the numbers that decided; `price` and on are null where bids are sealed. */
const considered = struct({
  bid: recordId,
  worker: nullable(agentKey),
  price: nullable(amount),
  etaMs: nullable(duration),
  quality: nullable(permille),
  score: nullable(amount),
})

/** A next-best bid; `worker` is null where no panel is drawn, since a draw passes over the authors of all reserves. */
const reserve = struct({ bid: recordId, worker: nullable(agentKey) })

/** Entry 0 of a contract; its id names the contract. `prev` is the offer, from the second generation on the reopening. */
export const award = struct({
  at: timestamp,
  task: recordId,
  prev: recordId,
  generation,
  bid: recordId,
  worker: agentKey,
  price: amount,
  terms,
  nonceReveal: bytes(32, 32),
  panel: list(agentKey, limits.panel),
  exposureUntil: timestamp,
  reserves: list(reserve, limits.reserves),
  considered: list(considered, limits.consideredBids),
  ...chainLink,
})
export type Award = Infer<typeof award>

/** What every later entry begins with. `prev` is the entry it answers; `seq` is one more than that entry's. */
const entry = {
  at: timestamp,
  contract: recordId,
  generation,
  seq: int(limits.entriesPerContract, 1),
  prev: recordId,
} as const
const onMilestone = { ...entry, milestone: milestoneIndex } as const

/** The worker takes the award: it holds and has checked the whole input. */
export const accept = struct({ ...entry, ...chainLink })
export type Accept = Infer<typeof accept>

/** The worker does not take the award; free. `final`: do not ask again for this task. */
export const decline = struct({ ...entry, code, final: bool, retryAfterMs: duration })
export type Decline = Infer<typeof decline>

/**
 * The worker hands over the result of a milestone, by its hash and size in bytes. Where it goes sealed, `sealedHash` is the hash of the
 * sealed bytes and `keyHash` that of the key of the seal; the one says nothing without the other.
 */
export const deliver = tied(
  struct({
    ...onMilestone,
    revision: int(16),
    resultHash: payloadHash,
    size: int(limits.blobBytes),
    mediaType: nullable(text(128)),
    sealedHash: nullable(payloadHash),
    keyHash: nullable(payloadHash),
  }),
  ({ sealedHash, keyHash }) =>
    (sealedHash === null) === (keyHash === null) ? null : 'a seal has both hashes, or there is none',
)
export type Deliver = Infer<typeof deliver>

/** The worker did the work and the task itself failed: a command's exit code, a final error of a handler. */
export const failed = struct({ ...onMilestone, code, note: text(256) })
export type Failed = Infer<typeof failed>

/** The worker gives the task back and names why. */
export const withdraw = struct({ ...onMilestone, reason: code })
export type Withdraw = Infer<typeof withdraw>

/** The requester accepts the delivery, or agrees that the task itself failed. */
export const approve = struct(onMilestone)
export type Approve = Infer<typeof approve>

/** The requester does not accept the delivery; after a check the rejection can be checked again by anybody. */
export const reject = struct({ ...onMilestone, reason: word('check', 'opinion', 'sealed', 'missing'), note: text(256) })
export type Reject = Infer<typeof reject>

/** The worker agrees to a rejection. */
export const concede = struct(onMilestone)
export type Concede = Infer<typeof concede>

/** WIT-39: the worker gives away the key of a seal that its requester says it could not open: anybody who holds the sealed bytes can look. */
export const unseal = struct({ ...onMilestone, key: bytes(32, 32) })
export type Unseal = Infer<typeof unseal>

/** Ends the contract by both wills: `request` is the other side's cancel request, or its agreement to the pen-holder's own. */
export const cancel = struct({ ...entry, request: recordId })
export type Cancel = Infer<typeof cancel>

/** What the holder of the pen owes. */
export const duty = word('delivery', 'review', 'rework')
export type Duty = Infer<typeof duty>

/** A due, review or rework clock ran out: written by the waiting party, it takes the pen. */
export const timeout = struct({ ...onMilestone, duty, slot: recordId })
export type Timeout = Infer<typeof timeout>

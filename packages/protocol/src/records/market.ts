import { limits } from '../limits.ts'
import { bool, bytes, int, list, nullable, struct, text, word, type Infer } from '../schema.ts'
import {
  amount,
  code,
  duration,
  generation,
  name,
  permille,
  recordId,
  reopenReason,
  terms,
  timestamp,
} from './common.ts'

const skill = struct({ name, version: int(), note: nullable(text(256)), unitPrice: nullable(amount) })

/** Capability and load, never plans. The newest `seq` of an author counts until `at` + `ttlMs`. */
export const advert = struct({
  at: timestamp,
  seq: int(),
  ttlMs: duration,
  skills: list(skill, limits.skillsPerAdvert),
  slots: int(4_096),
  free: int(4_096),
  witness: nullable(struct({ maxBytes: int() })),
})
export type Advert = Infer<typeof advert>

/** A requester's call for one task. Its id is the task's name over all generations. */
export const offer = struct({
  at: timestamp,
  nonce: bytes(16, 16),
  terms,
  value: amount,
  maxBids: int(limits.bidsPerOffer, 1),
  mode: word('claim', 'auction'),
  bidding: word('open', 'sealed'),
  bidUntil: timestamp,
  expires: timestamp,
  minQuality: nullable(permille),
  nonceCommit: bytes(32, 32),
})
export type Offer = Infer<typeof offer>

/** The requester takes an offer that has no opened contract off the board. */
export const withdrawal = struct({ at: timestamp, task: recordId, reason: code })
export type Withdrawal = Infer<typeof withdrawal>

/** A worker's price and time for one generation of a task; in claim mode the claim itself. */
export const bid = struct({
  at: timestamp,
  task: recordId,
  generation,
  price: amount,
  etaMs: duration,
  validUntil: timestamp,
  firm: bool,
  leaseMs: nullable(duration),
  nonce: bytes(16, 16),
  counter: nullable(int(8)),
})
export type Bid = Infer<typeof bid>

/** The signed start of the next generation. `proof` names the record that allows it; a lapse and an own judgement have none. */
export const reopening = struct({
  at: timestamp,
  task: recordId,
  generation,
  reason: reopenReason,
  proof: nullable(recordId),
  bidUntil: timestamp,
  expires: timestamp,
})
export type Reopening = Infer<typeof reopening>

/** A signed, decaying mark on the shared board. */
export const trace = struct({
  at: timestamp,
  topic: name,
  key: text(256),
  value: bytes(1_024),
  strength: int(),
  halfLifeMs: duration,
  seq: int(),
})
export type Trace = Infer<typeof trace>

import type { AgentKey, Bid, HaggleRecord, Offer, RecordId, Reopening, Terms } from '@haggle/protocol'
import type { Answer } from '@haggle/core'
import { nonceCommit } from '../../src/market/nonce-chain.ts'
import { signAs, type Bench } from './bench.ts'
import type { Hand } from './hand.ts'
import { GRACE, input, jobAt, SKILL, VALUE } from './scene.ts'

let nonces = 0

function nonce(): Uint8Array {
  nonces += 1
  return Uint8Array.from({ length: 16 }, (_, at) => (at < 4 ? (nonces >> (at * 8)) & 0xff : 0))
}

/** A bid as anybody with a key can make it. */
export function bidOf(bench: Bench, author: AgentKey, task: RecordId, more: Partial<Bid> = {}): HaggleRecord<'bid'> {
  return signAs(author, 'bid', {
    at: bench.time,
    task,
    generation: 1,
    price: VALUE / 2,
    etaMs: 1_000,
    validUntil: bench.time + 60_000,
    firm: false,
    leaseMs: null,
    nonce: nonce(),
    counter: null,
    ...more,
  })
}

/** A claim: firm, and at the value of the offer. */
export function claimOf(bench: Bench, author: AgentKey, task: RecordId, more: Partial<Bid> = {}): HaggleRecord<'bid'> {
  return bidOf(bench, author, task, { price: VALUE, firm: true, ...more })
}

/** Brings a record to a hand as its author would. */
export function bring(hand: Hand, record: HaggleRecord): Answer {
  return hand.record(record.author, record)
}

export function termsAt(bench: Bench, more: Partial<Terms> = {}): Terms {
  const { endBy, milestones, stakeWorker, stakeRequester, timers, revisions, attempts } = jobAt(bench)
  return {
    skill: SKILL,
    input: { hash: input, size: 8, mediaType: null, preview: null, public: null },
    milestones,
    endBy,
    stakeWorker,
    stakeRequester,
    timers,
    revisions,
    attempts,
    panelSize: 0,
    witnessSet: null,
    jury: null,
    dependsOn: [],
    parent: null,
    ...more,
  }
}

export const secret = new Uint8Array(32).fill(5)

/** An offer of somebody who has a key and no engine. */
export function offerOf(bench: Bench, author: AgentKey, more: Partial<Offer> = {}): HaggleRecord<'offer'> {
  const bidUntil = more.bidUntil ?? bench.time + 5_000
  return signAs(author, 'offer', {
    at: bench.time,
    nonce: nonce(),
    terms: termsAt(bench),
    value: VALUE,
    maxBids: 8,
    mode: 'auction',
    bidding: 'open',
    bidUntil,
    expires: bidUntil + GRACE,
    minQuality: null,
    nonceCommit: nonceCommit(secret),
    ...more,
  })
}

export function reopeningOf(
  bench: Bench,
  offer: HaggleRecord<'offer'>,
  more: Partial<Reopening> = {},
): HaggleRecord<'reopening'> {
  const bidUntil = more.bidUntil ?? bench.time + 5_000
  return signAs(offer.author, 'reopening', {
    at: bench.time,
    task: offer.id,
    generation: 2,
    reason: 'lapsed',
    proof: null,
    bidUntil,
    expires: bidUntil + GRACE,
    ...more,
  })
}

export function advertOf(bench: Bench, author: AgentKey, at = bench.time, seq = 1): HaggleRecord<'advert'> {
  const skills = [{ name: SKILL, version: 1, note: null, unitPrice: null }]
  return signAs(author, 'advert', { at, seq, ttlMs: 60_000, skills, slots: 1, free: 1, witness: null })
}

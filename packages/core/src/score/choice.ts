import type { HaggleRecord } from '@haggle/protocol'
import { mulDiv } from '../contract/integer.ts'
import type { ScoredBid } from '../event.ts'

/** A quality below this does not make a price look any dearer: otherwise one fault would price a peer out for ever. */
const QUALITY_FLOOR_PERMILLE = 100

/** The bids in order of preference, and the first of them; null when there are none. */
export interface Choice {
  readonly winner: ScoredBid | null
  readonly ranked: readonly ScoredBid[]
}

/**
 * SCORE-05: lowest price · 1000 div max(quality, 100), then earliest eta, then lowest bid id as raw bytes (of which the
 * hexadecimal text has the same order). Depends on nothing but the bids and their qualities.
 */
export function choose(bids: readonly { readonly bid: HaggleRecord<'bid'>; readonly quality: number }[]): Choice {
  const ranked = bids.map(({ bid, quality }) => scored(bid, quality)).toSorted(compare)
  return { winner: ranked[0] ?? null, ranked }
}

/** What choosing compares: micro-credits per permille of quality, scaled; an amount, so it never exceeds 2^53 - 1. */
export function scoreOf(price: number, quality: number): number {
  return Math.min(mulDiv(price, 1_000, Math.max(quality, QUALITY_FLOOR_PERMILLE)), Number.MAX_SAFE_INTEGER)
}

function scored(bid: HaggleRecord<'bid'>, quality: number): ScoredBid {
  const { price, etaMs } = bid.body
  return { bid: bid.id, worker: bid.author, price, etaMs, quality, score: scoreOf(price, quality) }
}

function compare(a: ScoredBid, b: ScoredBid): number {
  return a.score - b.score || a.etaMs - b.etaMs || (a.bid < b.bid ? -1 : 1)
}

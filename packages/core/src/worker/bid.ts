import type { AgentKey, HaggleRecord } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import type { Command } from '../command.ts'
import { marketTopic } from '../market/topics.ts'
import { placeFor } from '../market/silence.ts'
import type { Posted } from '../market/board.ts'
import type { ForeignTask } from '../state.ts'
import type { Turn } from '../turn.ts'
import { hadItsTurn, slotsFree } from './slots.ts'

/** Bidders in the order of a call that are worth a connection of their own, as many times as the offer takes bids. */
const DIALLED_FOR = 4

/** Signs a bid, or in claim mode a claim, for an offer on the board. */
export function makeBid(turn: Turn, command: Extract<Command, { kind: 'bid' }>, entropy: Uint8Array): Answer {
  const { state, now } = turn
  const posted = state.board.get(command.task)
  if (posted === undefined) return refuse('task/unknown', 'no such offer on the board')
  const { offer } = posted
  const generation = posted.reopening?.body.generation ?? 1
  if (generation !== command.generation) return refuse('bid/generation', `the task is at generation ${generation}`)
  const bids = state.foreign.get(offer.id)?.bids ?? []
  if (bids.some((bid) => bid.body.generation === generation))
    return refuse('bid/duplicate', 'a worker bids once per generation')
  if (slotsFree(state) <= 0) {
    // Other bids were faster than this quote: the offer is looked at again when a slot is free.
    state.quoted.delete(offer.id)
    return refuse('bid/no-slot', 'every slot is taken')
  }
  const claim = offer.body.mode === 'claim'
  const price = claim ? offer.body.value : command.price
  if (price > offer.body.value) return refuse('bid/too-dear', 'the price is above the budget')

  const { timers, endBy } = offer.body.terms
  const bid = turn.sign('bid', {
    at: now.wall,
    task: offer.id,
    generation,
    price,
    etaMs: command.etaMs,
    validUntil: claim ? now.wall + timers.acceptMs : endBy,
    firm: claim,
    leaseMs: command.leaseMs,
    nonce: entropy.slice(0, 16),
    counter: null,
  })
  keepOffer(turn, posted)
  turn.keep(bid)
  keepReopening(turn, posted)
  sendBid(turn, posted, bid)
  turn.notify({ event: 'bid', at: now.wall, task: offer.id, generation, peer: offer.author, price, own: true })
  return okay(bid.id)
}

/**
 * MKT-19: an open bid is gossiped, and every bid also goes straight to the requester, whose topic may not know us yet. Whoever let
 * others go first speaks to the requester alone: were it gossiped as well, a task would cost the square of those who serve it.
 */
function sendBid(turn: Turn, posted: Posted, bid: HaggleRecord<'bid'>): void {
  const { author, body } = posted.offer
  const last = DIALLED_FOR * body.maxBids
  const place = placeFor(turn, posted, last)
  const isEarly = place < body.maxBids
  if (isEarly && body.mode === 'auction' && body.bidding === 'open') turn.publish(marketTopic(body.terms.skill), bid)
  // Of the many that come late only the next few make the network look for the requester.
  if (place < last || turn.state.peers.has(author)) turn.send(author, [bid])
}

/** Before we bind ourselves to an offer our log holds it. */
function keepOffer(turn: Turn, { offer }: Posted): void {
  if (!turn.state.foreign.has(offer.id) && !turn.state.offers.has(offer.id)) turn.keep(offer)
}

/** The award of this generation will name its reopening; it belongs to the task, which our first bid made ours to remember. */
function keepReopening(turn: Turn, { offer, reopening }: Posted): void {
  const known = turn.state.foreign.get(offer.id)?.reopenings ?? []
  if (reopening !== null && !known.some((each) => each.id === reopening.id)) turn.keep(reopening)
}

/** What a bidder tells a requester that came back: its bids that can still be awarded. */
export function standingBids(turn: Turn, requester: AgentKey): HaggleRecord<'bid'>[] {
  const bids: HaggleRecord<'bid'>[] = []
  for (const task of turn.state.foreign.values()) {
    const bid = task.bids.at(-1)
    if (bid !== undefined && task.offer.author === requester && mayStillBeAwarded(turn, task, bid)) bids.push(bid)
  }
  return bids
}

function mayStillBeAwarded(turn: Turn, task: ForeignTask, bid: HaggleRecord<'bid'>): boolean {
  if (bid.body.validUntil <= turn.now.wall || task.withdrawal !== null) return false
  return task.contracts.length === 0 && !task.lost.some((generation) => hadItsTurn(task, generation))
}

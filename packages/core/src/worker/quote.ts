import { bounds, protocolParams, type DurationMs, type RecordId, type Terms } from '@haggle/protocol'
import { graceMs, transferMs } from '../contract/timing.ts'
import type { Posted } from '../market/board.ts'
import { isUntried } from '../deal/untried.ts'
import { fitsOneContract } from '../market/room.ts'
import { silenceMs } from '../market/silence.ts'
import type { State } from '../state.ts'
import type { Turn } from '../turn.ts'
import { meetsConditions } from './conditions.ts'
import { isServed, slotsFree } from './slots.ts'

/** A day: people answer within it, and no claim or award that leads to nothing holds a slot for longer. */
const LONGEST_WAIT_MS: DurationMs = 86_400_000

/** Offers an agent could serve are put before its application, once per generation; silence is a free no. */
export function quoteWhatWeCan(turn: Turn): void {
  // Asked once for the whole board: counting slots looks at every bid and contract.
  if (slotsFree(turn.state) <= 0) return
  for (const posted of turn.state.board.offers()) askForQuote(turn, posted)
}

/** MKT-38: who was full looks at the whole board again as soon as a slot is free, whatever freed it. */
export function quoteWhenFree(turn: Turn): void {
  const { state } = turn
  const full = slotsFree(state) <= 0
  if (state.full && !full) quoteWhatWeCan(turn)
  state.full = full
}

export function quoteOne(turn: Turn, posted: Posted): void {
  if (slotsFree(turn.state) > 0) askForQuote(turn, posted)
}

/** MKT-26: whoever let others bid first has waited long enough. */
export function endSilence(turn: Turn): void {
  const { silent, board } = turn.state
  for (const [task, { until }] of silent) {
    if (until > turn.now.mono) continue
    silent.delete(task)
    const posted = board.get(task)
    // Without a free slot the offer is looked at again when there is one; its window is over by then.
    if (posted !== undefined && slotsFree(turn.state) > 0) askForQuote(turn, posted, true)
  }
}

/** True while we let others bid first on this generation. */
function staysSilent(turn: Turn, posted: Posted, generation: number): boolean {
  const { silent } = turn.state
  const task = posted.offer.id
  if (silent.get(task)?.generation === generation) return true
  silent.delete(task)
  const waitMs = silenceMs(turn, posted)
  if (waitMs > 0) {
    silent.set(task, { generation, until: turn.now.mono + waitMs })
    tellOffered(turn, posted)
  }
  // An offer that leaves the board may leave its silence behind.
  if (silent.size > bounds.offersOnBoard) forgetOldest(silent)
  return waitMs > 0
}

function askForQuote(turn: Turn, posted: Posted, waited = false): void {
  const { offer, reopening } = posted
  const generation = reopening?.body.generation ?? 1
  const { state } = turn
  if ((state.quoted.get(offer.id) ?? 0) >= generation || !couldServe(turn, posted, generation)) return
  if (!waited && staysSilent(turn, posted, generation)) return
  state.quoted.set(offer.id, generation)
  if (state.quoted.size > bounds.offersOnBoard * 2) forgetOldest(state.quoted)
  if (!waited) tellOffered(turn, posted)
  turn.request({
    kind: 'quote',
    task: offer.id,
    generation,
    requester: offer.author,
    terms: offer.body.terms,
    value: offer.body.value,
    mode: offer.body.mode,
  })
}

/** An offer that we could serve is told when it is heard, whenever we bid. */
function tellOffered(turn: Turn, { offer }: Posted): void {
  turn.notify({
    event: 'offered',
    at: turn.now.wall,
    task: offer.id,
    skill: offer.body.terms.skill,
    key: null,
    value: offer.body.value,
  })
}

function couldServe(turn: Turn, { offer, reopening }: Posted, generation: number): boolean {
  const { state, now } = turn
  const { terms } = offer.body
  if (!state.served.skills.some((skill) => skill.name === terms.skill)) return false
  if (!isServed(state, offer.author) || !meetsConditions(turn, offer.author, terms)) return false
  if (hadItsSay(state, offer.id, generation)) return false
  if ((reopening?.body.bidUntil ?? offer.body.bidUntil) + graceMs(terms.timers) <= now.wall) return false
  if (!fitsOneContract(terms) || holdsTooLong(terms)) return false
  // MKT-16: a stake above the newcomer limit needs capacity, which this version cannot show.
  return terms.stakeWorker <= protocolParams.newcomerLimitMicro
}

/** MKT-24: a claim or award that comes to nothing keeps its slot until it lapses: no longer than a day. */
function holdsTooLong({ timers, input }: Terms): boolean {
  return timers.acceptMs + 3 * transferMs(input.size, timers) + 3 * graceMs(timers) > LONGEST_WAIT_MS
}

/**
 * A second bid for one generation would be refused, and whoever has tried this task is not awarded it again.
 */
function hadItsSay(state: State, task: RecordId, generation: number): boolean {
  const known = state.foreign.get(task)
  if (known === undefined) return false
  if (known.bids.some((bid) => bid.body.generation === generation)) return true
  return known.contracts.some((id) => {
    const deal = state.deals.get(id)
    return deal !== undefined && deal.outcome !== null && !isUntried(deal)
  })
}

function forgetOldest<K>(map: Map<K, unknown>): void {
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}

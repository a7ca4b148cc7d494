import type { DurationMs, HaggleRecord, Slot, Timestamp } from '@haggle/protocol'
import { penHolder } from '../contract/contract.ts'
import { weigh, type Missed } from '../contract/missed.ts'
import { slotOfDuty } from '../contract/slots.ts'
import { ackMs, askWindowMs, dueOfSlot, echoWaitMs, graceMs, lastAsk, lateWindowMs } from '../contract/timing.ts'
import type { Deal, State } from '../state.ts'
import type { Turn } from '../turn.ts'
import { slotIdOf } from '../witness/slot.ts'
import { showPanel } from './panel-mail.ts'
import { asItStands } from './standing.ts'

/** A duty of the other side whose clock runs. */
interface Awaited {
  readonly slot: Slot
  readonly due: Timestamp
}

/** What the panel has decided about an awaited duty. `final`: no vote can come any more; `lateIsOver`: nothing can even be late. */
export interface Asked {
  readonly verdict: Missed['kind']
  readonly final: boolean
  readonly lateIsOver: boolean
}

/** The duty that we wait for, where a panel sees it and its clock runs; else null. */
function awaitedOf(deal: Deal): Awaited | null {
  const contract = asItStands(deal)
  if (contract.award.body.panel.length === 0 || penHolder(contract) !== deal.peer) return null
  const slot = slotOfDuty(contract)
  const due = slot === null ? null : dueOfSlot(contract, slot)
  return slot === null || due === null ? null : { slot, due }
}

/** WIT-35: no earlier than due + G + echoWait by our own clock, twice G after the due: an ask that is dated before is void. */
function askFrom(deal: Deal, { due }: Awaited): Timestamp {
  const { timers } = deal.contract.award.body.terms
  return due + graceMs(timers) + echoWaitMs(timers)
}

/** What came after due + G + L is not even late. */
function lateUntil(deal: Deal, { due, slot }: Awaited): Timestamp {
  const { timers, milestones } = deal.contract.award.body.terms
  const planned = milestones[slot.milestone]?.durationMs ?? 0
  return due + graceMs(timers) + lateWindowMs(planned, timers)
}

/** Until when the panel answers an ask: due + G + L + askWindow. */
function askUntil(deal: Deal, awaited: Awaited): Timestamp {
  const { award } = deal.contract
  return Math.min(lateUntil(deal, awaited) + askWindowMs(award.body.terms.timers), lastAsk(award))
}

/**
 * WIT-35: asks the panel about a duty that was not met, and again every `ack` while it has not decided. Answers what it has decided
 * so far: `undecided` with `final` when no vote can come any more; null while there is nothing to ask.
 */
export function askWhenDue(turn: Turn, deal: Deal): Asked | null {
  const awaited = awaitedOf(deal)
  if (awaited === null || turn.now.wall <= askFrom(deal, awaited)) return null
  const verdict = decided(deal)
  const final = turn.now.wall > askUntil(deal, awaited)
  if (verdict === 'undecided' && !final) ask(turn, deal, awaited)
  return { verdict, final, lateIsOver: turn.now.wall > lateUntil(deal, awaited) }
}

/** What the file says by now of the duty that runs. */
function decided(deal: Deal): Missed['kind'] {
  const contract = asItStands(deal)
  const tip = contract.nodes.get((contract.entries.at(-1) ?? contract.award).id)
  return tip === undefined ? 'undecided' : weigh(contract, tip).kind
}

function ask(turn: Turn, deal: Deal, { slot }: Awaited): void {
  const { soft } = deal
  const again = repeatMs(deal)
  // TIME-26: what a clock in doubt says about another's silence would be a false witness.
  if (turn.state.clocks.doubt !== null) return
  if (soft.asked !== null && soft.asked.slot === slotIdOf(deal.id, slot) && soft.asked.at + again > turn.now.wall)
    return
  soft.asked = { slot: slotIdOf(deal.id, slot), at: turn.now.wall }
  showPanel(turn, deal, standingAsk(turn, deal, slot) ?? writeAsk(turn, deal, slot))
}

/** No vote on an ask is signed before echoWait is over: to show it again sooner would only cost. */
function repeatMs({ contract }: Deal): DurationMs {
  const { timers } = contract.award.body.terms
  return echoWaitMs(timers) + ackMs(timers)
}

/** One ask for each slot, however often it is shown. */
function standingAsk(turn: Turn, deal: Deal, slot: Slot): HaggleRecord<'ask'> | null {
  const id = slotIdOf(deal.id, slot)
  for (const note of deal.contract.notes) {
    if (note.type === 'ask' && note.author === turn.state.self && slotIdOf(deal.id, note.body.slot) === id) return note
  }
  return null
}

function writeAsk(turn: Turn, deal: Deal, slot: Slot): HaggleRecord<'ask'> {
  const { id: contract, generation } = deal
  return turn.write('ask', { at: turn.now.wall, contract, generation, slot })
}

/** The moment by the wall clock at which there is something to ask again, or nothing more to hope for; null: nothing is asked. */
export function nextAsk(state: State, deal: Deal): Timestamp | null {
  const awaited = awaitedOf(deal)
  // TIME-26: an agent that does not trust its clock looks at it again first.
  if (awaited === null || state.clocks.doubt !== null) return null
  const { asked } = deal.soft
  if (decided(deal) !== 'undecided') return lateUntil(deal, awaited) + 1
  if (asked === null || asked.slot !== slotIdOf(deal.id, awaited.slot)) return askFrom(deal, awaited) + 1
  return Math.min(askUntil(deal, awaited) + 1, asked.at + repeatMs(deal))
}

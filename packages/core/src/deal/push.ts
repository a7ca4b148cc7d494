import type { AgentKey, DurationMs, HaggleRecord, Slot, Timestamp } from '@haggle/protocol'
import { certificateOf } from '../contract/certificates.ts'
import type { Contract, EntryRecord } from '../contract/contract.ts'
import { isAcknowledged } from '../contract/missed.ts'
import { blamedDelivery } from '../contract/seal.ts'
import { sameSlot, slotMetBy } from '../contract/slots.ts'
import { ackMs, dueOfSlot, graceMs } from '../contract/timing.ts'
import type { Deal, State } from '../state.ts'
import type { Turn } from '../turn.ts'
import { showPanel } from './panel-mail.ts'

/** Our newest record that meets a duty and that the other side has not shown to hold, and the slot that it meets. */
export interface Push {
  readonly record: EntryRecord | HaggleRecord<'opening'>
  readonly slot: Slot
  /** Null while no clock runs for it. */
  readonly due: Timestamp | null
}

/** WIT-33: what the panel is shown when no receipt comes, or null: there is no panel, or nothing that waits for a receipt. */
export function pushOf({ self }: State, deal: Deal): Push | null {
  const { contract } = deal
  if (contract.award.body.panel.length === 0 || deal.overtaken) return null
  const record = newestDischarge(contract, self)
  if (record === null || isReceipted(deal, record)) return null
  const slot = slotMetBy(contract, record)
  return slot === null ? null : { record, slot, due: dueOfSlot(contract, slot) }
}

/** Of our entries the last that is still the other side's to answer; else our opening. */
function newestDischarge(contract: Contract, self: AgentKey): Push['record'] | null {
  const last = contract.entries.findLast(({ author, type }) => author === self && type !== 'timeout')
  if (last !== undefined && last.type !== 'award' && last.type !== 'accept' && last.type !== 'decline') return last
  return contract.opening !== null && contract.opening.author === self ? contract.opening : null
}

/** The other side holds it: by its receipt, by a record that follows from it, or by its closing. */
export function isReceipted({ contract, closings, peer }: Deal, record: Push['record']): boolean {
  // WIT-41: about a seal it is the panel's word that others need, unless the requester owns up.
  if (record.type === 'unseal')
    return closings.some(({ author, body }) => author === peer && body.outcome.fault === 'FALSE_REJECT')
  if (record.type === 'reject' && blamedDelivery(contract, record) !== null) return isAcknowledged(contract, record)
  if (closings.some(({ author }) => author === peer)) return true
  return record.type === 'opening' ? isAnswered(contract, record) : isAcknowledged(contract, record)
}

/** The worker has named the opening, or gone on since: it does so only when it is bound or leaves unopened. */
function isAnswered(contract: Contract, opening: HaggleRecord<'opening'>): boolean {
  const named = contract.notes.some((note) => {
    if (note.author !== contract.worker) return false
    return note.type === 'heartbeat'
      ? note.body.opening === opening.id
      : note.type === 'receipt' && note.body.entry === opening.id
  })
  return named || contract.entries.some(({ type, author }) => author === contract.worker && type !== 'accept')
}

/** WIT-33: at min(sent + ack, own due), then again every `ack`, until enough witnesses have voted or no vote would count any more. */
export function pushWhenDue(turn: Turn, deal: Deal): void {
  const at = nextPush(turn.state, deal)
  const push = pushOf(turn.state, deal)
  if (at === null || at > turn.now.wall || push === null) return
  deal.soft.pushed = { record: push.record.id, at: turn.now.wall }
  showPanel(turn, deal, push.record)
}

/** When the panel is shown our newest record next, by the wall clock; null: not at all. */
export function nextPush(state: State, deal: Deal): Timestamp | null {
  if (deal.soft.gate !== null || deal.soft.asking !== null) return null
  const push = pushOf(state, deal)
  if (push === null || isDecided(deal.contract, push)) return null
  const { timers } = deal.contract.award.body.terms
  const ack = ackMs(timers)
  const { pushed } = deal.soft
  const first = push.record.body.at + ack
  const at = pushed?.record === push.record.id ? pushed.at + ack : Math.min(first, push.due ?? first)
  return at > lastPush(push, pushWindowMs(deal)) ? null : at
}

/** Until due + G + echoWait; where no clock runs yet, as long after it was made. */
function lastPush({ due, record }: Push, windowMs: DurationMs): Timestamp {
  return (due ?? record.body.at) + windowMs
}

function pushWindowMs({ contract }: Deal): DurationMs {
  const { timers } = contract.award.body.terms
  return 2 * graceMs(timers) + ackMs(timers)
}

/** A quorum has voted that it came, in time or late: the panel forwards it from here. */
function isDecided(contract: Contract, { slot, record }: Push): boolean {
  const certificates = certificateOf(contract, slot)
  if (certificates === null) return false
  return [...certificates.timely, ...certificates.late].some(({ names }) => names === record.id)
}

/** WIT-34: whoever is said to have been silent shows the panel at once what it has, late as it may be. */
export function answerAsk(turn: Turn, deal: Deal, ask: HaggleRecord<'ask'>): void {
  const { contract } = deal
  const answers: Push['record'][] = [...contract.nodes.values()].map((node) => node.entry)
  if (contract.opening !== null) answers.push(contract.opening)
  const met = answers.findLast((record) => {
    const slot = record.author === turn.state.self ? slotMetBy(contract, record) : null
    return slot !== null && sameSlot(slot, ask.body.slot)
  })
  if (met !== undefined) showPanel(turn, deal, met)
}

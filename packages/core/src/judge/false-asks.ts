import type { HaggleRecord, RecordId, Timestamp } from '@haggle/protocol'
import type { Contract } from '../contract/contract.ts'
import { acknowledgements } from '../contract/missed.ts'
import { dischargesOf } from '../contract/slots.ts'
import { dueOfSlot, echoWaitMs, graceMs, lastAsk } from '../contract/timing.ts'

/** An ask, and the earlier word of its own author that shows it to be a lie. */
export interface FalseAsk {
  readonly ask: HaggleRecord<'ask'>
  readonly against: RecordId
}

/**
 * VER-08: asks beside their author's own receipt or later entry for that slot, dated before the ask. An ask that is void, because it is
 * dated before due + G + echoWait or too late for votes, opens no vote and is no fault either.
 */
export function falseAsks(contract: Contract): FalseAsk[] {
  const found: FalseAsk[] = []
  for (const note of contract.notes) {
    if (note.type !== 'ask' || isVoid(contract, note)) continue
    const against = ownWords(contract, note).find(({ body }) => body.at < note.body.at)
    if (against !== undefined) found.push({ ask: note, against: against.id })
  }
  return found
}

function isVoid(contract: Contract, ask: HaggleRecord<'ask'>): boolean {
  const due: Timestamp | null = dueOfSlot(contract, ask.body.slot)
  if (due === null || ask.body.at > lastAsk(contract.award)) return true
  const { timers } = contract.award.body.terms
  return ask.body.at < due + graceMs(timers) + echoWaitMs(timers)
}

/** What the author of an ask has signed that says it holds what met the slot. */
function ownWords(contract: Contract, ask: HaggleRecord<'ask'>): HaggleRecord[] {
  const { slot } = ask.body
  const node = contract.nodes.get(slot.entry)
  if (node === undefined) return []
  if (slot.duty !== 'opening') return dischargesOf(contract, node).flatMap((entry) => acknowledgements(contract, entry))
  const openings = new Set<RecordId>()
  for (const note of contract.notes)
    if (note.type === 'opening' && note.body.accept === slot.entry) openings.add(note.id)
  return contract.notes.filter((note) => {
    if (note.author !== ask.author) return false
    if (note.type === 'heartbeat') return openings.has(note.body.opening)
    return note.type === 'receipt' && openings.has(note.body.entry)
  })
}

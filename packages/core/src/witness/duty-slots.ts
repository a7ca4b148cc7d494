import type { HaggleRecord, Slot, SlotDuty, Timestamp } from '@haggle/protocol'
import type { Contract, EntryNode, Stage } from '../contract/contract.ts'
import { acceptDue, dueAfter, graceMs } from '../contract/timing.ts'

/** A slot, and by when its duty is to be met; null while no clock runs for it. */
export interface DutySlot {
  readonly slot: Slot
  readonly due: Timestamp | null
}

/** WIT-05: the slot of the duty that the pen-holder owes now, or null where nobody owes anything that a panel could see. */
export function slotOfDuty(contract: Contract): DutySlot | null {
  const last = contract.entries.at(-1) ?? contract.award
  const node = contract.nodes.get(last.id)
  return node === undefined ? null : slotAfter(contract, { entry: node.entry, stage: contract.stage })
}

/** WIT-05: the slot whose duty this record meets, whatever came of it, or null: it meets none. */
export function slotMetBy(contract: Contract, record: HaggleRecord): DutySlot | null {
  switch (record.type) {
    case 'opening':
      return {
        slot: { entry: record.body.accept, duty: 'opening', milestone: 0, k: 0 },
        // The requester's own grace: until then its clock may have let the accept in.
        due: acceptDue(contract.award) + graceMs(contract.award.body.terms.timers),
      }
    case 'deliver':
    case 'failed':
    case 'withdraw':
    case 'concede':
    case 'approve':
    case 'reject': {
      const parent = contract.nodes.get(record.body.prev)
      return parent === undefined ? null : slotAfter(contract, parent)
    }
    default:
      return null
  }
}

/** The slot and the due that a slot's own entry gives it: what a witness judges a vote by. Null: the contract has no such slot. */
export function dutySlotOf(contract: Contract, { entry, duty, milestone, k }: Slot): DutySlot | null {
  if (duty === 'lease') {
    const isOurs = entry === contract.award.id && k >= 1
    return isOurs ? { slot: { entry, duty, milestone, k }, due: null } : null
  }
  const node = contract.nodes.get(entry)
  if (node === undefined || k !== 0) return null
  if (duty === 'opening') {
    if (node.entry.type !== 'accept' || milestone !== 0) return null
    return {
      slot: { entry, duty, milestone, k },
      due: acceptDue(contract.award) + graceMs(contract.award.body.terms.timers),
    }
  }
  const given = slotAfter(contract, node)
  return given !== null && given.slot.duty === duty && given.slot.milestone === milestone ? given : null
}

function slotAfter(contract: Contract, { entry, stage }: EntryNode): DutySlot | null {
  const duty = dutyAt(stage)
  if (duty === null || !('milestone' in stage)) return null
  const slot: Slot = { entry: entry.id, duty, milestone: stage.milestone, k: 0 }
  return { slot, due: dueAfter(contract, entry, stage)?.due ?? null }
}

function dutyAt(stage: Stage): SlotDuty | null {
  switch (stage.kind) {
    case 'working':
      return 'delivery'
    case 'awaiting-review':
      return 'review'
    case 'rejected':
      return 'rework'
    case 'awaiting-accept':
    case 'timed-out':
    case 'ended':
      return null
  }
}

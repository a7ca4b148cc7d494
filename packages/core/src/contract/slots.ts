import type { Duty, HaggleRecord, RecordId, Slot } from '@haggle/protocol'
import { dutyStage, penAfter, type Contract, type EntryNode, type EntryRecord, type Stage } from './contract.ts'

/** Challenges that the lease of one milestone can have. */
export const CHALLENGES = 3

/** The duty of a stage that a TIMEOUT can end. */
export function dutyOf(stage: Stage): Duty | null {
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

/** The slot of the duty that an entry gave; null where it gave none that a clock runs for. */
export function slotAfter(contract: Pick<Contract, 'award' | 'nodes'>, node: EntryNode): Slot | null {
  const stage = dutyStage(contract, node)
  const duty = dutyOf(stage)
  if (duty === null || !('milestone' in stage)) return null
  return { entry: node.entry.id, duty, milestone: stage.milestone, k: 0 }
}

/** The slot of the duty that runs now; null before the ACCEPT, and when nobody owes anything. */
export function slotOfDuty(contract: Contract): Slot | null {
  const tip = contract.entries.at(-1) ?? contract.award
  const { stage } = contract
  const duty = dutyOf(stage)
  if (duty === null || !('milestone' in stage)) return null
  return { entry: tip.id, duty, milestone: stage.milestone, k: 0 }
}

/** The slot whose duty a record meets, in time or not; null where it meets none. */
export function slotMetBy(
  contract: Pick<Contract, 'award' | 'nodes'>,
  record: EntryRecord | HaggleRecord<'opening'>,
): Slot | null {
  if (record.type === 'opening') return { entry: record.body.accept, duty: 'opening', milestone: 0, k: 0 }
  const node = record.type === 'award' || record.type === 'timeout' ? undefined : contract.nodes.get(record.body.prev)
  return node === undefined ? null : slotAfter(contract, node)
}

/** What the old holder wrote on the entry that gave it a duty: each of them is a discharge of that duty, be it in time or not. */
export function dischargesOf(
  contract: Pick<Contract, 'award' | 'requester' | 'worker' | 'nodes'>,
  node: EntryNode,
): EntryRecord[] {
  const holder = penAfter(contract, dutyStage(contract, node))
  const found: EntryRecord[] = []
  for (const { entry } of contract.nodes.values()) {
    if (entry.type === 'award' || entry.body.prev !== node.entry.id) continue
    if (entry.author === holder && entry.type !== 'timeout') found.push(entry)
  }
  return found
}

/** What a worker wrote under one milestone that shows it alive: its answers to the lease as much as to the delivery. */
export function signsOfLife(contract: Pick<Contract, 'nodes'>, milestone: number): EntryRecord[] {
  const found: EntryRecord[] = []
  for (const { entry } of contract.nodes.values()) if (isSignOfLife(entry, milestone)) found.push(entry)
  return found
}

function isSignOfLife(entry: EntryRecord, milestone: number): boolean {
  const isAnswer = entry.type === 'deliver' || entry.type === 'failed' || entry.type === 'withdraw'
  return isAnswer && entry.body.milestone === milestone
}

/** Whether a record that a vote names meets the slot that the vote is on. */
export function meets(contract: Contract, slot: Slot, record: HaggleRecord): boolean {
  if (slot.duty === 'opening') return record.type === 'opening' && record.body.accept === slot.entry
  if (slot.duty !== 'lease') {
    const node = contract.nodes.get(slot.entry)
    return node !== undefined && dischargesOf(contract, node).some(({ id }) => id === record.id)
  }
  if (record.type === 'alive') return challengeOf(contract, record.body.challenge, slot) !== null
  return signsOfLife(contract, slot.milestone).some(({ id }) => id === record.id)
}

/** The challenge by this id if it is the one that a slot of a lease is about. */
export function challengeOf(
  contract: Pick<Contract, 'notes'>,
  id: RecordId,
  slot: Slot,
): HaggleRecord<'challenge'> | null {
  const note = contract.notes.find((each) => each.id === id)
  if (note?.type !== 'challenge') return null
  return note.body.milestone === slot.milestone && note.body.k === slot.k ? note : null
}

export function sameSlot(a: Slot, b: Slot): boolean {
  return a.entry === b.entry && a.duty === b.duty && a.milestone === b.milestone && a.k === b.k
}

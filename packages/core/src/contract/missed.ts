import type { HaggleRecord, RecordId, Slot } from '@haggle/protocol'
import { verdictOf, type Certificate } from '../witness/certificate.ts'
import { isBound } from './bound.ts'
import { certificateOf, leaseSlot } from './certificates.ts'
import { slotIdOf } from '../witness/slot.ts'
import { dutyStage, isOpened, type Contract, type EntryNode, type EntryRecord } from './contract.ts'
import { challengeOf, dischargesOf, signsOfLife, slotAfter } from './slots.ts'
import { dueAfter, lastAsk } from './timing.ts'

/** What the records of a contract say about one duty whose clock may have run out. */
export type Missed =
  /** The other side received what discharges it: by its own word, or by the panel's. */
  | { readonly kind: 'met' }
  /** Neither that nor a certificate: nobody is at fault. */
  | { readonly kind: 'undecided' }
  | { readonly kind: 'absent'; readonly slot: Slot; readonly absent: Certificate }
  | { readonly kind: 'late'; readonly slot: Slot; readonly absent: Certificate; readonly late: Certificate }

const met: Missed = { kind: 'met' }
const undecided: Missed = { kind: 'undecided' }

/**
 * VER-03: how the duty that an entry gave was kept, with a panel. Receipts and later entries of the waiting side clear it first, then
 * TIMELY; ABSENT convicts only where the file shows that the duty existed, and by the due that the file shows.
 */
export function weigh(contract: Contract, node: EntryNode): Missed {
  const slot = slotAfter(contract, node)
  if (slot === null) return undecided
  const discharges = dischargesOf(contract, node)
  if (discharges.some((entry) => isAcknowledged(contract, entry))) return met
  const certificates = certificateOf(contract, slot)
  if (certificates === null) return undecided
  const stage = dutyStage(contract, node)
  const due = dueAfter(contract, node.entry, stage)?.due ?? null
  // Nothing is late by a clock that never ran; TIMELY needs none.
  const verdict = verdictOf(certificates, due ?? Number.POSITIVE_INFINITY, (id) =>
    discharges.some((entry) => entry.id === id),
  )
  if (verdict.kind === 'timely') return met
  const binds = slot.duty === 'review' ? isOpened(contract) : isBound(contract)
  if (verdict.kind === 'undecided' || !binds) return undecided
  const absent = latestDue(certificates.absent, verdict.absent)
  return verdict.kind === 'absent'
    ? { kind: 'absent', slot, absent }
    : { kind: 'late', slot, absent, late: verdict.late }
}

/** Of several certificates of one absence the one with the latest due: it makes the smallest slash. */
function latestDue(all: readonly Certificate[], first: Certificate): Certificate {
  return all.reduce((best, each) => ((each.due ?? 0) > (best.due ?? 0) ? each : best), first)
}

/** The side that waits for this entry has said that it holds it: by a receipt, or by an entry of its own that follows it. */
export function isAcknowledged(contract: Contract, entry: EntryRecord): boolean {
  return acknowledgements(contract, entry).length > 0
}

/** The records by which the other side says that it holds an entry. */
export function acknowledgements(contract: Contract, entry: EntryRecord): HaggleRecord[] {
  const found: HaggleRecord[] = []
  for (const note of contract.notes) {
    if (note.type === 'receipt' && note.body.entry === entry.id && note.author !== entry.author) found.push(note)
  }
  for (const { entry: next } of contract.nodes.values()) {
    if (next.type !== 'award' && next.body.prev === entry.id && next.author !== entry.author) found.push(next)
  }
  return found
}

/**
 * VER-05: whether the panel certifies that a worker was silent under the `k`-th challenge of a milestone: a bound worker, a challenge within
 * the milestone's due, and nothing that clears it.
 */
export function weighLease(contract: Contract, milestone: number, k: number): Missed {
  const slot = leaseSlot(contract, milestone, k)
  const certificates = certificateOf(contract, slot)
  if (certificates === null) return undecided
  if (certificates.timely.length > 0 || isLeaseCleared(contract, slot)) return met
  const absent = certificates.absent.find((each) => each.votes.every((id) => namesTimelyChallenge(contract, slot, id)))
  return absent === undefined || !isBound(contract) ? undecided : { kind: 'absent', slot, absent }
}

/** VER-07: no challenge after the due of the milestone that it is about, nor before the worker held its pen, nor when no vote could follow. */
function namesTimelyChallenge(contract: Contract, slot: Slot, vote: RecordId): boolean {
  const names = contract.votes.find(({ id }) => id === vote)?.body.names
  const challenge = names === undefined ? null : challengeOf(contract, names, slot)
  if (challenge === null || challenge.body.at > lastAsk(contract.award)) return false
  for (const node of contract.nodes.values()) {
    const stage = dutyStage(contract, node)
    if (stage.kind !== 'working' || stage.milestone !== slot.milestone) continue
    const due = dueAfter(contract, node.entry, stage)?.due
    if (due !== undefined && challenge.body.at <= due) return true
  }
  return false
}

/** What clears a lease certificate: the requester's `revived`, or any sign of life of that milestone that reached it, or the panel in time. */
function isLeaseCleared(contract: Contract, slot: Slot): boolean {
  if (isRevived(contract, slot)) return true
  return signsOfLife(contract, slot.milestone).some((entry) => {
    if (isAcknowledged(contract, entry)) return true
    const parent = entry.type === 'award' ? undefined : contract.nodes.get(entry.body.prev)
    const delivery = parent === undefined ? null : slotAfter(contract, parent)
    const timely = delivery === null ? [] : (certificateOf(contract, delivery)?.timely ?? [])
    return timely.some(({ names }) => names === entry.id)
  })
}

function isRevived(contract: Contract, slot: Slot): boolean {
  const id = slotIdOf(contract.award.id, slot)
  return contract.notes.some((note) => note.type === 'revived' && note.body.certificate === id)
}

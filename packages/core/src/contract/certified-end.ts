import type { AgentKey, HaggleRecord, Milestone, Outcome, RecordId, Slot } from '@haggle/protocol'
import { slotIdOf } from '../witness/slot.ts'
import { leaseSlot } from './certificates.ts'
import { hasPanel, otherParty, type Contract, type EntryNode, type Stage } from './contract.ts'
import { checkByHash, endOfRejection, faultOf, nobodysFault } from './ends.ts'
import { weigh, weighLease, type Missed } from './missed.ts'
import { blamesSeal } from './seal.ts'
import { CHALLENGES, dischargesOf, slotAfter } from './slots.ts'

/** What a TIMEOUT comes to, read with the certificates that lie beside it. */
export type AfterTimeout =
  /** It takes nothing: its clock had been met. */
  | { readonly kind: 'met' }
  /** The other side has gone on from it, and so taken its word; it convicts nobody. */
  | { readonly kind: 'taken-up' }
  /** Nobody can say: both branches stand. */
  | { readonly kind: 'undecided' }
  /** It is true: what follows, and on what that rests. */
  | { readonly kind: 'true'; readonly stage: Stage; readonly missed: Convicting }

/** A duty that was missed, as its panel certifies. */
export type Convicting = Extract<Missed, { readonly slot: Slot }>

/** VER-04: what follows from a TIMEOUT with a panel, at this moment: votes may come later, and receipts may clear them. */
export function afterTimeout(contract: Contract, node: EntryNode): AfterTimeout {
  const { entry, stage } = node
  if (stage.kind !== 'timed-out' || entry.type !== 'timeout' || !hasPanel(contract)) return { kind: 'undecided' }
  const parent = contract.nodes.get(entry.body.prev)
  if (parent === undefined) return { kind: 'undecided' }
  const missed = weigh(contract, parent)
  if (missed.kind === 'met') return { kind: 'met' }
  if (missed.kind === 'undecided') return { kind: isTakenUp(contract, entry) ? 'taken-up' : 'undecided' }
  if (!isGrounded(contract, parent)) return { kind: 'undecided' }
  return { kind: 'true', stage: stageOf(contract, parent, entry, missed), missed }
}

function stageOf(contract: Contract, parent: EntryNode, entry: HaggleRecord<'timeout'>, missed: Convicting): Stage {
  switch (entry.body.duty) {
    case 'delivery':
      return ended(faultOf('breached', contract.worker, missed.kind === 'late' ? 'LATE' : 'NO_DELIVERY'), entry)
    case 'review': {
      const next = entry.body.milestone + 1
      if (parent.entry.type === 'failed') return ended(faultOf('failed', contract.requester, 'SILENT_REVIEW'), entry)
      if (next < contract.award.body.terms.milestones.length) return { kind: 'working', milestone: next, revision: 0 }
      return ended(faultOf('settled', contract.requester, 'SILENT_REVIEW'), entry)
    }
    case 'rework':
      return rejectionStands(contract, parent, entry)
  }
}

/** A rejection that nobody answered in the rework time stands: the check decides, and where there is none nobody is at fault. */
function rejectionStands(contract: Contract, parent: EntryNode, entry: HaggleRecord<'timeout'>): Stage {
  const rejection = parent.entry
  const milestone: Milestone | undefined = contract.award.body.terms.milestones[entry.body.milestone]
  const answer = rejection.type === 'reject' ? contract.nodes.get(rejection.body.prev)?.entry : undefined
  if (rejection.type !== 'reject' || milestone === undefined || answer?.type !== 'deliver')
    return ended(nobodysFault('undecided'), entry)
  const { reason } = rejection.body
  // VER-19: no right key came in time, so nobody could have opened the seal.
  if (blamesSeal(contract, answer, reason)) return ended(faultOf('breached', contract.worker, 'BAD'), entry)
  switch (milestone.acceptance.kind) {
    case 'hash':
      return ended(endOfRejection(contract, reason, checkByHash(milestone, answer)), entry)
    case 'schema': {
      const claimed = reason === 'missing' || reason === 'sealed' ? 'unknown' : 'fail'
      return { kind: 'ended', outcome: endOfRejection(contract, reason, claimed), by: entry, recheck: answer }
    }
    case 'requester':
    case 'jury':
      return ended(nobodysFault('split'), entry)
  }
}

function ended(outcome: Outcome, by: HaggleRecord<'timeout'>): Stage {
  return { kind: 'ended', outcome, by, recheck: null }
}

/**
 * VER-17: the entries that a true TIMEOUT beats and that make no end for all that: a withdrawal, a rejection by opinion, and the key of a
 * seal. None reached the other side, nor in time the panel, so nothing says that it was not written when the certificate was there.
 */
export function beatenBy(contract: Contract, timeouts: Iterable<RecordId>): ReadonlySet<RecordId> {
  const beaten = new Set<RecordId>()
  for (const id of timeouts) {
    const timeout = contract.nodes.get(id)?.entry
    const parent = timeout?.type === 'timeout' ? contract.nodes.get(timeout.body.prev) : undefined
    if (parent === undefined) continue
    for (const entry of dischargesOf(contract, parent)) {
      const isSplit = entry.type === 'reject' && isSubjective(contract, parent, entry.body.milestone)
      if (isSplit || entry.type === 'withdraw' || entry.type === 'unseal') beaten.add(entry.id)
    }
  }
  return beaten
}

/** Whether nobody can check a rejection again: of a failure, and of what the terms leave to an opinion. */
function isSubjective(contract: Contract, { entry }: EntryNode, milestone: number): boolean {
  const kind = contract.award.body.terms.milestones[milestone]?.acceptance.kind
  return entry.type === 'failed' || kind === 'requester' || kind === 'jury'
}

/** Whether every earlier TIMEOUT of the branch holds: nothing is certified that stands on one which does not. */
function isGrounded(contract: Contract, from: EntryNode): boolean {
  let node: EntryNode | undefined = from
  while (node !== undefined && node.entry.type !== 'award') {
    const parent: EntryNode | undefined = contract.nodes.get(node.entry.body.prev)
    if (node.entry.type === 'timeout') {
      const missed = parent === undefined ? null : weigh(contract, parent)
      const holds = missed?.kind === 'absent' || missed?.kind === 'late' || isTakenUp(contract, node.entry)
      if (!holds) return false
    }
    node = parent
  }
  return true
}

/** Whether the other side has gone on from a TIMEOUT by an entry of its own. */
function isTakenUp(contract: Contract, timeout: HaggleRecord<'timeout'>): boolean {
  const other: AgentKey = otherParty(contract, timeout.author)
  const below = new Set<RecordId>([timeout.id])
  // A node stands behind its prev in the map, since it was added after it.
  for (const { entry } of contract.nodes.values()) {
    if (entry.type === 'award' || !below.has(entry.body.prev)) continue
    if (entry.author === other) return true
    below.add(entry.id)
  }
  return false
}

/** The end that a certificate gives to a contract whose reopening names it. */
export interface CertifiedEnd {
  readonly outcome: Outcome
  readonly milestone: number
  readonly missed: Convicting
}

/** What the slot that a reopening names as its proof comes to; null where the id is that of no slot of this contract. */
export function slotNamed(
  contract: Contract,
  proof: RecordId,
): { readonly slot: Slot; readonly missed: Missed } | null {
  const { milestones } = contract.award.body.terms
  for (let milestone = 0; milestone < milestones.length; milestone += 1) {
    for (let k = 1; k <= CHALLENGES; k += 1) {
      const slot = leaseSlot(contract, milestone, k)
      if (slotIdOf(contract.award.id, slot) === proof) return { slot, missed: weighLease(contract, milestone, k) }
    }
  }
  for (const node of contract.nodes.values()) {
    const slot = slotAfter(contract, node)
    if (slot?.duty === 'delivery' && slotIdOf(contract.award.id, slot) === proof)
      return { slot, missed: weigh(contract, node) }
  }
  return null
}

/** VER-05: a lease certificate ends nothing until a reopening names it; then it is ABANDONED. A delivery's is what its TIMEOUT would be. */
export function endByReopening(contract: Contract, reopening: HaggleRecord<'reopening'>): CertifiedEnd | null {
  const { reason, proof } = reopening.body
  if (reason !== 'certificate' || proof === null || !hasPanel(contract)) return null
  const named = slotNamed(contract, proof)
  if (named === null || named.missed.kind === 'met' || named.missed.kind === 'undecided') return null
  const { slot, missed } = named
  const fault = slot.duty === 'lease' ? 'ABANDONED' : missed.kind === 'late' ? 'LATE' : 'NO_DELIVERY'
  return { outcome: faultOf('breached', contract.worker, fault), milestone: slot.milestone, missed }
}

import type { HaggleRecord, Slot, Timestamp } from '@haggle/protocol'
import { certificatesOf, panelOf, type SlotCertificates } from '../witness/certificate.ts'
import { slotIdOf, type SlotId } from '../witness/slot.ts'
import type { Contract, VoteRecord } from './contract.ts'

type Voted = Pick<Contract, 'award' | 'votes'>

/** A list of votes never changes, and its certificates are asked for at every reading: found out once for each. */
const known = new WeakMap<readonly VoteRecord[], ReadonlyMap<SlotId, SlotCertificates>>()
const none: ReadonlyMap<SlotId, SlotCertificates> = new Map()

/** Every slot that the votes of a contract say something about, with the certificates that they make. */
export function allCertificates({ award, votes }: Voted): ReadonlyMap<SlotId, SlotCertificates> {
  if (votes.length === 0) return none
  const before = known.get(votes)
  if (before !== undefined) return before
  const panel = panelOf(award)
  const found = panel === null ? none : certificatesOf(panel, votes)
  known.set(votes, found)
  return found
}

/** What the panel certifies about one slot; null while no vote is on it. */
export function certificateOf(contract: Voted, slot: Slot): SlotCertificates | null {
  if (contract.votes.length === 0) return null
  return allCertificates(contract).get(slotIdOf(contract.award.id, slot)) ?? null
}

/** The slot of the opening of an ACCEPT. */
export function openingSlot(accept: HaggleRecord<'accept'>): Slot {
  return { entry: accept.id, duty: 'opening', milestone: 0, k: 0 }
}

/** The slot of the `k`-th challenge on the lease of a milestone. */
export function leaseSlot({ award }: Pick<Contract, 'award'>, milestone: number, k: number): Slot {
  return { entry: award.id, duty: 'lease', milestone, k }
}

/** CON-12: TIMELY on the slot of the opening binds the worker: the panel forwarded what it voted on. */
export function isOpeningTimely(contract: Pick<Contract, 'award' | 'votes' | 'nodes'>): boolean {
  if (contract.votes.length === 0) return false
  for (const { entry } of contract.nodes.values()) {
    if (entry.type !== 'accept') continue
    const timely = certificateOf(contract, openingSlot(entry))?.timely ?? []
    if (timely.length > 0) return true
  }
  return false
}

/** When the panel had an entry, by the certificate on the slot that it met; null without one. */
export function certifiedArrival(contract: Voted, slot: Slot, entry: HaggleRecord): Timestamp | null {
  const timely = certificateOf(contract, slot)?.timely.find(({ names }) => names === entry.id)
  return timely?.at ?? null
}

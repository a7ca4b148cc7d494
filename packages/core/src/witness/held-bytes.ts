import { bounds, type AgentKey, type HaggleRecord, type PayloadHash } from '@haggle/protocol'
import type { Contract } from '../contract/contract.ts'
import { unsealedDelivery } from '../contract/seal.ts'
import type { State } from '../state.ts'

/** WIT-37: what sealing adds to a result: an ephemeral key, the wrapped key of the seal, and two tags. */
export const SEALED_SURPLUS = 96
const KEY_BYTES = 32

/** The bytes that a member must hold before it calls a delivery timely. */
export interface NeededBytes {
  readonly size: number
  /** Null: they are too many for a panel. */
  readonly hash: PayloadHash | null
}

/**
 * WIT-25: what must come with a record; null: nothing. A plain result itself, a sealed one as it is sealed, and of one that the requester
 * says it holds only the key. A result above `panelBytes` reaches a panel no other way.
 */
export function bytesOf(contract: Contract, record: HaggleRecord): NeededBytes | null {
  if (record.type === 'unseal') return bytesOfUnseal(contract, record)
  if (record.type !== 'deliver') return null
  const { resultHash, sealedHash, keyHash, size } = record.body
  if (sealedHash === null) return { size, hash: size > bounds.panelBytes ? null : resultHash }
  const isHeld = contract.notes.some((note) => note.type === 'held' && note.body.sealedHash === sealedHash)
  if (isHeld && keyHash !== null) return { size: KEY_BYTES, hash: keyHash }
  return { size: size + SEALED_SURPLUS, hash: size > bounds.panelBytes ? null : sealedHash }
}

/** WIT-40: a key says nothing without what it opens. */
function bytesOfUnseal(contract: Contract, unseal: HaggleRecord<'unseal'>): NeededBytes | null {
  const delivery = unsealedDelivery(contract, unseal)
  if (delivery === null) return null
  const { size, sealedHash } = delivery.body
  return { size: size + SEALED_SURPLUS, hash: size > bounds.panelBytes ? null : sealedHash }
}

/** Whether these are the bytes that a panel must hold of one of the deliveries of a contract. */
export function isForPanel(contract: Contract, hash: PayloadHash): boolean {
  for (const { entry } of contract.nodes.values()) if (bytesOf(contract, entry)?.hash === hash) return true
  return false
}

/** WIT-25: what we hold as a witness goes to the parties of that contract, and to its other witnesses. */
export function sharesWatched({ watches }: State, peer: AgentKey, hash: PayloadHash): boolean {
  for (const { contract, panel, bytes } of watches.values()) {
    if ((bytes.get(hash)?.heldAt ?? null) === null) continue
    if (panel.members.has(peer) || peer === contract.requester || peer === contract.worker) return true
  }
  return false
}

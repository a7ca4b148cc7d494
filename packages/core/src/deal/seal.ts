import type { AgentKey, HaggleRecord } from '@haggle/protocol'
import { refuse, type Answer } from '../answer.ts'
import { blamedDelivery, sealOf, unsealedDelivery } from '../contract/seal.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { SEALED_SURPLUS } from '../witness/held-bytes.ts'

/** Asks whoever shows a delivery for what it hands over: the sealed bytes, or the result as it is. */
export function fetchResult(turn: Turn, from: AgentKey, delivery: HaggleRecord<'deliver'>): void {
  const { resultHash, size } = delivery.body
  const seal = sealOf(delivery)
  if (seal === null) turn.fetch(resultHash, size, from)
  else turn.fetch(seal.sealedHash, size + SEALED_SURPLUS, from)
}

/** The sealed bytes are here: the result in them is what is reviewed. */
export function openForReview(turn: Turn, deal: Deal, delivery: HaggleRecord<'deliver'>): void {
  openSeal(turn, deal, delivery, { record: delivery, key: null })
}

/** WIT-39: asks for the key of our seal that the requester says it cannot open; false: the rejection says nothing of a seal. */
export function findKey(turn: Turn, deal: Deal): boolean {
  const { stage } = deal.contract
  const delivery = stage.kind === 'rejected' ? blamedDelivery(deal.contract, stage.rejection) : null
  const seal = delivery === null ? null : sealOf(delivery)
  if (seal !== null) turn.effects.push({ kind: 'find-key', contract: deal.id, keyHash: seal.keyHash })
  return seal !== null
}

/** The worker gives the key away: a requester believes nothing of it, and receipts nothing, before it has looked. */
export function receiveUnseal(turn: Turn, deal: Deal, unseal: HaggleRecord<'unseal'>): Answer {
  deal.soft.unsealing = unseal
  // The machine has found the delivery by the same way.
  const rejection = deal.contract.nodes.get(unseal.body.prev)?.entry
  const delivery = rejection === undefined ? null : blamedDelivery(deal.contract, rejection)
  if (delivery !== null) openSeal(turn, deal, delivery, { record: unseal, key: unseal.body.key })
  return refuse('entry/parked', 'the key is tried first')
}

/** Looks at the seal of a contract that ended with its key: what it opens is how the contract ends. */
export function lookAtSeal(turn: Turn, deal: Deal): void {
  const { stage } = deal.contract
  if (stage.kind !== 'ended' || stage.by.type !== 'unseal' || deal.outcome !== null) return
  const delivery = unsealedDelivery(deal.contract, stage.by)
  if (delivery !== null) openSeal(turn, deal, delivery, { record: stage.by, key: stage.by.body.key })
}

function openSeal(
  turn: Turn,
  deal: Deal,
  delivery: HaggleRecord<'deliver'>,
  { record, key }: { readonly record: HaggleRecord; readonly key: Uint8Array | null },
): void {
  const seal = sealOf(delivery)
  if (seal === null) return
  const { resultHash, size } = delivery.body
  turn.openSeal({
    ...{ contract: deal.id, record: record.id, sealedHash: seal.sealedHash, resultHash, size },
    ...{ to: deal.contract.requester, key },
  })
}

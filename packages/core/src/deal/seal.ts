import type { AgentKey, HaggleRecord } from '@haggle/protocol'
import { refuse, type Answer } from '../answer.ts'
import type { CheckWord } from '../contract/ends.ts'
import { blamedDelivery, sealOf, unsealedDelivery } from '../contract/seal.ts'
import { askForReview, reject } from '../requester/review.ts'
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

/** What came of a seal of a contract of ours. */
export function ownSealOpened(turn: Turn, deal: Deal, record: HaggleRecord['id'], word: CheckWord): void {
  if (deal.outcome !== null || deal.overtaken || deal.soft.asking !== null) return
  const { stage } = deal.contract
  const { unsealing } = deal.soft
  if (stage.kind === 'ended' && stage.by.id === record) settleSeal(turn, deal, word)
  else if (stage.kind === 'awaiting-review' && stage.answer.id === record) reviewOpened(turn, deal, word)
  else if (stage.kind === 'rejected' && unsealing?.id === record) {
    deal.soft.unsealing = null
    // What could not be tried comes again, with the worker's next word.
    if (word === 'unknown') return
    turn.keep(unsealing)
    settleSeal(turn, deal, word)
  }
}

function settleSeal(turn: Turn, deal: Deal, word: CheckWord): void {
  if (deal.rechecked === null) turn.persist({ kind: 'rechecked', at: turn.now.wall, contract: deal.id, word })
}

function reviewOpened(turn: Turn, deal: Deal, word: CheckWord): void {
  const { stage } = deal.contract
  if (deal.role !== 'requester' || stage.kind !== 'awaiting-review' || deal.soft.payloadHeld) return
  if (word === 'pass') {
    deal.soft.payloadHeld = true
    askForReview(turn, deal)
  } else if (word === 'fail' && deal.soft.askedFor !== stage.answer.id) {
    // Nobody can review what nobody can read.
    deal.soft.askedFor = stage.answer.id
    reject(turn, deal, stage.milestone, 'sealed', 'the seal cannot be opened')
  }
}

import type { HaggleRecord } from '@haggle/protocol'
import { exposureUntil } from '../contract/timing.ts'
import { revealsCommit } from '../market/nonce-chain.ts'
import { awardsOfferedTerms } from '../market/same-terms.ts'

/** CON-10: why an award does not follow from its offer and its bid, or null when it does. */
export function awardProblem(
  award: HaggleRecord<'award'>,
  offer: HaggleRecord<'offer'>,
  bid: HaggleRecord<'bid'>,
): string | null {
  const { body } = award
  const { terms, value, mode, nonceCommit } = offer.body
  if (award.author !== offer.author) return 'the award is not by the author of the offer'
  if (body.task !== offer.id || bid.body.task !== offer.id) return 'the award or its bid is for another task'
  if (body.worker === award.author) return 'an agent does not hire itself'
  if (body.worker !== bid.author) return 'the award names another worker than its bid'
  if (body.price !== bid.body.price) return 'the award names another price than its bid'
  if (body.price > value) return 'the price is above the value of the offer'
  if (mode === 'claim' && (!bid.body.firm || body.price !== value))
    return 'a claim is a firm bid at the value of the offer'
  if (bid.body.generation > body.generation) return 'the bid is for a later generation'
  if (body.at > bid.body.validUntil) return 'the bid was no longer valid'
  if (terms.panelSize !== body.panel.length) return 'the panel has another size than the terms name'
  if (!awardsOfferedTerms(terms, body.terms)) return 'the terms are not those of the offer'
  if (body.terms.timers.leaseMs !== leaseFor(offer, bid)) return 'the lease is not the one that offer and bid give'
  if (body.exposureUntil !== exposureUntil(body.terms)) return 'exposureUntil is not the one that the terms give'
  if (!revealsCommit(body.nonceReveal, body.generation, nonceCommit))
    return 'the revealed nonce is not the committed one'
  return null
}

/** A bid may ask for a longer lease, within the offer's bound. */
function leaseFor(offer: HaggleRecord<'offer'>, bid: HaggleRecord<'bid'>): number {
  const { leaseMs, leaseMaxMs } = offer.body.terms.timers
  return Math.max(leaseMs, Math.min(bid.body.leaseMs ?? leaseMs, leaseMaxMs))
}

import type { AgentKey, HaggleRecord, Terms } from '@haggle/protocol'
import { BROKEN_LINK, isLink } from '../contract/chain-link.ts'
import { exposureUntil } from '../contract/timing.ts'
import { revealsCommit } from '../market/nonce-chain.ts'
import { awardsOfferedTerms } from '../market/same-terms.ts'
import { drawPanel, isPanelSize, panelSizeFor, passedOver, setProblem } from '../witness/panel.ts'

/** CON-10: why an award does not follow from its offer and its bid, or null when it does. */
export function awardProblem(
  award: HaggleRecord<'award'>,
  offer: HaggleRecord<'offer'>,
  bid: HaggleRecord<'bid'>,
  set: HaggleRecord<'witness-set'> | null = null,
): string | null {
  const { body } = award
  const { terms, value, mode, nonceCommit } = offer.body
  if (award.author !== offer.author) return 'the award is not by the author of the offer'
  if (!isLink(body)) return BROKEN_LINK
  if (body.task !== offer.id || bid.body.task !== offer.id) return 'the award or its bid is for another task'
  if (body.worker === award.author) return 'an agent does not hire itself'
  if (body.worker !== bid.author) return 'the award names another worker than its bid'
  if (body.price !== bid.body.price) return 'the award names another price than its bid'
  if (body.price > value) return 'the price is above the value of the offer'
  if (mode === 'claim' && (!bid.body.firm || body.price !== value))
    return 'a claim is a firm bid at the value of the offer'
  if (bid.body.generation > body.generation) return 'the bid is for a later generation'
  if (body.at > bid.body.validUntil) return 'the bid was no longer valid'
  if (!awardsOfferedTerms(terms, body.terms)) return 'the terms are not those of the offer'
  if (body.terms.timers.leaseMs !== leaseFor(offer, bid)) return 'the lease is not the one that offer and bid give'
  if (body.exposureUntil !== exposureUntil(body.terms)) return 'exposureUntil is not the one that the terms give'
  if (!revealsCommit(body.nonceReveal, body.generation, nonceCommit))
    return 'the revealed nonce is not the committed one'
  return panelProblem(award, offer, bid, set)
}

/** CON-49: the panel is the one that the draw gives, from a set of the requester's own that the offer names. */
function panelProblem(
  award: HaggleRecord<'award'>,
  offer: HaggleRecord<'offer'>,
  bid: HaggleRecord<'bid'>,
  set: HaggleRecord<'witness-set'> | null,
): string | null {
  const { terms, panel, reserves, worker, generation, nonceReveal } = award.body
  const sizeProblem = panelTermsProblem(terms, offer.author, set)
  if (sizeProblem !== null || terms.panelSize === 0 || set === null)
    return sizeProblem ?? (panel.length > 0 ? 'the terms name no panel and the award does' : null)
  if (reserves.some((reserve) => reserve.worker === null)) return 'with a panel every reserve names its worker'
  const excluded = passedOver(award.author, worker, reserves)
  const draw = { offer: offer.id, generation, revealed: nonceReveal, bidNonce: bid.body.nonce }
  const drawn = drawPanel(set.body.keys, excluded, terms.panelSize, draw)
  if (drawn.length < terms.panelSize) return 'the witness set leaves no panel beside the parties and the reserves'
  return drawn.length === panel.length && drawn.every((key, index) => key === panel[index])
    ? null
    : 'the panel is not the one that the draw gives'
}

/** CON-49: what the terms of an offer may say about a panel; null when they hold. A worker looks at it before it bids. */
export function panelTermsProblem(
  terms: Terms,
  requester: AgentKey,
  set: HaggleRecord<'witness-set'> | null,
): string | null {
  const { panelSize, witnessSet } = terms
  if (panelSize === 0) return null
  if (!isPanelSize(panelSize)) return 'no panel has that many members'
  if (witnessSet === null) return 'the terms name a panel and no witness set'
  if (set === null || set.id !== witnessSet) return 'its witness set is not here'
  if (set.author !== requester) return 'the witness set is by somebody else'
  const problem = setProblem(set)
  if (problem !== null) return problem
  return panelSize <= panelSizeFor(set.body.keys.length) ? null : 'the panel is larger than the witness set gives'
}

/** A bid may ask for a longer lease, within the offer's bound. */
function leaseFor(offer: HaggleRecord<'offer'>, bid: HaggleRecord<'bid'>): number {
  const { leaseMs, leaseMaxMs } = offer.body.terms.timers
  return Math.max(leaseMs, Math.min(bid.body.leaseMs ?? leaseMs, leaseMaxMs))
}

import { sha256Of, toHex, type HaggleRecord, type RecordId, type Terms } from '@haggle/protocol'
import { exposureEnd } from '../clocks.ts'
import type { Finding } from '../history.ts'
import type { Ledger } from '../ledger.ts'
import { foundIn } from './rule.ts'

type Award = HaggleRecord<'award'>

/** S2: one award per requester, task and generation. S6: each follows from its offer and its bid. */
export function awards(ledger: Ledger): readonly Finding[] {
  const findings: Finding[] = []
  const first = new Map<string, RecordId>()
  for (const award of ledger.all('award')) {
    const place = `${award.author}/${award.body.task}/${award.body.generation}`
    const other = first.get(place)
    if (other === undefined) first.set(place, award.id)
    else
      findings.push(foundIn(ledger, 'S2', `generation ${award.body.generation} was awarded twice`, [award.id, other]))
    const problem = problemOf(ledger, award)
    if (problem !== null) findings.push(foundIn(ledger, 'S6', problem, [award.id, award.body.bid, award.body.task]))
  }
  return findings
}

function problemOf(ledger: Ledger, award: Award): string | null {
  const { body } = award
  const offer = ledger.records.get(body.task)
  const bid = ledger.records.get(body.bid)
  if (offer?.type !== 'offer') return ledger.isWhole ? 'nobody holds the offer that was awarded' : null
  if (bid?.type !== 'bid') return ledger.isWhole ? 'nobody holds the bid that was awarded' : null
  if (body.worker === award.author) return 'an agent awards to itself'
  if (bid.author !== body.worker || bid.body.task !== body.task)
    return 'the award names a bid of another worker or task'
  if (body.price !== bid.body.price) return 'the price is not that of the bid'
  if (body.price > offer.body.value) return 'the price is above the value of the offer'
  if (body.at > bid.body.validUntil) return 'the bid was not valid any more when it was awarded'
  if (bid.body.generation > body.generation) return 'the bid is for a later generation'
  return linkProblem(ledger, award) ?? termsProblem(award, offer, bid)
}

function linkProblem(ledger: Ledger, { body }: Award): string | null {
  if (body.generation === 1) return body.prev === body.task ? null : 'the first award does not follow the offer'
  const reopening = ledger.records.get(body.prev)
  if (reopening?.type !== 'reopening')
    return ledger.isWhole ? 'nobody holds the reopening that the award follows' : null
  const follows = reopening.body.task === body.task && reopening.body.generation === body.generation
  return follows ? null : 'the award follows the reopening of another task or generation'
}

function termsProblem(award: Award, offer: HaggleRecord<'offer'>, bid: HaggleRecord<'bid'>): string | null {
  const { terms, exposureUntil, nonceReveal, generation } = award.body
  const { leaseMs, leaseMaxMs } = offer.body.terms.timers
  const lease = Math.max(leaseMs, Math.min(bid.body.leaseMs ?? leaseMs, leaseMaxMs))
  if (terms.timers.leaseMs !== lease) return 'the lease is not the one that offer and bid give'
  const offered: Terms = { ...offer.body.terms, timers: { ...offer.body.terms.timers, leaseMs: lease } }
  if (textOf(terms) !== textOf(offered)) return 'the terms are not those of the offer'
  if (exposureUntil !== exposureEnd(terms)) return 'exposureUntil is not the one that the terms give'
  let hash = nonceReveal
  for (let times = 0; times < generation; times += 1) hash = sha256Of(hash)
  return toHex(hash) === toHex(offer.body.nonceCommit) ? null : 'the revealed nonce is not the committed one'
}

/** One text for equal terms: the same schema decoded both, so that fields stand in the same order. */
function textOf(terms: Terms): string {
  return JSON.stringify(terms, (_key, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value))
}

import type { HaggleRecord, RecordId } from '@haggle/protocol'
import type { Deal, State } from '../state.ts'
import type { Turn } from '../turn.ts'
import { isEvidence } from './place.ts'

/**
 * EVI-19: what a contract of our own adds to the evidence. Of one that goes well what binds and what closes it, which is what a credit and
 * a pledge need; of any other, and of one on which a witness has voted, all there is.
 */
export function contribute(state: State, deal: Deal, record: HaggleRecord): void {
  const { ledger } = state
  const isPlain = goesWell(deal)
  if (record.type === 'opening') for (const each of binding(deal)) ledger.note(each)
  else if (record.type === 'closing' && isPlain) for (const each of [...binding(deal), record]) ledger.note(each)
  else if (!isPlain && isDrawn(state, deal)) for (const each of fileOf(deal)) ledger.note(each)
}

/** What a contract holds, and the reopening that names the certificate of a lost lease: without it nobody is convicted by that. */
function* fileOf({ held, reopenedBy }: Deal): Generator<HaggleRecord> {
  for (const record of held.values()) if (proves.has(record.type)) yield record
  if (reopenedBy?.body.reason === 'certificate') yield reopenedBy
}

/** What binds a contract, as far as it is. */
export function binding({ held, contract }: Deal): HaggleRecord[] {
  const accept = contract.entries.find(({ type }) => type === 'accept')
  return [contract.award, accept, contract.opening].filter((each) => each != null).filter(({ id }) => held.has(id))
}

/** Nobody is at fault, and nobody was asked. */
function goesWell({ contract, outcome, closings }: Deal): boolean {
  if (contract.votes.length > 0 || contract.forks.length > 0) return false
  if (closings.some(({ body }) => body.outcome.party !== null)) return false
  return outcome === null || outcome.party === null
}

/** Our own word on the end is out: what came until then, and whatever comes later, is what it rests on. */
function isDrawn({ self }: State, { closings }: Deal): boolean {
  return closings.some(({ author }) => author === self)
}

/** EVI-20: who ends a contract in which somebody is at fault tells everybody, award first, so that nothing waits for its own. */
export function spread(turn: Turn, deal: Deal): void {
  if (goesWell(deal)) {
    tellEnd(turn, deal)
    return
  }
  const named = new Set<RecordId>(deal.contract.votes.map(({ body }) => body.names))
  for (const record of fileOf(deal)) {
    // A question to the panel that nobody has answered would be asked once more by it.
    if (questions.has(record.type) && !named.has(record.id)) continue
    if (isEvidence(record)) turn.publish({ kind: 'facts' }, record)
  }
}

/** EVI-23: who has told everybody that a worker pledged itself tells them too that it is over. */
function tellEnd(turn: Turn, { soft, closings }: Deal): void {
  const own = closings.find(({ author }) => author === turn.state.self)
  if (soft.pledgeTold && own !== undefined) turn.publish({ kind: 'facts' }, own)
}

const questions: ReadonlySet<string> = new Set(['ask', 'challenge'])

/** Offers, bids and witness sets show how a panel was drawn, which the worker's ACCEPT has settled: a verdict needs none of them. */
const proves: ReadonlySet<string> = new Set([
  ...['award', 'accept', 'decline', 'deliver', 'failed', 'withdraw', 'approve', 'reject', 'concede', 'cancel'],
  ...['timeout', 'receipt', 'opening', 'heartbeat', 'fenced', 'revived', 'cancel-req', 'agree', 'challenge', 'alive'],
  ...['ask', 'held', 'unseal', 'vote', 'closing'],
])

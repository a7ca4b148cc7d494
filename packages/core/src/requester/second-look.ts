import { MAX_AMOUNT, protocolParams, type HaggleRecord, type Instant, type RecordId } from '@haggle/protocol'
import { epochOf } from '../bookkeeping.ts'
import { ackMs, graceMs } from '../contract/timing.ts'
import type { PledgeFact } from '../score/facts.ts'
import { entrustsBy, scoresIn } from '../score/opinion.ts'
import type { Deal, State } from '../state.ts'
import type { Turn } from '../turn.ts'
import { slackMs } from './pledge.ts'

/** REP-22: what is older has spread by comparing (EVI-21), or never will. */
const SPREAD_MS = 120_000

/**
 * REP-20: whether its worker may still be entrusted with this contract, by what others have told meanwhile. Pledges that were told in one
 * moment count in the order in which the worker has signed them, so that all who told them agree on who stays. `due`: when this look was.
 */
export function staysEntrusted(turn: Turn, deal: Deal, due: Instant): boolean {
  const { stakeWorker } = deal.contract.award.body.terms
  const epoch = epochOf(turn.now.wall)
  const { ledger } = turn.state
  // What we have opened ourselves a moment ago counts as well.
  if (deal.soft.pledgeTold) ledger.reckon(turn.now.mono, true)
  const besides = hasHeardOut(turn, deal, due) ? [] : unheard(turn, deal)
  const scores = ledger.scoresIf(epoch, deal.peer, { without: pledgesBehind(turn, deal), besides })
  return entrustsBy(scores, deal.peer, stakeWorker)
}

/** Pledges of our worker that give way to ours, and ours itself. */
function pledgesBehind(turn: Turn, deal: Deal): ReadonlySet<RecordId> {
  const ours = acceptOf(deal.contract.entries)
  const { set } = turn.state.ledger
  const givesWay = (contract: RecordId): boolean =>
    contract === deal.id ||
    (!deal.soft.pledgesBefore.has(contract) && comesAfter(acceptOf(set.dossier(contract)), ours))
  const pledges = scoresIn(turn).pledges(deal.peer)
  return new Set(pledges.map(({ contract }) => contract).filter(givesWay))
}

function acceptOf(records: readonly HaggleRecord[]): HaggleRecord<'accept'> | undefined {
  return records.find((record) => record.type === 'accept')
}

/** The worker has put its pledges in an order; where it gave one place to two the contract ids decide. */
function comesAfter(one: HaggleRecord<'accept'> | undefined, other: HaggleRecord<'accept'> | undefined): boolean {
  if (one === undefined || other === undefined) return false
  const places = one.body.chainSeq - other.body.chainSeq
  return places === 0 ? one.body.contract > other.body.contract : places > 0
}

/**
 * REP-22: whether we have heard what others told of this worker: we listened for as long as we wanted to, came in time both to tell and to
 * look, and nothing reached us meanwhile that should have been here before.
 */
function hasHeardOut(turn: Turn, deal: Deal, due: Instant): boolean {
  const { listening, pledgesBefore } = deal.soft
  if (listening === null) return true
  if (!listening.inFull || turn.now.mono > due + slackMs(deal)) return false
  const { set } = turn.state.ledger
  const { timers } = deal.contract.award.body.terms
  const since = listening.since - ackMs(timers) - graceMs(timers)
  const fresh = scoresIn(turn)
    .pledges(deal.peer)
    .filter(({ contract }) => contract !== deal.id && !pledgesBefore.has(contract))
  return fresh.every(({ contract }) => (acceptOf(set.dossier(contract))?.body.at ?? since) >= since)
}

/**
 * REP-22: what may be pledged where we have not heard of it: each place that the worker has given away in its chain before ours, and of which
 * we know nothing, counts as much as anybody risks with a stranger, or as ours if that is more.
 */
function unheard({ state, now }: Turn, deal: Deal): readonly PledgeFact[] {
  const { id: contract, peer: party } = deal
  const { stakeWorker } = deal.contract.award.body.terms
  const most = Math.max(stakeWorker, protocolParams.newcomerLimitMicro)
  const stake = Math.min(MAX_AMOUNT, unheardPlaces(state, deal) * most)
  return stake === 0 ? [] : [{ party, contract, stake, untilEpoch: epochOf(now.wall) }]
}

function unheardPlaces(state: State, { contract, peer }: Deal): number {
  const ours = acceptOf(contract.entries)
  if (ours === undefined) return 0
  const { at, chainSeq } = ours.body
  const before = state.ledger.set.linksOf(peer).filter(({ body }) => body.chainSeq < chainSeq)
  let spread = 0
  for (const { body } of before) if (body.at < at - SPREAD_MS) spread = Math.max(spread, body.chainSeq)
  const known = new Set(before.map(({ body }) => body.chainSeq).filter((place) => place > spread))
  return chainSeq - 1 - spread - known.size
}

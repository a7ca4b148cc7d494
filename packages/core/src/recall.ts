import { toHex, type HaggleRecord, type RecordId } from '@haggle/protocol'
import { freshSoft, jobOf } from './apply.ts'
import { openContract, type Contract } from './contract/contract.ts'
import { addRecord } from './contract/machine.ts'
import { withTermsOf } from './market/same-terms.ts'
import type { DealPart, ForeignTaskPart, OwnTaskPart, SnapshotPart } from './snapshot.ts'
import { isLive, type Deal, type ForeignTask, type OwnTask, type State } from './state.ts'
import { hadItsTurn } from './worker/slots.ts'

/** Puts one part of a snapshot into a state that holds nothing but the parts before it. */
export function recallPart(state: State, part: SnapshotPart): void {
  switch (part.kind) {
    case 'head':
      state.chainSeq = part.chainSeq
      state.chainPrev = part.chainPrev
      state.newcomer = { ...part.newcomer }
      for (const [key, coolDown] of part.coolDowns) state.coolDowns.set(key, coolDown)
      return
    case 'page':
      state.book.putBack(part.page)
      return
    case 'spent':
      for (const key of part.keys) state.spent.add(key)
      return
    case 'witness-set':
      state.sets.set(part.set.id, part.set)
      return
    case 'kept-votes':
      state.kept.set(part.kept.award.id, part.kept)
      return
    case 'evidence':
      state.ledger.putBack(part.records)
      return
    case 'offer':
      state.offers.set(part.offer.id, part.offer)
      return
    case 'own':
      recallOwn(state, part)
      return
    case 'foreign':
      recallForeign(state, part)
      return
    case 'deal':
      recallDeal(state, part)
      return
    case 'ended':
      for (const id of part.contracts) {
        const deal = state.deals.get(id)
        if (deal === undefined) continue
        state.ended.delete(deal)
        state.ended.add(deal)
      }
  }
}

function recallOwn(state: State, part: OwnTaskPart): void {
  const { offer, secret, generation, reopening, withdrawal, closedAs, settled } = part
  const task: OwnTask = {
    ...{ task: offer.id, offer, job: jobOf(offer, part.job), secret: toHex(secret), generation, reopening, withdrawal },
    ...{ closedAs, settled, contracts: [...part.contracts], windowEnds: null, tooDear: 0 },
    bids: new Map(part.bids.map((bid) => [bid.id, bid])),
    kept: [...part.bids],
  }
  state.offers.set(offer.id, offer)
  state.taskByKey.set(task.job.key, offer.id)
  state.own.set(offer.id, task)
  if (isLive(task)) state.open.add(task)
}

function recallForeign(state: State, part: ForeignTaskPart): void {
  const { offer, bids, reopenings, contracts, withdrawal } = part
  const task: ForeignTask = {
    ...{ task: offer.id, offer, bids: [...bids], reopenings: [...reopenings], contracts: [...contracts] },
    ...{ withdrawal, lost: [] },
  }
  state.offers.set(offer.id, offer)
  state.foreign.set(offer.id, task)
  // Until its contract is recalled the newest bid may still be awarded.
  if (task.bids.at(-1)?.body.firm === true && withdrawal === null) state.firm.add(task)
}

function recallDeal(state: State, part: DealPart): void {
  const { alleged, lapsed, rechecked, newcomerEpoch, overtaken, reopenedBy, outcome } = part
  const offer = state.offers.get(part.award.body.task)
  const award = offer === undefined ? part.award : withTermsOf(offer, part.award)
  const { task, generation, worker, terms } = award.body
  const role = award.author === state.self ? 'requester' : 'worker'
  const deal: Deal = {
    ...{ id: award.id, task, generation, role, skill: terms.skill, contract: contractWith(award, part.held) },
    ...{ peer: role === 'requester' ? worker : award.author, alleged: [...alleged], lapsed, rechecked },
    ...{ newcomerEpoch, overtaken, reopenedBy, outcome, soft: freshSoft() },
    held: new Map<RecordId, HaggleRecord>([award, ...part.held].map((record) => [record.id, record])),
    closings: part.held.filter((record) => record.type === 'closing'),
  }
  state.deals.set(award.id, deal)
  state.live.add(deal)
  if (outcome !== null) state.ended.add(deal)
  const records = [...deal.held.values()]
  state.ledger.putBack((part.evidence ?? []).flatMap((at) => records[at] ?? []))
  const foreign = state.foreign.get(task)
  if (foreign !== undefined && hadItsTurn(foreign, generation)) state.firm.delete(foreign)
}

/** What was held was added once, in this order, so it fits again. */
function contractWith(award: HaggleRecord<'award'>, held: readonly HaggleRecord[]): Contract {
  let contract = openContract(award)
  for (const record of held) {
    const step = addRecord(contract, record)
    if (step?.kind === 'added') contract = step.contract
  }
  return contract
}

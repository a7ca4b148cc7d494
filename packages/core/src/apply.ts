import { toHex, type HaggleRecord, type RecordId, type Timestamp } from '@haggle/protocol'
import { openContract } from './contract/contract.ts'
import { addRecord } from './contract/machine.ts'
import type { Job } from './command.ts'
import { bookEnd, epochOf, spendNewcomerBudget } from './bookkeeping.ts'
import { contribute } from './evidence/contribute.ts'
import { outcomeOf } from './outcome.ts'
import { withTermsOf } from './market/same-terms.ts'
import type { LogEntry } from './log-entry.ts'
import { evictClosed, evictCoolDowns } from './eviction.ts'
import type { Deal, ForeignTask, OwnTask, SoftDeal, State } from './state.ts'
import { hadItsTurn } from './worker/slots.ts'
import { keepAward, keepVote } from './witness/kept-votes.ts'
import { rememberSet } from './witness/witness-sets.ts'

/**
 * The only writer of durable state. Replaying the log through it gives the state back, so it decides nothing, reads no
 * clock but the entry's own, and ignores what does not fit.
 */
export function applyEntry(state: State, entry: LogEntry): void {
  state.slotsUsed = null
  switch (entry.kind) {
    case 'record':
      applyRecord(state, entry.record, entry.at)
      return
    case 'evidence':
      state.ledger.countIn()
      state.ledger.readmit(entry.record, epochOf(entry.at))
      return
    case 'job':
      applyJob(state, entry)
      return
    case 'task-closed': {
      const own = state.own.get(entry.task)
      if (own === undefined) return
      own.closedAs = entry.as
      state.open.delete(own)
      return
    }
    case 'lapsed': {
      const deal = state.deals.get(entry.contract)
      if (deal === undefined) return
      deal.lapsed = true
      refresh(state, deal)
      return
    }
    case 'rechecked': {
      const deal = state.deals.get(entry.contract)
      if (deal === undefined) return
      deal.rechecked = entry.word
      refresh(state, deal)
      return
    }
    case 'overtaken': {
      const deal = state.deals.get(entry.contract)
      if (deal !== undefined) deal.overtaken = true
      return
    }
    case 'alleged':
      state.deals.get(entry.contract)?.alleged.push({ party: entry.party, fault: entry.fault })
      return
    case 'cool-down':
      state.coolDowns.set(`${entry.peer}/${entry.skill}`, {
        at: entry.at,
        until: entry.until,
        strikes: entry.strikes,
      })
      evictCoolDowns(state)
      return
  }
}

function applyJob(state: State, entry: Extract<LogEntry, { kind: 'job' }>): void {
  const offer = state.offers.get(entry.task)
  if (offer === undefined) return
  state.taskByKey.set(entry.job.key, entry.task)
  const task: OwnTask = {
    task: entry.task,
    offer,
    job: jobOf(offer, entry.job),
    secret: toHex(entry.secret),
    generation: 1,
    reopening: null,
    contracts: [],
    bids: new Map(),
    kept: [],
    withdrawal: null,
    closedAs: null,
    settled: false,
    windowEnds: null,
    tooDear: 0,
  }
  state.own.set(entry.task, task)
  state.open.add(task)
  evictClosed(state)
}

function applyRecord(state: State, record: HaggleRecord, at: Timestamp): void {
  if (record.author === state.self) advanceChain(state, record)
  switch (record.type) {
    case 'offer':
      state.offers.set(record.id, record)
      return
    case 'withdrawal': {
      const task = state.own.get(record.body.task) ?? state.foreign.get(record.body.task)
      if (task !== undefined) task.withdrawal = record
      if (task !== undefined && 'lost' in task) state.firm.delete(task)
      return
    }
    case 'bid':
      applyBid(state, record)
      return
    case 'reopening':
      applyReopening(state, record)
      return
    case 'award':
      applyAward(state, record, at)
      return
    case 'closing':
      applyClosing(state, record, at)
      return
    case 'witness-set':
      rememberSet(state, record)
      return
    case 'vote':
      // No party sits on its own panel: what we signed is on a contract of others.
      if (record.author === state.self) keepVote(state, record)
      else applyToContract(state, record)
      return
    default:
      applyToContract(state, record)
  }
}

/** CON-11: links that a copy of us can have signed. Behind one that is further ahead the numbers of our own might end. */
const MOST_LINKS = 2 ** 32

function advanceChain(state: State, record: HaggleRecord): void {
  if (record.type !== 'award' && record.type !== 'accept' && record.type !== 'closing') return
  // An own record that comes back from the other party may be older than what we have signed since.
  const ahead = record.body.chainSeq - state.chainSeq
  if (ahead <= 0 || ahead > MOST_LINKS) return
  state.chainSeq = record.body.chainSeq
  state.chainPrev = record.id
}

function applyBid(state: State, bid: HaggleRecord<'bid'>): void {
  const own = state.own.get(bid.body.task)
  if (own !== undefined) {
    if (!own.kept.some((each) => each.id === bid.id)) own.kept = own.kept.concat(bid)
    own.bids.set(bid.id, bid)
    return
  }
  const known = state.foreign.get(bid.body.task)
  if (known !== undefined) {
    known.bids = known.bids.concat(bid)
    noteFirm(state, known, bid)
    return
  }
  const offer = state.offers.get(bid.body.task)
  if (offer === undefined) return
  const task: ForeignTask = {
    task: offer.id,
    offer,
    bids: [bid],
    reopenings: [],
    contracts: [],
    withdrawal: null,
    lost: [],
  }
  state.foreign.set(offer.id, task)
  noteFirm(state, task, bid)
  evictClosed(state)
}

/** Only the newest bid on a task may still be awarded. */
function noteFirm(state: State, task: ForeignTask, bid: HaggleRecord<'bid'>): void {
  if (bid.body.firm) state.firm.add(task)
  else state.firm.delete(task)
}

function applyReopening(state: State, reopening: HaggleRecord<'reopening'>): void {
  const { task, generation } = reopening.body
  const own = state.own.get(task)
  if (own !== undefined) {
    own.generation = generation
    own.reopening = reopening
    own.windowEnds = null
    own.tooDear = 0
  }
  const foreign = state.foreign.get(task)
  if (foreign !== undefined && !foreign.reopenings.some((each) => each.id === reopening.id))
    foreign.reopenings.push(reopening)
  for (const contract of own?.contracts ?? foreign?.contracts ?? []) {
    const deal = state.deals.get(contract)
    if (deal === undefined || deal.generation >= generation || deal.reopenedBy !== null) continue
    deal.reopenedBy = reopening
    refresh(state, deal)
  }
}

function applyAward(state: State, signed: HaggleRecord<'award'>, at: Timestamp): void {
  if (state.deals.has(signed.id)) return
  if (signed.author !== state.self && signed.body.worker !== state.self) {
    keepAward(state, signed, at)
    return
  }
  const offer = state.offers.get(signed.body.task)
  const award = offer === undefined ? signed : withTermsOf(offer, signed)
  const own = state.own.get(award.body.task)
  const role = award.author === state.self ? 'requester' : 'worker'
  const set = award.body.terms.witnessSet === null ? undefined : state.sets.get(award.body.terms.witnessSet)
  const deal: Deal = {
    contract: openContract(award),
    id: award.id,
    task: award.body.task,
    generation: award.body.generation,
    role,
    peer: role === 'requester' ? award.body.worker : award.author,
    skill: award.body.terms.skill,
    // The panel was drawn from the set: whoever is shown the one is shown the other.
    held: new Map<RecordId, HaggleRecord>([award, ...(set === undefined ? [] : [set])].map((each) => [each.id, each])),
    closings: [],
    alleged: [],
    lapsed: false,
    rechecked: null,
    newcomerEpoch: null,
    overtaken: false,
    reopenedBy: null,
    outcome: null,
    soft: freshSoft(),
  }
  state.deals.set(award.id, deal)
  state.live.add(deal)
  const foreign = state.foreign.get(award.body.task)
  const task = own ?? foreign
  // Joined, not pushed: a list that grows keeps room for a dozen more, and nearly every task has one contract.
  if (task !== undefined) task.contracts = task.contracts.concat(award.id)
  if (foreign !== undefined && hadItsTurn(foreign, deal.generation)) state.firm.delete(foreign)
  if (role === 'requester') spendNewcomerBudget(state, deal, epochOf(at))
}

/** The job that an offer was made of, and what was not to be told with it. */
export function jobOf({ body }: HaggleRecord<'offer'>, own: Pick<Job, 'key' | 'askPrice' | 'memo'>): Job {
  const { terms } = body
  // Written out: objects put together by spreading do not share their layout, which is longer than what they say.
  return {
    key: own.key,
    skill: terms.skill,
    input: terms.input,
    milestones: terms.milestones,
    endBy: terms.endBy,
    value: body.value,
    mode: body.mode,
    bidding: body.bidding,
    bidUntil: body.bidUntil,
    maxBids: body.maxBids,
    askPrice: own.askPrice,
    stakeWorker: terms.stakeWorker,
    stakeRequester: terms.stakeRequester,
    timers: terms.timers,
    revisions: terms.revisions,
    attempts: terms.attempts,
    panel: terms.panelSize,
    minQuality: body.minQuality,
    parent: terms.parent,
    memo: own.memo,
  }
}

/** Shared by all contracts of which nothing else is known: an empty set of its own would take 150 bytes in each. */
const noPledges: ReadonlySet<RecordId> = new Set()

/** What is true of a contract right after a restart, or at its birth. */
export function freshSoft(): SoftDeal {
  return {
    leaseUntil: null,
    leaseEnded: false,
    nextBeat: null,
    beat: 0,
    beatAt: null,
    unanswered: null,
    receiptOwed: null,
    pledgeDue: null,
    pledgesBefore: noPledges,
    pledgeTold: false,
    listening: null,
    openingDue: null,
    rejection: null,
    pushed: null,
    asked: null,
    challengeAt: null,
    parked: [],
    tips: null,
    payloadHeld: false,
    unsealing: null,
    gate: null,
    asking: null,
    unread: [],
    progress: null,
    progressFrom: 0,
    askedFor: null,
    cancelling: null,
    finished: false,
  }
}

function applyToContract(state: State, record: HaggleRecord): void {
  const id = contractOf(record)
  const deal = id === null ? undefined : state.deals.get(id)
  if (deal === undefined) return
  const step = addRecord(deal.contract, record)
  if (step?.kind !== 'added') return
  deal.contract = step.contract
  deal.held.set(record.id, record)
  refresh(state, deal)
  contribute(state, deal, record)
}

function applyClosing(state: State, closing: HaggleRecord<'closing'>, at: Timestamp): void {
  const deal = state.deals.get(closing.body.contract)
  if (deal === undefined || deal.closings.some((each) => each.author === closing.author)) return
  deal.closings.push(closing)
  deal.held.set(closing.id, closing)
  // Our own closing is the one moment at which an outcome enters the book, so that a replay counts it once.
  if (closing.author === state.self) bookEnd(state, deal, epochOf(at))
  contribute(state, deal, closing)
}

function refresh(state: State, deal: Deal): void {
  // CON-14: ends only move up; what has ended is never open again.
  deal.outcome = outcomeOf(deal) ?? deal.outcome
  const own = state.own.get(deal.task)
  if (deal.outcome !== null && !deal.soft.finished && state.live.has(deal)) state.ended.add(deal)
  if (own === undefined || deal.outcome?.end !== 'settled') return
  own.settled = true
  state.open.delete(own)
}

/** The contract that a record speaks of, or null. */
export function contractOf(record: HaggleRecord): RecordId | null {
  return 'contract' in record.body ? record.body.contract : null
}

import { bounds, limits, type AgentKey, type HaggleRecord } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import { contractOf } from '../apply.ts'
import { dueOf, graceMs } from '../contract/timing.ts'
import type { NoteRecord } from '../contract/contract.ts'
import { addRecord, isEntry, isNote } from '../contract/machine.ts'
import { receiveAccept } from '../requester/accepted.ts'
import { receiveDelivery } from '../requester/review.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { receiveOpening } from '../worker/lease.ts'
import { fence } from './fence.ts'
import { overtake } from './overtaken.ts'
import { react } from './react.ts'
import { fetchResult, receiveUnseal } from './seal.ts'
import { sendTip } from './tip.ts'
import { answerAgain, noteAnswer } from './unanswered.ts'
import { isUntried } from './untried.ts'

/** An entry, a note or a closing of a contract that we are a party to. */
export function receiveForContract(turn: Turn, from: AgentKey, record: HaggleRecord): Answer {
  const id = contractOf(record)
  const deal = id === null ? undefined : turn.state.deals.get(id)
  if (deal === undefined) return refuse('contract/unknown', 'no such contract here')
  const isVote = record.type === 'vote' && deal.contract.award.body.panel.includes(record.author)
  if (record.author !== deal.peer && record.author !== turn.state.self && !isVote) {
    turn.report(from, { code: 'role/not-party', note: 'the author is no party to this contract' }, record.id)
    return refuse('record/not-for-us', 'the author is no party to this contract')
  }
  fetchFromWitness(turn, deal, from, record)
  if (deal.held.has(record.id)) {
    if (from === deal.peer && isSentAgain(record)) answerAgain(turn, deal, record)
    return refuse(isNote(record) ? 'note/known' : 'entry/known', 'held already')
  }
  // CON-44: what came while the other party is asked is read when it has said what it holds.
  if (deal.soft.asking !== null) return wait(deal, from, record)
  if (record.type === 'closing') return receiveClosing(turn, deal, record)
  const answer = receiveNew(turn, from, deal, record)
  if (answer.ok) {
    noteAnswer(deal, record)
    unpark(turn, from, deal)
  }
  return answer
}

/** WIT-23: a requester that its worker does not reach any more has the result from whoever shows the delivery. */
function fetchFromWitness(turn: Turn, deal: Deal, from: AgentKey, record: HaggleRecord): void {
  if (record.type !== 'deliver' || record.body.size > bounds.panelBytes) return
  const isShown = deal.contract.award.body.panel.includes(from)
  if (!isShown || deal.role !== 'requester' || deal.outcome !== null || deal.soft.payloadHeld) return
  fetchResult(turn, from, record)
}

/** CON-40: what its author sends again until something answers it. An answer to anything else could be answered for ever. */
function isSentAgain(record: HaggleRecord): boolean {
  return isEntry(record) || record.type === 'cancel-req'
}

/**
 * Not what is itself the last word on something, since answering that would go on for ever; and not an ask: the panel decides about it
 * whatever became of the task, so that WIT-34 holds.
 */
function speaksForIt({ type }: HaggleRecord): boolean {
  return type !== 'receipt' && type !== 'closing' && type !== 'fenced' && type !== 'ask'
}

function receiveNew(turn: Turn, from: AgentKey, deal: Deal, record: HaggleRecord): Answer {
  // LEASE-07: the generation, not the clock, decides: who speaks for an older one is fenced.
  if (deal.reopenedBy !== null && deal.role === 'requester' && record.author === deal.peer && speaksForIt(record)) {
    // What others show of it was said before: its author may know by now.
    if (from === deal.peer) fence(turn, deal)
    return refuse('lease/fenced', 'the task has gone to a later generation')
  }
  const step = addRecord(deal.contract, record)
  if (step === null) return refuse('record/unsupported', `${record.type} belongs to a later version`)
  switch (step.kind) {
    case 'added':
      return added(turn, from, deal, record)
    case 'known':
      return refuse('entry/known', 'held already')
    case 'parked':
      return park(turn, deal, record)
    case 'refused':
      return refuse(step.refusal, step.note)
    case 'violation':
      turn.report(from, step.violation, record.id)
      return refuse('contract/state', step.violation.note)
  }
}

function added(turn: Turn, from: AgentKey, deal: Deal, record: HaggleRecord): Answer {
  // What came to nothing here may have been opened, or accepted, by whoever runs with our key.
  if (record.author === turn.state.self && (deal.outcome === null || isUntried(deal))) overtake(turn, deal)
  if (deal.overtaken) {
    turn.keep(record)
    return okay(record.id)
  }
  if (deal.outcome !== null && !endsOnlyMoveUp(deal, record)) return refuse('contract/ended', 'the contract has ended')
  switch (record.type) {
    case 'accept':
      return receiveAccept(turn, deal, record)
    case 'deliver':
    case 'failed':
      if (deal.role === 'requester' && deal.outcome === null) return receiveDelivery(turn, from, deal, record)
      break
    case 'unseal':
      if (deal.role === 'requester' && deal.outcome === null) return receiveUnseal(turn, deal, record)
      break
    case 'opening':
      return receiveOpening(turn, deal, record)
    // CON-14: an approval that comes late burdens nobody but its author, and lifts whatever end we came to meanwhile.
    case 'reject':
      if (tooLate(turn, deal)) return refuse('entry/late', 'the review clock has run out')
      break
    default:
  }
  turn.keep(record)
  react(turn, deal, record)
  return okay(record.id)
}

/** Notes that clear, or (CON-16) show that a worker which withdrew was bound. */
const movesEnds: ReadonlySet<NoteRecord['type']> = new Set<NoteRecord['type']>([
  'receipt',
  'fenced',
  'opening',
  'heartbeat',
  // One that comes after what it says is missing convicts its author.
  'ask',
  'revived',
])

/** After its end a contract takes only what can lift the end: forks, later words of the burdened party, and notes that clear. */
function endsOnlyMoveUp(deal: Deal, record: HaggleRecord): boolean {
  if (record.type === 'vote') return true
  if (isNote(record)) return movesEnds.has(record.type)
  return record.author === deal.peer && isEntry(record)
}

function tooLate(turn: Turn, deal: Deal): boolean {
  const due = dueOf(deal.contract)
  if (due === null || due.duty !== 'review') return false
  return turn.now.wall > due.due + 2 * graceMs(deal.contract.award.body.terms.timers)
}

function receiveClosing(turn: Turn, deal: Deal, closing: HaggleRecord<'closing'>): Answer {
  if (deal.closings.some((each) => each.author === closing.author))
    return refuse('entry/known', 'this party has closed already')
  // CON-45: what this log lacks of our own was told by the process that signed it, and not here.
  if (closing.author === turn.state.self) overtake(turn, deal)
  turn.keep(closing)
  noteAnswer(deal, closing)
  return okay(closing.id)
}

function wait(deal: Deal, from: AgentKey, record: HaggleRecord): Answer {
  const { unread } = deal.soft
  if (unread.length >= limits.entriesPerContract)
    return refuse('entry/full', 'as many records wait as a contract may hold')
  if (!unread.some((each) => each.record.id === record.id)) unread.push({ from, record })
  return refuse('entry/parked', 'the other party is asked first what it holds')
}

/** CON-05: an entry whose prev is missing waits, bounded, and the gap is asked for. */
function park(turn: Turn, deal: Deal, record: HaggleRecord): Answer {
  const { parked } = deal.soft
  if (deal.outcome !== null) return refuse('contract/ended', 'the contract has ended')
  if (!parked.some((each) => each.id === record.id)) {
    parked.push(record)
    if (parked.length > bounds.parkedEntries) parked.shift()
    sendTip(turn, deal, false)
  }
  return refuse('entry/parked', 'an earlier entry is missing')
}

function unpark(turn: Turn, from: AgentKey, deal: Deal): void {
  const waiting = deal.soft.parked
  deal.soft.parked = []
  for (const record of waiting) receiveForContract(turn, from, record)
}

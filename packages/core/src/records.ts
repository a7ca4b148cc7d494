import { bounds, type AgentKey, type HaggleRecord } from '@haggle/protocol'
import { okay, refuse, type Answer } from './answer.ts'
import { contractOf } from './apply.ts'
import { profiles } from './contract/profiles.ts'
import { overtake } from './deal/overtaken.ts'
import { hearEvidence, hearNamed } from './evidence/compare.ts'
import { receiveForContract } from './deal/receive.ts'
import { receiveAdvert, receiveOffer, receiveReopening, receiveWithdrawal } from './market/receive.ts'
import { receiveBid } from './requester/bids.ts'
import { isLive, type State } from './state.ts'
import type { Turn } from './turn.ts'
import { receiveAward } from './worker/award.ts'
import { answerAgain } from './deal/unanswered.ts'
import { hadItsTurn, releaseSlot } from './worker/slots.ts'
import { isWatched } from './witness/kept-votes.ts'
import { receiveForWatch, watchAward } from './witness/receive.ts'
import type { Watch } from './witness/watch.ts'
import { hearWitnessSet } from './witness/witness-sets.ts'

/** Whether a record stands in the file of a contract that we are a party to or watch. */
export function isHeld({ deals, watches }: State, record: HaggleRecord): boolean {
  const contract = contractOf(record) ?? record.id
  return deals.get(contract)?.held.has(record.id) ?? watches.get(contract)?.file.has(record.id) ?? false
}

/** One authenticated record from a peer, whichever way it came. */
export function receiveRecord(turn: Turn, from: AgentKey, record: HaggleRecord, gossiped = false): Answer {
  const ahead = record.body.at - turn.now.wall
  // TIME-04: what is dated ahead of every honest clock waits for its time, for a lease at most; not what we said ourselves.
  if (ahead > 2 * epsilonOf(record) && record.author !== turn.state.self) return holdBack(turn, from, record, ahead)
  const isTaken = hearNamed(turn, record)
  const answer = routeRecord(turn, from, record, gossiped)
  return isTaken && !answer.ok ? okay(record.id) : answer
}

function routeRecord(turn: Turn, from: AgentKey, record: HaggleRecord, gossiped: boolean): Answer {
  switch (record.type) {
    case 'offer':
      return receiveOffer(turn, record)
    case 'withdrawal':
      return receiveWithdrawal(turn, record)
    case 'reopening':
      return receiveReopening(turn, from, record)
    case 'advert':
      return receiveAdvert(turn, record)
    case 'bid': {
      const task = turn.state.own.get(record.body.task)
      // Another requester's bids pass through gossip; they are none of our business.
      return task === undefined ? okay() : receiveBid(turn, task, record)
    }
    case 'award':
      return receiveAnyAward(turn, from, record, gossiped)
    case 'witness-set':
      hearWitnessSet(turn.state, record)
      return okay(record.id)
    case 'trace':
      return refuse('record/unsupported', 'traces belong to a later version')
    default: {
      const watch = watchOf(turn, record, gossiped)
      if (watch !== undefined) {
        const answer = receiveForWatch(turn, from, watch, record)
        hearEvidence(turn, record)
        return answer
      }
      if (turn.state.deals.has(contractOf(record) ?? record.id)) return receiveForContract(turn, from, record)
      return hearEvidence(turn, record)
    }
  }
}

/** The contract of others that we watch. WIT-13: what everybody is told of a pledge calls no panel, what they are told beyond that does. */
function watchOf(turn: Turn, record: HaggleRecord, gossiped: boolean): Watch | undefined {
  const { state } = turn
  const contract = contractOf(record) ?? record.id
  const watch = state.watches.get(contract)
  if (watch !== undefined || !gossiped || ofPledge.has(record.type)) return watch
  const award = state.ledger.set.get(contract)
  if (award?.type === 'award' && isWatched(state, award)) watchAward(turn, award)
  return state.watches.get(contract)
}

/** EVI-23: with its award, all that is said to everybody of a contract that goes well. */
const ofPledge: ReadonlySet<string> = new Set(['accept', 'closing'])

function receiveAnyAward(turn: Turn, from: AgentKey, award: HaggleRecord<'award'>, gossiped: boolean): Answer {
  const known = turn.state.deals.get(award.id)
  if (known !== undefined) {
    if (from === known.peer) answerAgain(turn, known, award)
    return refuse('award/known', 'held already')
  }
  // What everybody is told begins with the award: whether it calls a panel is seen by what follows.
  const watched = !gossiped && isWatched(turn.state, award) ? watchAward(turn, award) : null
  const isOurs = award.author === turn.state.self || award.body.worker === turn.state.self
  const heard = isOurs ? refuse('award/not-bid', 'we made no bid on this task') : hearEvidence(turn, award)
  const asked = turn.state.unknown.get(award.id) === from
  if (asked && award.author === turn.state.self && award.body.worker === from) return receiveOwnAward(turn, award)
  const task = turn.state.foreign.get(award.body.task)
  if (task === undefined) return watched ?? heard
  if (award.body.worker === turn.state.self) return receiveAward(turn, task, award)
  if (award.author !== task.offer.author) return refuse('task/not-ours', 'only the author of the offer awards it')
  // The award of another bidder, shown by the requester: a firm bid that could have had it frees its slot.
  if (!task.lost.includes(award.body.generation)) task.lost = task.lost.concat(award.body.generation)
  if (hadItsTurn(task, award.body.generation)) releaseSlot(turn.state, task)
  turn.state.board.awarded(award.body.task, award.body.generation)
  return okay(award.id)
}

/** CON-46: an award of ours that our log lacks: the task is taken, and whoever awarded it goes on with it. */
function receiveOwnAward(turn: Turn, award: HaggleRecord<'award'>): Answer {
  const task = turn.state.own.get(award.body.task)
  if (task === undefined || !isLive(task)) return refuse('record/old', 'the task of this award is over')
  turn.keep(award)
  const deal = turn.state.deals.get(award.id)
  if (deal === undefined) throw new TypeError('an award that was written down has a contract')
  overtake(turn, deal)
  return okay(award.id)
}

/** NET-43: each peer has a share of its own, so that one with a clock ahead of ours takes no place from the others. */
function holdBack(turn: Turn, from: AgentKey, record: HaggleRecord, ahead: number): Answer {
  const { future } = turn.state
  if (future.some((held) => held.record.id === record.id)) return refuse('record/held', 'it waits already')
  const ofPeer = future.filter((held) => held.from === from).length
  const isFull = future.length >= bounds.heldRecords || ofPeer >= bounds.heldRecordsPerPeer
  if (ahead > profiles.lan.leaseMs || isFull) {
    turn.report(from, { code: 'record/future', note: `dated ${ahead} ms ahead` }, record.id)
    return refuse('record/not-for-us', 'dated too far ahead')
  }
  future.push({ record, from, until: turn.now.mono + ahead })
  return refuse('record/held', 'dated ahead of our clock: it waits for its time')
}

/** The clock bound that the record's own terms name, else the profile's. */
function epsilonOf(record: HaggleRecord): number {
  if (record.type === 'offer' || record.type === 'award') return record.body.terms.timers.epsilonMs
  return profiles.lan.epsilonMs
}

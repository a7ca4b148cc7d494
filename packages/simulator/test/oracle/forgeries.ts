import { MICRO, payloadHashOf, type HaggleRecord, type Outcome, type RecordId } from '@haggle/protocol'
import { DURATION, History, keyOf, OTHER, REQUESTER, settled, terms, undecided, WORKER } from './history.ts'

/** A history that breaks one promise. */
export interface Forgery {
  readonly id: string
  readonly tale: string
  readonly tell: () => History
}

const entryOf = (fields: Readonly<Record<string, unknown>> & { readonly kind: string }): { kind: string } => fields
const breach = (party: number, fault: Outcome['fault']): Outcome => ({ end: 'breached', party: keyOf(party), fault })

function settle(history: History): HaggleRecord<'award'> {
  const award = history.opened()
  const deliver = history.deliver(award)
  history.tell(WORKER, REQUESTER, deliver)
  const approve = history.make(REQUESTER, 'approve', { ...history.entry(award, 3, deliver.id), milestone: 0 })
  history.write(REQUESTER, approve)
  history.close(REQUESTER, award, settled)
  history.send(REQUESTER, WORKER, approve)
  history.at += 1
  history.write(WORKER, approve)
  history.close(WORKER, award, settled)
  return award
}

/** From offer to settlement, and nothing is wrong with it. */
export function honest(): History {
  const history = new History()
  settle(history)
  return history
}

function reopening(
  history: History,
  award: HaggleRecord<'award'>,
  reason: 'lapsed' | 'judgement' | 'declined',
): HaggleRecord {
  return history.make(REQUESTER, 'reopening', {
    ...{ at: history.wall, task: award.body.task, generation: award.body.generation + 1, reason, proof: null },
    ...{ bidUntil: history.wall + 500, expires: history.wall + 650 },
  })
}

function timeout(history: History, award: HaggleRecord<'award'>): HaggleRecord {
  const accept = history.accept(award)
  return history.make(REQUESTER, 'timeout', {
    ...{ ...history.entry(award, 2, accept.id), at: history.wall, milestone: 0, duty: 'delivery', slot: accept.id },
  })
}

/** The requester says that the clock of the delivery ran out, and then the delivery comes. */
function lateDelivery(history: History): HaggleRecord<'award'> {
  const milestones = terms.milestones.flatMap((each) => [each, each]).map((each) => ({ ...each, valuePermille: 500 }))
  const award = history.opened({}, { terms: { ...terms, milestones } })
  history.write(WORKER, history.deliver(award))
  history.at += DURATION - 100
  // The lease runs still, and gives no ground.
  history.control(WORKER, REQUESTER, { kind: 'heartbeat', contract: award.id, generation: 1, n: 1 })
  history.control(REQUESTER, WORKER, { kind: 'heartbeat-ack', contract: award.id, n: 1 })
  history.at += 300
  history.write(REQUESTER, timeout(history, award))
  history.send(WORKER, REQUESTER, history.deliver(award))
  history.write(REQUESTER, history.deliver(award))
  return award
}

/** A delivery that comes after the word that it did not: the word stands, and the worker may be judged by it. */
export function overtakenByTimeout(): History {
  const history = new History()
  const award = lateDelivery(history)
  history.write(REQUESTER, reopening(history, award, 'judgement'))
  return history
}

/** The accept of an opened contract has just come again, long after everybody started. */
function askedAgain(): { readonly history: History; readonly accept: HaggleRecord<'accept'> } {
  const history = new History()
  const accept = history.accept(history.opened())
  history.at += 1_000
  history.send(WORKER, REQUESTER, accept)
  return { history, accept }
}

/** Who asked once more is gone before the answer is on disk. */
export function goneBeforeTheAnswer(): History {
  const { history } = askedAgain()
  history.at += 3
  history.part(REQUESTER, WORKER)
  history.at += 3_000
  return history
}

/** An offer comes before its time to a clock that jumps over it, is set back, and hears of it once more. */
export function aheadOfItsTime(): History {
  const history = new History()
  const offer = history.offer()
  history.ahead.set(WORKER, -500)
  history.arrive(REQUESTER, WORKER, offer)
  history.at += 100
  history.ahead.set(WORKER, 5_000)
  history.write(WORKER, entryOf({ kind: 'cool-down' }))
  history.ahead.set(WORKER, 0)
  history.arrive(REQUESTER, WORKER, offer)
  history.bid(offer)
  return history
}

export const forgeries: readonly Forgery[] = [
  {
    id: 'L2',
    tale: 'a worker is not told that its contract was opened',
    tell: () => {
      const history = new History()
      const award = history.awarded()
      const accept = history.accept(award)
      history.tell(WORKER, REQUESTER, accept)
      history.write(REQUESTER, history.opening(award, accept))
      history.at += 200
      history.send(WORKER, REQUESTER, accept)
      return history
    },
  },
  {
    id: 'L6',
    tale: 'a worker passes over an approval that it is shown',
    tell: () => {
      const history = new History()
      const award = history.opened()
      const deliver = history.deliver(award)
      history.tell(WORKER, REQUESTER, deliver)
      const approve = history.make(REQUESTER, 'approve', { ...history.entry(award, 3, deliver.id), milestone: 0 })
      history.write(REQUESTER, approve)
      history.send(REQUESTER, WORKER, approve)
      history.at += 2_000
      return history
    },
  },
  {
    id: 'S6',
    tale: 'the file of a settled contract proves no settlement',
    tell: () => {
      const history = new History()
      const contract = settle(history).id
      const files = [REQUESTER, WORKER].map((agent) => ({ agent, contract, end: null, party: null, fault: null }))
      history.finish({ files })
      return history
    },
  },
  {
    id: 'S16',
    tale: 'a party that is asked what it holds keeps a record to itself',
    tell: () => {
      const history = new History()
      const award = history.opened()
      const tip = { kind: 'tip', contract: award.id, generation: 1 } as const
      const accept = history.accept(award)
      history.control(WORKER, REQUESTER, { ...tip, held: [award.id], answer: false })
      history.control(REQUESTER, WORKER, { ...tip, held: [award.id, accept.id], answer: true })
      return history
    },
  },
  {
    id: 'S20',
    tale: 'an offer that had run out is on a board again when the clock is set back',
    tell: () => {
      const history = new History()
      const offer = history.offer()
      history.arrive(REQUESTER, WORKER, offer)
      history.at += 100
      history.ahead.set(WORKER, 5_000)
      history.write(WORKER, entryOf({ kind: 'cool-down' }))
      history.ahead.set(WORKER, 0)
      history.write(WORKER, entryOf({ kind: 'cool-down' }))
      history.control(WORKER, OTHER, { kind: 'digest', shards: [1], held: [offer.id], answer: false })
      return history
    },
  },
  {
    id: 'S1',
    tale: 'a worker opens its own contract',
    tell: () => {
      const history = new History()
      const award = history.awarded()
      const accept = history.accept(award)
      history.tell(WORKER, REQUESTER, accept)
      history.tell(WORKER, REQUESTER, history.make(WORKER, 'opening', { ...history.note(award), accept: accept.id }))
      return history
    },
  },
  {
    id: 'S1',
    tale: 'what nobody signed is kept',
    tell: () => {
      const history = new History()
      history.write(WORKER, { kind: 'unread' })
      return history
    },
  },
  {
    id: 'S1',
    tale: 'an accept speaks for another generation',
    tell: () => {
      const history = new History()
      const award = history.awarded()
      const body = { ...history.accept(award).body, generation: 2 }
      history.tell(WORKER, REQUESTER, history.make(WORKER, 'accept', body))
      return history
    },
  },
  {
    id: 'S2',
    tale: 'a requester awards one generation twice',
    tell: () => {
      const history = new History()
      const award = history.awarded()
      history.tell(REQUESTER, WORKER, history.make(REQUESTER, 'award', { ...award.body, at: award.body.at + 1 }))
      return history
    },
  },
  {
    id: 'S3',
    tale: 'an opened award is said to have lapsed',
    tell: () => {
      const history = new History()
      const award = history.opened()
      history.at += 2_000
      history.write(REQUESTER, reopening(history, award, 'lapsed'))
      return history
    },
  },
  {
    id: 'S3',
    tale: 'a worker that was heard just now loses its task',
    tell: () => {
      const history = new History()
      const award = history.opened()
      history.at += 300
      history.control(WORKER, REQUESTER, { kind: 'heartbeat', contract: award.id, generation: 1, n: 1 })
      history.control(REQUESTER, WORKER, { kind: 'heartbeat-ack', contract: award.id, n: 1 })
      history.at += 400
      history.write(REQUESTER, reopening(history, award, 'judgement'))
      return history
    },
  },
  {
    id: 'S2',
    tale: 'a worker accepts both of two awards for one generation',
    tell: () => {
      const history = new History(({ agent }) => ({ correct: agent !== REQUESTER }))
      const award = history.awarded()
      const other = history.make(REQUESTER, 'award', { ...award.body, at: award.body.at + 1 })
      history.tell(REQUESTER, WORKER, other)
      history.tell(WORKER, REQUESTER, history.accept(award))
      history.tell(WORKER, REQUESTER, history.accept(other))
      return history
    },
  },
  {
    id: 'S3',
    tale: 'what comes from a generation that is over is taken in',
    tell: () => {
      const history = new History()
      const award = history.opened()
      history.at += 700
      history.write(REQUESTER, reopening(history, award, 'judgement'))
      history.tell(WORKER, REQUESTER, history.deliver(award))
      return history
    },
  },
  {
    id: 'S3',
    tale: 'a clock is said to have run out after its delivery was approved',
    tell: () => {
      const history = new History()
      const award = lateDelivery(history)
      const approve = { ...history.entry(award, 3, history.deliver(award).id), milestone: 0 }
      history.write(REQUESTER, history.make(REQUESTER, 'approve', approve))
      history.write(REQUESTER, reopening(history, award, 'judgement'))
      return history
    },
  },
  {
    id: 'S3',
    tale: 'nobody declined what is said to be declined',
    tell: () => {
      const history = new History()
      history.write(REQUESTER, reopening(history, history.awarded(), 'declined'))
      return history
    },
  },
  {
    id: 'S4',
    tale: 'a second worker is heard while the first still holds its lease',
    tell: () => {
      const history = new History()
      const award = history.opened()
      const second = secondAward(history, award)
      for (const [worker, contract, generation] of [
        [WORKER, award.id, 1],
        [OTHER, second.id, 2],
      ] as const) {
        history.control(worker, REQUESTER, { kind: 'heartbeat', contract, generation, n: 1 })
        history.control(REQUESTER, worker, { kind: 'heartbeat-ack', contract, n: 1 })
      }
      return history
    },
  },
  {
    id: 'S5',
    tale: 'a task is settled in two contracts',
    tell: () => {
      const history = new History()
      const award = settle(history)
      history.close(REQUESTER, secondAward(history, award), settled)
      return history
    },
  },
  {
    id: 'S6',
    tale: 'a delivery follows the award',
    tell: () => {
      const history = new History()
      const award = history.awarded()
      const body = { ...history.deliver(award).body, seq: 1, prev: award.id }
      history.tell(WORKER, REQUESTER, history.make(WORKER, 'deliver', body))
      return history
    },
  },
  {
    id: 'S6',
    tale: 'the requester approves while the worker holds the pen',
    tell: () => {
      const history = new History()
      const award = history.opened()
      const approve = { ...history.entry(award, 2, history.accept(award).id), milestone: 0 }
      history.tell(REQUESTER, WORKER, history.make(REQUESTER, 'approve', approve))
      return history
    },
  },
  {
    id: 'S6',
    tale: 'a clock is said to have run out before it could',
    tell: () => {
      const history = new History()
      const award = history.opened()
      history.at += DURATION - 200
      history.tell(REQUESTER, WORKER, timeout(history, award))
      return history
    },
  },
  {
    id: 'S6',
    tale: 'an award is dearer than its bid',
    tell: () => {
      const history = new History()
      history.awarded({ price: 501 })
      return history
    },
  },
  {
    id: 'S6',
    tale: 'an accept is taken when its window and the grace are over',
    tell: () => {
      const history = new History()
      const award = history.awarded()
      history.at += 1_000
      history.tell(WORKER, REQUESTER, history.accept(award))
      return history
    },
  },
  {
    id: 'S7',
    tale: 'for one party it settled, for the other it was withdrawn',
    tell: () => {
      const history = new History()
      const award = history.opened()
      history.close(REQUESTER, award, settled)
      history.close(WORKER, award, { end: 'withdrawn', party: null, fault: null })
      return history
    },
  },
  {
    id: 'S9',
    tale: 'a worker with one slot works on two contracts',
    tell: () => {
      const history = new History()
      history.opened()
      history.opened()
      return history
    },
  },
  {
    id: 'S10',
    tale: 'a correct worker answers one entry twice',
    tell: () => {
      const history = new History()
      const award = history.opened()
      history.tell(WORKER, REQUESTER, history.deliver(award))
      history.leave(WORKER, REQUESTER, history.deliver(award, payloadHashOf(new Uint8Array(1))))
      return history
    },
  },
  {
    id: 'S10',
    tale: 'somebody is held to have contradicted himself, and nothing shows it',
    tell: () => {
      const history = new History()
      history.close(REQUESTER, history.opened(), { end: 'void', party: keyOf(WORKER), fault: 'FORK' })
      return history
    },
  },
  {
    id: 'S13',
    tale: 'one accept is taken in twice',
    tell: () => {
      const history = new History()
      history.write(REQUESTER, history.accept(history.opened()))
      return history
    },
  },
  {
    id: 'S13',
    tale: 'an award that comes again is never answered',
    tell: () => {
      const history = new History()
      const award = history.opened()
      history.at += 1_000
      history.send(REQUESTER, WORKER, award)
      history.at += 3_000
      return history
    },
  },
  {
    id: 'S13',
    tale: 'an accept that comes again is not answered, though only somebody else has gone',
    tell: () => {
      const { history } = askedAgain()
      history.part(REQUESTER, OTHER)
      history.at += 3_000
      return history
    },
  },
  {
    id: 'S13',
    tale: 'an accept is not answered that comes again after its author had gone and come back',
    tell: () => {
      const { history, accept } = askedAgain()
      history.part(REQUESTER, WORKER)
      history.at += 1_000
      history.send(WORKER, REQUESTER, accept)
      history.at += 3_000
      return history
    },
  },
  {
    id: 'S13',
    tale: 'the author of an accept goes only after the time to answer it is over',
    tell: () => {
      const { history } = askedAgain()
      history.at += 3_000
      history.part(REQUESTER, WORKER)
      return history
    },
  },
  {
    id: 'S15',
    tale: 'an accept leaves before it is on disk',
    tell: () => {
      const history = new History()
      const award = history.awarded()
      history.syncs = false
      history.write(WORKER, history.accept(award))
      history.leave(WORKER, REQUESTER, history.accept(award))
      return history
    },
  },
  {
    id: 'S15',
    tale: 'an accept is to leave first, and to be kept then',
    tell: () => {
      const history = new History()
      const accept = history.accept(history.awarded())
      const who = history.who(WORKER)
      const steps = [
        { does: 'says', record: accept },
        { does: 'keeps', record: accept },
      ] as const
      history.oracle.decided(who, history.moment(WORKER), steps)
      return history
    },
  },
  {
    id: 'S15',
    tale: 'what was sent is gone after a crash, and is sent once more',
    tell: () => {
      const history = new History()
      const award = history.opened()
      history.end(WORKER)
      history.survive(WORKER, { log: 2, events: 1 })
      history.start(WORKER)
      history.leave(WORKER, REQUESTER, history.accept(award))
      return history
    },
  },
  {
    id: 'S16',
    tale: 'a worker goes on in a contract in which it was overtaken',
    tell: () => {
      const history = new History()
      const award = history.opened()
      history.write(WORKER, entryOf({ kind: 'overtaken', contract: award.id }))
      history.write(WORKER, history.deliver(award))
      return history
    },
  },
  {
    id: 'S16',
    tale: 'a worker that is shown its own delivery makes another one',
    tell: () => {
      const history = new History(({ agent }) => ({ forgets: agent === WORKER }))
      const award = history.opened()
      history.leave(WORKER, REQUESTER, history.deliver(award))
      history.arrive(REQUESTER, WORKER, history.deliver(award))
      history.at += 500
      history.write(WORKER, history.deliver(award, payloadHashOf(new Uint8Array(1))))
      return history
    },
  },
  {
    id: 'S17',
    tale: 'a contract with an approval is closed as undecided',
    tell: () => {
      const history = new History()
      const award = history.opened()
      const deliver = history.deliver(award)
      history.tell(WORKER, REQUESTER, deliver)
      history.tell(
        REQUESTER,
        WORKER,
        history.make(REQUESTER, 'approve', { ...history.entry(award, 3, deliver.id), milestone: 0 }),
      )
      history.close(WORKER, award, undecided)
      return history
    },
  },
  {
    id: 'S18',
    tale: 'an award reaches somebody who never bid',
    tell: () => {
      const history = new History()
      const offer = history.offer()
      const bid = history.bid(offer)
      history.write(REQUESTER, bid)
      const award = history.awardOf(bid, offer, { worker: keyOf(OTHER) })
      history.tell(REQUESTER, OTHER, award)
      return history
    },
  },
  {
    id: 'S18',
    tale: 'somebody works on what he never accepted',
    tell: () => {
      const history = new History()
      const award = history.awarded()
      history.oracle.requested(history.who(WORKER), history.moment(WORKER), 'work', award.id)
      return history
    },
  },
  {
    id: 'S19',
    tale: 'a breach costs more than was at stake',
    tell: () => {
      const history = new History()
      history.close(REQUESTER, history.opened(), breach(WORKER, 'BAD'), { slash: 1_001 })
      return history
    },
  },
  {
    id: 'S20',
    tale: 'a task that was off the board is awarded',
    tell: () => {
      const history = new History()
      const offer = history.offer()
      history.write(REQUESTER, entryOf({ kind: 'task-closed', task: offer.id, as: 'expired' }))
      const bid = history.bid(offer)
      history.write(REQUESTER, bid, history.awardOf(bid, offer))
      return history
    },
  },
  {
    id: 'S20',
    tale: 'a clock that was set back revives an offer',
    tell: () => {
      const history = new History()
      const offer = history.offer()
      history.send(REQUESTER, WORKER, offer)
      history.ahead.set(WORKER, 5_000)
      history.at += 100
      history.write(WORKER, entryOf({ kind: 'cool-down' }))
      history.ahead.set(WORKER, 0)
      history.bid(offer)
      return history
    },
  },
  {
    id: 'S20',
    tale: 'a clock that jumped says that a worker is late',
    tell: () => {
      const history = new History(({ agent }) => ({ clockHolds: agent !== REQUESTER }))
      const award = history.opened()
      history.ahead.set(REQUESTER, DURATION + 500)
      history.write(REQUESTER, timeout(history, award))
      return history
    },
  },
  {
    id: 'S22',
    tale: 'a contract is closed and nobody is told',
    tell: () => {
      const history = new History()
      const award = history.opened()
      const { body } = history.make(WORKER, 'closing', {
        ...{
          at: history.wall,
          chainSeq: 2,
          chainPrev: null,
          contract: award.id,
          outcome: undecided,
          slash: 0,
          evidence: [],
        },
      })
      history.write(WORKER, history.make(WORKER, 'closing', body))
      return history
    },
  },
  {
    id: 'S22',
    tale: 'one end is told twice',
    tell: () => {
      const history = honest()
      history.write(WORKER, entryOf({ kind: 'event', contract: honestContract(), end: 'settled' }))
      return history
    },
  },
  {
    id: 'S23',
    tale: 'a contract settles without an approval',
    tell: () => {
      const history = new History()
      const award = history.opened()
      history.tell(WORKER, REQUESTER, history.deliver(award))
      history.close(REQUESTER, award, settled)
      return history
    },
  },
  {
    id: 'L1',
    tale: 'an offer stays on the board for ever',
    tell: () => {
      const history = new History()
      history.offer()
      history.at += 60_000
      return history
    },
  },
  {
    id: 'L2',
    tale: 'a good bid is never awarded',
    tell: () => {
      const history = new History()
      history.oracle.fault(0, 'heal', null)
      history.bid(history.offer())
      history.at += 5_000
      return history
    },
  },
  {
    id: 'L3',
    tale: 'a contract stands when all its clocks have run out',
    tell: () => {
      const history = new History()
      history.opened()
      history.at += 120_000
      return history
    },
  },
  {
    id: 'L4',
    tale: 'a worker is gone, a reserve waits, and nobody gives it the task',
    tell: () => {
      const history = new History()
      const offer = history.offer()
      const reserve = history.bid(offer, OTHER)
      const bid = history.bid(offer)
      history.write(REQUESTER, bid, reserve)
      const award = history.awardOf(bid, offer, { reserves: [{ bid: reserve.id, worker: null }] })
      history.advertise(WORKER, 1)
      history.tell(REQUESTER, WORKER, award)
      const accept = history.accept(award)
      history.tell(WORKER, REQUESTER, accept)
      history.tell(REQUESTER, WORKER, history.opening(award, accept))
      history.end(WORKER)
      history.at += 3_000
      return history
    },
  },
  {
    id: 'L6',
    tale: 'what the requester settled never reaches the worker',
    tell: () => {
      const history = new History()
      const award = history.opened()
      const deliver = history.deliver(award)
      history.tell(WORKER, REQUESTER, deliver)
      history.write(
        REQUESTER,
        history.make(REQUESTER, 'approve', { ...history.entry(award, 3, deliver.id), milestone: 0 }),
      )
      history.close(REQUESTER, award, settled)
      history.close(WORKER, award, undecided)
      return history
    },
  },
  {
    id: 'S25',
    tale: 'one key is bound at once to more than anybody would entrust it with',
    tell: () => {
      const history = new History()
      for (let times = 0; times < 3; times += 1) history.opened({}, { terms: { ...terms, stakeWorker: 8 * MICRO } })
      return history
    },
  },
  {
    id: 'L11',
    tale: 'an award is sent again and again to somebody who says nothing',
    tell: () => {
      const history = new History()
      const award = history.awarded()
      for (let times = 0; times < 20; times += 1) {
        history.at += 200
        history.leave(REQUESTER, WORKER, award)
      }
      return history
    },
  },
]

/** The second generation, with the other worker, on a ground that nobody looks at. */
function secondAward(history: History, first: HaggleRecord<'award'>): HaggleRecord<'award'> {
  const bid = history.make(OTHER, 'bid', {
    ...{ at: history.wall, task: first.body.task, generation: 2, price: 500, etaMs: 1 },
    ...{ validUntil: first.body.terms.endBy, firm: false, leaseMs: null, nonce: new Uint8Array(16), counter: null },
  })
  const award = history.make(REQUESTER, 'award', {
    ...{ ...first.body, at: history.wall, generation: 2, bid: bid.id, worker: keyOf(OTHER) },
  })
  history.write(REQUESTER, bid, award)
  history.send(REQUESTER, OTHER, award)
  return award
}

/** The contract of the honest history, which is the same in every telling. */
function honestContract(): RecordId {
  return settle(new History()).id
}

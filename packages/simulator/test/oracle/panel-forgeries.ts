import type { BodyOf, HaggleRecord, RecordId, Slot } from '@haggle/protocol'
import type { Finding, Proven, ProvenFault } from '../../src/oracle/observer.ts'
import { DURATION, History, keyOf, OTHER, REQUESTER, terms, undecided, WORKER } from './history.ts'
import type { Forgery } from './forgeries.ts'

const GRACE = 150
const panelled = { ...terms, panelSize: 1 }
const nothing: Proven = {
  records: [],
  faults: [],
  booked: [],
  pledges: [],
  corrupt: [],
  certificates: [],
  digests: ['same', 'same'],
  credits: [],
  capacity: () => 0,
}

/** A contract whose one witness is the third agent. */
function watched(history: History): HaggleRecord<'award'> {
  return history.opened({ panel: [keyOf(OTHER)] }, { terms: panelled })
}

function vote(
  history: History,
  award: HaggleRecord<'award'>,
  slot: Slot,
  verdict: BodyOf<'vote'>['verdict'],
  names: RecordId,
): HaggleRecord<'vote'> {
  const due = award.body.at + DURATION
  return history.make(OTHER, 'vote', {
    ...{ at: history.wall, contract: award.id, generation: 1, slot, verdict, names, due, newest: award.id },
  })
}

function deliverySlot(history: History, award: HaggleRecord<'award'>): Slot {
  return { entry: history.accept(award).id, duty: 'delivery', milestone: 0, k: 0 }
}

/** The witness writes down what it votes, when it may. */
function votes(history: History, award: HaggleRecord<'award'>, record: HaggleRecord<'vote'>): History {
  history.write(OTHER, award, record)
  return history
}

function begun(): { readonly history: History; readonly award: HaggleRecord<'award'> } {
  const history = new History()
  history.at += 5_000
  return { history, award: watched(history) }
}

/** The delivery is shown to the witness in time, or later, and it votes when the window is over. */
function shown(afterMs: number, verdict: BodyOf<'vote'>['verdict']): History {
  const { history, award } = begun()
  const deliver = history.make(WORKER, 'failed', {
    ...{ ...history.entry(award, 2, history.accept(award).id), milestone: 0, code: 'exit-1', note: '' },
  })
  history.write(WORKER, deliver)
  history.at += afterMs
  history.send(WORKER, OTHER, award, history.accept(award), deliver)
  history.at += DURATION + 3 * GRACE
  const names = verdict === 'absent' ? award.id : deliver.id
  return votes(history, award, vote(history, award, deliverySlot(history, award), verdict, names))
}

/** Everything that a contract with this answer proves, when the panel has said that nothing came. */
function convicted(change: Partial<Proven> = {}): History {
  const { history, award } = begun()
  const accept = history.accept(award)
  const deliver = history.deliver(award)
  history.tell(WORKER, REQUESTER, deliver)
  const absent = history.make(OTHER, 'vote', {
    ...vote(history, award, deliverySlot(history, award), 'absent', award.id).body,
    at: award.body.at + DURATION + 3 * GRACE,
  })
  history.proven = { ...nothing, records: [award, accept, deliver, absent], ...change }
  return history
}

/** A witness is shown that the worker gave the work back, with or without the ACCEPT that it follows, and calls it gone. */
export function calledGone(withAccept: boolean): readonly Finding[] {
  const { history, award } = begun()
  const accept = history.accept(award)
  const body = { ...history.entry(award, 2, accept.id), milestone: 0, reason: 'another' as const }
  const withdraw = history.make(WORKER, 'withdraw', body)
  history.send(WORKER, OTHER, award, ...(withAccept ? [accept] : []), withdraw)
  history.at += 200
  const slot: Slot = { entry: award.id, duty: 'lease', milestone: 0, k: 1 }
  votes(history, award, vote(history, award, slot, 'absent', award.id))
  return history.oracle.findings.filter(({ text }) => text.includes('had answered for the milestone'))
}

/** A review that came in time to nobody but the one witness, which then certifies that there was none; whether it died in between. */
export function reviewSeenByWitness(dies: boolean): readonly Finding[] {
  const { history, award } = begun()
  const deliver = history.deliver(award)
  history.tell(WORKER, REQUESTER, deliver)
  const approve = history.make(REQUESTER, 'approve', { ...history.entry(award, 3, deliver.id), milestone: 0 })
  history.write(REQUESTER, approve)
  history.send(REQUESTER, OTHER, award, history.accept(award), deliver, approve)
  const due = history.wall + 1_000
  if (dies) {
    history.end(OTHER)
    history.at += 1
    history.start(OTHER)
  }
  const slot: Slot = { entry: deliver.id, duty: 'review', milestone: 0, k: 0 }
  const said = vote(history, award, slot, 'absent', award.id).body
  const absent = history.make(OTHER, 'vote', { ...said, due, at: due + 3 * GRACE })
  history.proven = { ...nothing, records: [award, history.accept(award), deliver, approve, absent] }
  history.at += 5_000
  return history.finish().filter(({ text }) => text.includes('was shown the answer in time'))
}

/** The same of a worker that has signed two answers: whatever its panel says, the contract is void by the two. */
export function forkedAndSilent(): History {
  const history = convicted({ certificates: [] })
  const records = history.proven?.records ?? []
  const forks = records.flatMap((each) => {
    return each.type === 'deliver' ? [history.make(WORKER, 'deliver', { ...each.body, size: 6 })] : []
  })
  history.proven = { ...nothing, records: [...records, ...forks] }
  return history
}

function fault(history: History, more: Partial<ProvenFault> = {}): ProvenFault {
  const award = history.proven?.records.find(({ type }) => type === 'award')
  return {
    ...{ id: award?.id ?? keyIsNoId, contract: award?.id ?? keyIsNoId, party: keyOf(WORKER), fault: 'NO_DELIVERY' },
    ...{ grade: 'witnessed', slash: 1_000, milestone: 0, ...more },
  }
}
// Any name of 32 bytes.
const keyIsNoId = 'ab'.repeat(32) as RecordId

function proving(change: (history: History) => Partial<Proven>): History {
  const { history, award } = begun()
  const accept = history.accept(award)
  history.proven = { ...nothing, records: [award, accept] }
  history.proven = { ...history.proven, ...change(history) }
  return history
}

/** Histories in which a panel, or what everything proves together, breaks a promise. */
export const panelForgeries: readonly Forgery[] = [
  { id: 'S11', tale: 'a witness that held the answer in time says that nothing came', tell: () => shown(0, 'absent') },
  {
    ...{ id: 'S11', tale: 'a witness says that what came late came in time' },
    tell: () => shown(DURATION + 2 * GRACE, 'timely'),
  },
  {
    ...{ id: 'S11', tale: 'a witness vouches for what it was never shown' },
    tell: () => {
      const { history, award } = begun()
      const deliver = history.deliver(award)
      return votes(history, award, vote(history, award, deliverySlot(history, award), 'timely', deliver.id))
    },
  },
  {
    ...{ id: 'S11', tale: 'a witness that began after the due says that nothing came' },
    tell: () => {
      const { history, award } = begun()
      history.at += DURATION + 3 * GRACE
      history.start(OTHER)
      return votes(history, award, vote(history, award, deliverySlot(history, award), 'absent', award.id))
    },
  },
  {
    ...{ id: 'S11', tale: 'a worker is certified to have been silent whose requester held the delivery in time' },
    tell: () => convicted(),
  },
  {
    ...{ id: 'S10', tale: 'somebody is convicted by a panel that said nothing' },
    tell: () => proving((history) => ({ faults: [fault(history)] })),
  },
  {
    ...{ id: 'S10', tale: 'an agent that kept its word is held for corrupt' },
    tell: () => proving(() => ({ corrupt: [keyOf(OTHER)] })),
  },
  {
    ...{ id: 'S10', tale: 'what nobody voted for is taken for certified' },
    tell: () =>
      proving((history) => {
        const { contract } = fault(history)
        const slot: Slot = { entry: contract, duty: 'lease', milestone: 0, k: 1 }
        return { certificates: [{ contract, slot, verdict: 'absent', votes: [] }] }
      }),
  },
  { id: 'S10', tale: 'what a quorum says is taken for nothing', tell: () => convicted({ certificates: [] }) },
  {
    ...{ id: 'S12', tale: 'one breach is counted twice' },
    tell: () =>
      proving((history) => {
        const one = { ...fault(history), stake: 1_000 }
        return { booked: [one, one] }
      }),
  },
  {
    ...{ id: 'S21', tale: 'one of a ring is trusted with what the ring says of it' },
    tell: () => {
      const history = new History(({ agent }) => ({ correct: agent === REQUESTER }))
      const [honest, friend, sybil] = [keyOf(REQUESTER), keyOf(WORKER), keyOf(OTHER)]
      const credits = [
        { from: honest, to: friend, amount: 2 },
        { from: friend, to: sybil, amount: 9 },
      ]
      history.proven = { ...nothing, credits, capacity: (_viewer, agent) => (agent === sybil ? 9 : 2) }
      return history
    },
  },
  {
    ...{ id: 'S14', tale: 'the order in which records are read makes a difference' },
    tell: () => proving(() => ({ digests: ['one', 'other'] })),
  },
  { id: 'S8', tale: 'a stake is gone and nobody closed the contract', tell: () => proving(() => ({})) },
  {
    ...{ id: 'S8', tale: 'more is burned than was staked' },
    tell: () => proving((history) => ({ booked: [{ ...fault(history), slash: 2_000, stake: 1_000 }] })),
  },
  {
    ...{ id: 'S8', tale: 'what is burned is held as well' },
    tell: () =>
      proving((history) => {
        const one = fault(history)
        const held = { party: one.party, contract: one.contract, stake: 1_000 }
        return { booked: [{ ...one, stake: 1_000 }], pledges: [held] }
      }),
  },
  {
    ...{ id: 'S3', tale: 'a task goes on by a certificate that its panel never made' },
    tell: () => {
      const { history, award } = begun()
      history.at += DURATION
      const reopening = history.make(REQUESTER, 'reopening', {
        ...{ at: history.wall, task: award.body.task, generation: 2, reason: 'certificate', proof: award.id },
        ...{ bidUntil: history.wall + 500, expires: history.wall + 650 },
      })
      history.write(REQUESTER, reopening)
      return history
    },
  },
  {
    ...{ id: 'S17', tale: 'a witness votes when every pledge has ended' },
    tell: () => {
      const { history, award } = begun()
      history.at += 61_000
      return votes(history, award, vote(history, award, deliverySlot(history, award), 'absent', award.id))
    },
  },
]

/** A witness that votes as it should, on what came late and on what came in time. */
export const honestVotes: readonly (() => History)[] = [
  () => shown(DURATION + 2 * GRACE, 'late'),
  () => shown(0, 'timely'),
  () => {
    const { history, award } = begun()
    history.at += DURATION + 3 * GRACE
    history.close(REQUESTER, award, undecided)
    return votes(history, award, vote(history, award, deliverySlot(history, award), 'absent', award.id))
  },
]

/** The third agent forgets where it is put back to, and a party is shown two votes of it on one delivery. */
export function votedTwice(second: BodyOf<'vote'>['verdict'], shownTo: number): History {
  const history = new History(({ agent }) => ({ forgets: agent === OTHER, correct: agent !== WORKER }))
  const award = watched(history)
  const slot = deliverySlot(history, award)
  const first = vote(history, award, slot, 'timely', award.id)
  history.at += 1
  const again = vote(history, award, slot, second, award.id)
  history.send(OTHER, REQUESTER, first)
  history.send(OTHER, shownTo, again)
  history.close(REQUESTER, award, undecided)
  return history
}

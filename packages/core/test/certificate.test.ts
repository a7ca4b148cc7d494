import type { AgentKey, HaggleRecord, RecordId, Slot, Vote } from '@haggle/protocol'
import { describe, expect, test } from 'vitest'
import { graceMs, profiles } from '../src/contract/timing.ts'
import { certificatesOf, countsFor, doubleVotes, panelOf, verdictOf, type Panel } from '../src/witness/certificate.ts'
import { slotIdOf } from '../src/witness/slot.ts'
import { Case, requester, sign, stranger, T0, termsOf, worker } from './contract-case.ts'

const G = graceMs(profiles.test)
const DUE = T0 + 10_000

// Any 32 bytes serve as a key where nothing verifies signatures.
const member = (n: number): AgentKey => n.toString(16).padStart(64, '0') as AgentKey

function caseOf(n: number): { case: Case; panel: Panel; slot: Slot; delivery: RecordId } {
  const held = new Case({ panelSize: n }, { panel: Array.from({ length: n }, (_, at) => member(at + 1)) })
  const accept = held.put(held.accept())
  const panel = panelOf(held.award)
  if (panel === null) throw new TypeError('the case has a panel')
  return {
    ...{ case: held, panel, delivery: held.put(held.deliver()).id },
    slot: { entry: accept.id, duty: 'delivery', milestone: 0, k: 0 },
  }
}

const ask = (n: number): RecordId => n.toString(16).padStart(64, 'a') as RecordId

type Ballot = Partial<Vote> & { readonly by: number | AgentKey; readonly verdict: Vote['verdict'] }

function voteIn({ award }: Case, slot: Slot, { by, ...said }: Ballot): HaggleRecord<'vote'> {
  const at = { timely: DUE, late: DUE + G + 10, absent: DUE + 3 * G }[said.verdict]
  return sign('vote', typeof by === 'number' ? member(by) : by, {
    ...{ at, contract: award.id, generation: 1, slot, names: ask(1), due: DUE, newest: award.id, ...said },
  })
}

function verdict(panel: Panel, slot: Slot, votes: readonly HaggleRecord<'vote'>[], due = DUE): string {
  const found = certificatesOf(panel, votes).get(slotIdOf(panel.contract, slot))
  return found === undefined ? 'undecided' : verdictOf(found, due).kind
}

describe('a panel', () => {
  test('WIT-07 a panel counts when it has as many members as the terms say, each once, and neither party', () => {
    const named = (panel: readonly AgentKey[], size = 3): boolean =>
      panelOf(new Case({ panelSize: size }, { panel }).award) !== null
    expect(named([member(1), member(2), member(3)])).toBe(true)
    expect(named([member(1), member(2)])).toBe(false)
    expect(named([member(1), member(2), member(3), member(4)])).toBe(false)
    expect(named([member(1), member(2), member(2)])).toBe(false)
    expect(named([member(1), member(2), worker])).toBe(false)
    expect(named([member(1), member(2), requester])).toBe(false)
    expect(named([], 0)).toBe(false)
  })
})

describe('a certificate', () => {
  test.each([
    [1, 1, 1],
    [3, 2, 3],
    [4, 3, 3],
    [7, 5, 5],
    [10, 7, 7],
  ])('WIT-09 of %i members %i make a TIMELY and %i an ABSENT, one fewer makes none', (n, timely, absent) => {
    const { case: held, panel, slot, delivery } = caseOf(n)
    const votes = (kind: 'timely' | 'absent', count: number): HaggleRecord<'vote'>[] =>
      Array.from({ length: count }, (_, at) =>
        voteIn(held, slot, { by: at + 1, verdict: kind, names: kind === 'timely' ? delivery : ask(at) }),
      )
    expect(verdict(panel, slot, votes('timely', timely))).toBe('timely')
    expect(verdict(panel, slot, votes('timely', timely - 1))).toBe('undecided')
    expect(verdict(panel, slot, votes('absent', absent))).toBe('absent')
    expect(verdict(panel, slot, votes('absent', absent - 1))).toBe('undecided')
  })

  test('WIT-09 votes for different records are not equal, and absences for different dues are not', () => {
    const { case: held, panel, slot, delivery } = caseOf(4)
    const other = held.award.id
    const split = [1, 2, 3].map((by) => voteIn(held, slot, { by, verdict: 'timely', names: by < 3 ? delivery : other }))
    expect(verdict(panel, slot, split)).toBe('undecided')
    const dues = [1, 2, 3].map((by) => voteIn(held, slot, { by, verdict: 'absent', due: by < 3 ? DUE : DUE - 1 }))
    expect(verdict(panel, slot, dues)).toBe('undecided')
  })

  test('T-29 WIT-09 one author counts once, however many of its votes are shown', () => {
    const { case: held, panel, slot, delivery } = caseOf(4)
    const votes = [1, 1, 1, 2].map((by, at) =>
      voteIn(held, slot, { by, verdict: 'timely', names: delivery, at: DUE - at }),
    )
    expect(verdict(panel, slot, [...votes, ...votes])).toBe('undecided')
  })

  test('WIT-10 the earliest quorum counts: its time is the lower median, and one more vote never takes it away', () => {
    const { case: held, panel, slot, delivery } = caseOf(7)
    const votes = [50, 10, 40, 30, 20, 60, 5].map((late, at) =>
      voteIn(held, slot, { by: at + 1, verdict: 'timely', names: delivery, at: DUE - 100 + late }),
    )
    const timeOf = (some: readonly HaggleRecord<'vote'>[]): number | undefined =>
      certificatesOf(panel, some).get(slotIdOf(panel.contract, slot))?.timely[0]?.at
    expect(timeOf(votes.slice(0, 5))).toBe(DUE - 100 + 30)
    expect(timeOf(votes.slice(0, 6))).toBe(DUE - 100 + 30)
    expect(timeOf(votes)).toBe(DUE - 100 + 20)
    expect(timeOf(votes.toReversed())).toBe(DUE - 100 + 20)
  })

  test('WIT-11 ABSENT with LATE is LATE, LATE alone is undecided, and TIMELY stands above all', () => {
    const { case: held, panel, slot, delivery } = caseOf(4)
    const three = (kind: Vote['verdict']): HaggleRecord<'vote'>[] =>
      [1, 2, 3].map((by) => voteIn(held, slot, { by, verdict: kind, names: kind === 'absent' ? ask(by) : delivery }))
    expect(verdict(panel, slot, three('late'))).toBe('undecided')
    expect(verdict(panel, slot, [...three('late'), ...three('absent')])).toBe('late')
    expect(verdict(panel, slot, [...three('late'), ...three('absent'), ...three('timely')])).toBe('timely')
  })

  test('WIT-11 an ABSENT that judged an earlier due says nothing about a later one', () => {
    const { case: held, panel, slot } = caseOf(4)
    const votes = [1, 2, 3].map((by) => voteIn(held, slot, { by, verdict: 'absent' }))
    expect(verdict(panel, slot, votes, DUE - 1)).toBe('absent')
    expect(verdict(panel, slot, votes, DUE + 1)).toBe('undecided')
  })

  test('WIT-11 a record that is no discharge of the duty clears nothing', () => {
    const { case: held, panel, slot, delivery } = caseOf(1)
    const found = certificatesOf(panel, [
      voteIn(held, slot, { by: 1, verdict: 'timely', names: delivery }),
      voteIn(held, slot, { by: 1, verdict: 'absent' }),
    ]).get(slotIdOf(panel.contract, slot))
    expect(found && verdictOf(found, DUE, (id) => id !== delivery).kind).toBe('absent')
  })
})

describe('a vote that counts for nothing', () => {
  const { case: held, panel, slot, delivery } = caseOf(4)
  const good: Ballot = { by: 1, verdict: 'timely', names: delivery }
  const { exposureUntil } = held.award.body
  test.each<[string, Ballot]>([
    ['by a stranger', { ...good, by: stranger }],
    ['by the worker', { ...good, by: worker }],
    ['by the requester', { ...good, by: requester }],
    ['of another contract', { ...good, contract: delivery }],
    ['of another generation', { ...good, generation: 2 }],
    ['dated after exposureUntil', { ...good, at: exposureUntil + 1 }],
    ['on a challenge of a delivery', { ...good, slot: { ...slot, k: 1 } }],
    ['on a lease without a number', { ...good, slot: { entry: held.award.id, duty: 'lease', milestone: 0, k: 0 } }],
    ['on a lease of another entry', { ...good, slot: { ...slot, duty: 'lease', k: 1 } }],
    ['that is late for an opening', { ...good, verdict: 'late', slot: { ...slot, duty: 'opening' } }],
    ['that is absent before the grace is over', { ...good, verdict: 'absent', at: DUE + G - 1 }],
  ])('T-28 WIT-08 %s', (_, ballot) => {
    expect(countsFor(panel, voteIn(held, slot, good))).toBe(true)
    const unfit = voteIn(held, slot, ballot)
    expect(countsFor(panel, unfit)).toBe(false)
    const others = [2, 3].map((by) => voteIn(held, ballot.slot ?? slot, { ...ballot, ...good, by }))
    expect(verdict(panel, slot, [unfit, ...others])).toBe('undecided')
  })

  test('WIT-08 votes on two slots of one contract are never mixed', () => {
    const again: Slot = { ...slot, entry: delivery, duty: 'rework' }
    const votes = [1, 2, 3].map((by) => voteIn(held, by < 3 ? slot : again, { ...good, by }))
    expect(verdict(panel, slot, votes)).toBe('undecided')
    expect(verdict(panel, again, votes)).toBe('undecided')
  })

  test('WIT-08 the terms of another contract with one panel give another name to every slot', () => {
    const other = new Case({ panelSize: 4 }, { panel: held.award.body.panel, price: 1 })
    expect(other.award.body.terms).toEqual(termsOf({ panelSize: 4 }))
    expect(slotIdOf(other.award.id, slot)).not.toBe(slotIdOf(held.award.id, slot))
  })
})

describe('double votes', () => {
  const { case: held, slot, delivery } = caseOf(4)
  test('T-30 WIT-12 TIMELY and ABSENT by one author in one slot are a proof, LATE beside either is none', () => {
    const timely = voteIn(held, slot, { by: 1, verdict: 'timely', names: delivery })
    const absent = voteIn(held, slot, { by: 1, verdict: 'absent' })
    const late = voteIn(held, slot, { by: 1, verdict: 'late', names: delivery })
    expect(doubleVotes([timely, late])).toEqual([])
    expect(doubleVotes([absent, late, absent])).toEqual([])
    const [pair] = doubleVotes([timely, late, absent])
    expect(pair?.map(({ id }) => id)).toEqual([timely.id, absent.id].toSorted())
  })

  test('WIT-12 two absences for different asks are a proof too, and the same votes of two authors are none', () => {
    const first = voteIn(held, slot, { by: 1, verdict: 'absent', names: ask(1) })
    const second = voteIn(held, slot, { by: 1, verdict: 'absent', names: ask(2) })
    expect(doubleVotes([first, second])).toHaveLength(1)
    expect(doubleVotes([first, voteIn(held, slot, { by: 2, verdict: 'absent', names: ask(2) })])).toEqual([])
  })
})

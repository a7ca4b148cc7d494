import { describe, expect, test } from 'vitest'
import { test as prop } from '@fast-check/vitest'
import * as fc from 'fast-check'
import type { Award, HaggleRecord, RecordId, Terms } from '@haggle/protocol'
import { panelTermsProblem } from '../src/judge/award-terms.ts'
import { judge } from '../src/judge/judge.ts'
import { checkTaskRecords, orderTaskRecords, type FileCheck } from '../src/judge/task-file.ts'
import { exposureUntil } from '../src/contract/timing.ts'
import { nonceReveal } from '../src/market/nonce-chain.ts'
import {
  byHash,
  Case,
  requester,
  sign,
  stranger,
  T0,
  termsOf,
  witnesses,
  witnessSetFor,
  worker,
} from './contract-case.ts'
import { play, randomRun, shuffled } from './judge-random.ts'

const settled = { end: 'settled', party: null, fault: null } as const

/** A settled contract with both closings. */
function settledCase(): Case {
  const c = new Case().bind()
  c.put(c.deliver())
  const approval = c.put(c.approve())
  c.closing(requester, settled, [approval.id])
  c.closing(worker, settled, [approval.id])
  return c
}

/** Two generations: the first declined, the second settled. */
function twoGenerations(): HaggleRecord[] {
  const first = new Case()
  const decline = first.put(first.decline())
  first.closing(requester, { end: 'declined', party: null, fault: null }, [decline.id])
  const reopening = first.reopening('declined', decline.id)
  const second = new Case(
    {},
    { generation: 2, prev: reopening.id, chainSeq: 3, chainPrev: first.records.at(-2)?.id ?? null },
  )
  second.bind()
  second.put(second.deliver())
  second.put(second.approve())
  return orderTaskRecords([...first.records, ...second.records])
}

const reasonOf = (check: FileCheck): string => (check.ok ? 'valid' : check.reason)
const idsNamedBy = (record: HaggleRecord): Set<string> => new Set(idsIn(record.body))
function idsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(idsIn)
}
const without = (records: readonly HaggleRecord[], index: number): HaggleRecord[] => records.toSpliced(index, 1)

describe('the order of a task file', () => {
  test('FILE-01: offer, bid, award, entries with their notes, closings by author', () => {
    const { records } = settledCase()
    const types = ['offer', 'bid', 'award', 'accept', 'note', 'note', 'deliver', 'approve', 'closing', 'closing']
    const order = orderTaskRecords(shuffled(records, [5, 3, 8, 1]))
    expect(order.map(({ type }) => (type === 'opening' || type === 'heartbeat' ? 'note' : type))).toEqual(types)
    expect(order.slice(-2).map((each) => each.author)).toEqual([requester, worker])
  })

  test('FILE-01: generations follow each other, each begun by its reopening', () => {
    const order = twoGenerations()
    expect(checkTaskRecords(order)).toEqual({ ok: true })
    const marks = order.flatMap(({ type, body }) =>
      type === 'award' || type === 'reopening' ? [`${type} ${'generation' in body ? body.generation : 0}`] : [],
    )
    expect(marks).toEqual(['award 1', 'reopening 2', 'award 2'])
  })

  test('FILE-01: any two records that change places make the file invalid', () => {
    const order = orderTaskRecords(settledCase().records)
    for (let a = 0; a < order.length; a += 1) {
      for (let b = a + 1; b < order.length; b += 1) {
        const swapped = [...order]
        swapped[a] = order[b] ?? order[0] ?? fail()
        swapped[b] = order[a] ?? order[0] ?? fail()
        expect(checkTaskRecords(swapped).ok).toBe(false)
      }
    }
  })
})

describe('what a task file must hold', () => {
  test('FILE-02: a record that another one names cannot be removed, a note or closing can, and the end can be cut off', () => {
    for (const order of [orderTaskRecords(settledCase().records), twoGenerations()]) {
      order.forEach((record, index) => {
        const rest = without(order, index)
        const named = rest.some((other) => other.type !== 'award' && idsNamedBy(other).has(record.id))
        const awarded = rest.some(
          (other) => other.type === 'award' && [other.body.bid, other.body.prev, other.body.task].includes(record.id),
        )
        if (named || awarded) expect([record.type, checkTaskRecords(rest).ok]).toEqual([record.type, false])
        else expect([record.type, reasonOf(checkTaskRecords(rest))]).toEqual([record.type, 'valid'])
      })
    }
  })

  test('FILE-02: a file cut after any entry of its last contract is valid and open or ended there', () => {
    const order = orderTaskRecords(settledCase().records)
    for (let count = 3; count <= order.length; count += 1) {
      const part = order.slice(0, count)
      // An opening without its heartbeat and the reverse: notes may be missing, but not what they name.
      expect(reasonOf(checkTaskRecords(orderTaskRecords(part)))).toBe('valid')
    }
    const cut = order.filter((record) => record.type !== 'closing' && record.type !== 'approve')
    expect(checkTaskRecords(cut).ok).toBe(true)
    const ports = { checkResult: () => ({ kind: 'unknown' }) as const, payload: () => undefined }
    expect(judge(cut, ports)[0]).toMatchObject({ end: null, openAt: 2 })
  })

  test('FILE-02: no record stands twice, and the number of the second is named', () => {
    const order = orderTaskRecords(settledCase().records)
    order.forEach((record, index) => {
      expect(checkTaskRecords(order.toSpliced(index, 0, record))).toMatchObject({ ok: false, index: index + 1 })
    })
  })

  test('FILE-02: a file begins with its one offer', () => {
    const order = orderTaskRecords(settledCase().records)
    expect(checkTaskRecords([])).toMatchObject({ ok: false, index: 0 })
    expect(checkTaskRecords(without(order, 0))).toMatchObject({ ok: false, index: 0 })
    const other = new Case({ revisions: 4 }).offer
    expect(checkTaskRecords(order.toSpliced(1, 0, other))).toMatchObject({ ok: false, index: 1 })
  })

  test('FILE-03: a record of another task or contract does not belong', () => {
    const order = orderTaskRecords(settledCase().records)
    const other = new Case({ revisions: 4 }).bind()
    for (const record of other.records) {
      expect(checkTaskRecords([...order, record])).toMatchObject({ ok: false })
    }
    const withdrawal = sign('withdrawal', requester, { at: T0, task: order[0]?.id ?? fail(), reason: 'no-need' })
    expect(reasonOf(checkTaskRecords([...order, withdrawal]))).toBe('a task file holds no withdrawal')
  })

  test('FILE-04: of all bids only the awarded ones belong', () => {
    const c = settledCase()
    const loser = sign('bid', stranger, { ...c.bid.body, price: 9_000_000 })
    expect(orderTaskRecords([...c.records, loser]).some((each) => each.id === loser.id)).toBe(false)
    const order = orderTaskRecords(c.records)
    expect(reasonOf(checkTaskRecords(order.toSpliced(2, 0, loser)))).toBe('no award of this file names the bid')
  })

  test('FILE-05: who won the second generation need not hold the first', () => {
    const all = twoGenerations()
    const first = all.find((each) => each.type === 'award')?.id
    const mine = all.filter((each) => each.id !== first && !('contract' in each.body && each.body.contract === first))
    expect(checkTaskRecords(mine)).toEqual({ ok: true })
  })

  test('FILE-05: who holds the first generation holds the entry that ended it', () => {
    const all = twoGenerations()
    const index = all.findIndex((each) => each.type === 'decline')
    const rest = without(all, index).filter((each) => each.type !== 'closing')
    expect(reasonOf(checkTaskRecords(rest))).toBe('it names a record that is not in the file')
  })
})

describe('awards in a task file', () => {
  const terms = termsOf()
  const cases: [string, Partial<Award>][] = [
    ['the award names another price than its bid', { price: 4_000_000 }],
    ['the award names another worker than its bid', { worker: stranger }],
    ['an agent does not hire itself', { worker: requester }],
    ['the bid was no longer valid', { at: T0 + 60_001 }],
    ['the terms are not those of the offer', { terms: { ...terms, stakeWorker: 1 } }],
    ['the terms are not those of the offer', { terms: { ...terms, timers: { ...terms.timers, leaseMs: 599 } } }],
    [
      'the lease is not the one that offer and bid give',
      { terms: { ...terms, timers: { ...terms.timers, leaseMs: 700 } } },
    ],
    ['exposureUntil is not the one that the terms give', { exposureUntil: exposureUntil(terms) + 1 }],
    ['the revealed nonce is not the committed one', { nonceReveal: nonceReveal(new Uint8Array(32), 1) }],
    ['the first award follows the offer', { prev: '0'.repeat(64) as RecordId }],
    ['its bid is not in the file', { bid: '0'.repeat(64) as RecordId }],
    ['the reopening that it follows is not in the file', { generation: 2 }],
    ['only the first record of a chain follows none', { chainSeq: 2 }],
  ]
  test.each(cases)('CON-10: %s', (reason, changed) => {
    const c = new Case({}, changed)
    const records = changed.bid === undefined ? c.records : [c.offer, c.award]
    expect(reasonOf(checkTaskRecords(records))).toBe(reason)
  })

  const panel = witnesses.slice(0, 4)
  const set = witnessSetFor(4)
  const named: Terms = { ...terms, panelSize: 4, witnessSet: set.id }
  const panels: [string, Case, HaggleRecord<'witness-set'>?][] = [
    ['no panel has that many members', new Case({ panelSize: 5 })],
    ['the terms name a panel and no witness set', new Case({ panelSize: 4 })],
    ['its witness set is not here', new Case({ panel: 4 })],
    ['the panel is not the one that the draw gives', new Case({ panel: 4 }, { panel }), set],
    ['the panel is not the one that the draw gives', new Case({ panel: 4 }, { panel: [] }), set],
    ['the terms name no panel and the award does', new Case({}, { panel })],
    [
      'with a panel every reserve names its worker',
      new Case({ panel: 4 }, { reserves: [{ bid: new Case().bid.id, worker: null }] }),
      set,
    ],
    [
      'the witness set leaves no panel beside the parties and the reserves',
      new Case(
        { panel: 4 },
        { reserves: witnesses.slice(0, 4).map((key) => ({ bid: new Case().bid.id, worker: key })) },
      ),
      set,
    ],
  ]
  test.each(panels)('CON-49: %s', (reason, c, witnessSet) => {
    const records: HaggleRecord[] = c.records.filter((each) => each.type !== 'witness-set')
    if (witnessSet !== undefined) records.splice(1, 0, witnessSet)
    expect(reasonOf(checkTaskRecords(records))).toBe(reason)
  })

  test('CON-49: a set by somebody else, out of order, with its author or too small gives no panel', () => {
    const sets: [string, HaggleRecord<'witness-set'>][] = [
      ['the witness set is by somebody else', sign('witness-set', stranger, set.body)],
      ['an agent is no witness to itself', sign('witness-set', requester, { ...set.body, keys: [requester] })],
      [
        'the keys of a witness set ascend',
        sign('witness-set', requester, { ...set.body, keys: set.body.keys.toReversed() }),
      ],
      ['the panel is larger than the witness set gives', sign('witness-set', requester, { ...set.body, keys: panel })],
    ]
    for (const [reason, other] of sets)
      expect(panelTermsProblem({ ...named, witnessSet: other.id }, requester, other)).toBe(reason)
    expect(panelTermsProblem(named, requester, set)).toBeNull()
    // Whoever wants fewer witnesses may have fewer.
    expect(panelTermsProblem({ ...named, panelSize: 3 }, requester, set)).toBeNull()
    expect(panelTermsProblem(terms, requester, null)).toBeNull()
  })

  test('FILE-01: a witness set that the offer does not name has no place', () => {
    const other = sign('witness-set', requester, { ...set.body, epoch: 1 })
    const order = orderTaskRecords(new Case({ panel: 4 }).records)
    expect(order.map((each) => each.type)).toEqual(['offer', 'witness-set', 'bid', 'award'])
    expect(reasonOf(checkTaskRecords(order.toSpliced(1, 0, other)))).toBe(
      'the offer names another witness set, or none',
    )
  })

  test('CON-11: a chain record follows the one before it', () => {
    const c = new Case().bind()
    const stray = sign('closing', requester, {
      at: T0,
      chainSeq: 2,
      chainPrev: c.bid.id,
      contract: c.award.id,
      outcome: { end: 'undecided', party: null, fault: null },
      slash: 0,
      evidence: [],
    })
    expect(reasonOf(checkTaskRecords(orderTaskRecords(c.records).concat(stray)))).toBe(
      'its chain link is not the record before it',
    )
  })
})

describe('chains of others in a task file', () => {
  const undecided = { end: 'undecided', party: null, fault: null } as const

  /** A worker that had the task before shows one closing, and goes on from another one. */
  function wonAgain(): { records: HaggleRecord[]; closing: HaggleRecord; accept: HaggleRecord } {
    const first = new Case().bind()
    const withdraw = first.put(first.withdraw())
    const link = {
      at: T0 + 100,
      chainSeq: 2,
      chainPrev: first.records.find(({ type }) => type === 'accept')?.id ?? null,
    }
    const said = { contract: first.award.id, outcome: undecided, evidence: [] }
    const closing = sign('closing', worker, { ...link, ...said, slash: 0 })
    const elsewhere = sign('closing', worker, { ...link, ...said, slash: 1 })
    const reopening = first.reopening('withdrawn', withdraw.id)
    const second = new Case({}, { generation: 2, prev: reopening.id, chainSeq: 2, chainPrev: first.award.id })
    const accept = second.put(sign('accept', worker, { ...second.accept().body, chainSeq: 3, chainPrev: elsewhere.id }))
    second.put(second.deliver())
    second.put(second.approve())
    return { records: [...first.records, closing, ...second.records], closing, accept }
  }

  test('CON-11: who shows one closing and goes on from another does not take the next contract out of the file', () => {
    const { records, closing, accept } = wonAgain()
    const order = orderTaskRecords(records)
    expect(checkTaskRecords(order)).toEqual({ ok: true })
    expect(order).toContain(accept)
    expect(order).not.toContain(closing)
    const ports = { checkResult: () => ({ kind: 'unknown' }) as const, payload: () => undefined }
    expect(judge(order, ports).map(({ end }) => end)).toEqual(['withdrawn', 'settled'])
  })

  test('CON-11: what has no place in the file breaks no chain', () => {
    const first = new Case().bind()
    const withdraw = first.put(first.withdraw())
    const reopening = first.reopening('withdrawn', withdraw.id)
    const second = new Case({}, { generation: 2, prev: reopening.id, chainSeq: 2, chainPrev: first.award.id })
    const chainPrev = first.records.find(({ type }) => type === 'accept')?.id ?? null
    const accept = second.put(sign('accept', worker, { ...second.accept().body, chainSeq: 2, chainPrev }))
    const nowhere = 'f'.repeat(64) as RecordId
    const said = { at: T0 + 100, slash: 0, outcome: undecided }
    const unfounded = sign('closing', worker, {
      ...{ ...said, contract: first.award.id, chainSeq: 3, chainPrev: accept.id, evidence: [nowhere] },
    })
    const founded = sign('closing', worker, {
      ...{ ...said, contract: second.award.id, chainSeq: 4, chainPrev: nowhere, evidence: [] },
    })
    const order = orderTaskRecords([...first.records, ...second.records, unfounded, founded])
    expect([order.includes(unfounded), order.includes(founded)]).toEqual([false, true])
  })

  test.each([
    [2, null],
    [1, '0'.repeat(64) as RecordId],
  ])('CON-11: an ACCEPT with link %i and prev %s binds nobody, since no file could hold it', (chainSeq, chainPrev) => {
    const c = new Case()
    const accept = sign('accept', worker, { ...c.accept().body, chainSeq, chainPrev })
    expect(c.step(accept)).toMatchObject({ kind: 'violation', violation: { code: 'entry/bad-prev' } })
  })
})

describe('properties of task files', () => {
  const ports = { checkResult: () => ({ kind: 'unknown' }) as const, payload: () => undefined }

  prop.prop([randomRun, fc.array(fc.nat(1_000), { minLength: 8, maxLength: 40 })])(
    'whatever an agent holds, the file it writes is valid, in one order, and says the same',
    (run, keys) => {
      const { records } = play(run, false)
      const order = orderTaskRecords(records)
      expect(checkTaskRecords(order)).toEqual({ ok: true })
      expect(orderTaskRecords(shuffled(records, keys)).map((each) => each.id)).toEqual(order.map((each) => each.id))
    },
  )

  prop.prop([randomRun, fc.nat(100)])('from any part of the records still comes a valid file', (run, cut) => {
    const { records } = play(run, false)
    const part = records.filter((_, index) => (index * 7 + cut) % 5 !== 0 || index < 3)
    expect(checkTaskRecords(orderTaskRecords(part))).toEqual({ ok: true })
  })

  prop.prop([randomRun])('nothing is lost from an honest file', (run) => {
    const c = play(run, true)
    const order = orderTaskRecords(c.records)
    expect(order).toHaveLength(c.records.length)
    expect(judge(order, ports)).toEqual(judge(c.records, ports))
  })
})

test('a hash acceptance needs no payload to be judged from the file', () => {
  const c = new Case({ acceptance: byHash }).bind()
  c.put(c.deliver())
  c.put(c.approve())
  expect(checkTaskRecords(orderTaskRecords(c.records))).toEqual({ ok: true })
})

function fail(): never {
  throw new TypeError('the test has no such record')
}

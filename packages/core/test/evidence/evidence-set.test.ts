import * as fc from 'fast-check'
import { describe, expect } from 'vitest'
import { test } from '@fast-check/vitest'
import { bounds, protocolParams, type AgentKey, type HaggleRecord, type RecordId } from '@haggle/protocol'
import { EvidenceSet, type EvidenceRules } from '../../src/evidence/evidence-set.ts'
import { Unwanted } from '../../src/evidence/unwanted.ts'
import { sign } from '../contract-case.ts'
import { admitAll, agent, alice, bob, deal, EPOCH, idsOf, mallory, open, vote, type Deal } from './evidence-case.ts'

const deals = Array.from({ length: 8 }, (_, n) => deal({ name: `${n}`, epoch: EPOCH - (n % 3), notes: n }))
/** A stranger to everybody. */
const sybil = agent('sybil')
const isNoneOf =
  (...strangers: readonly AgentKey[]) =>
  (each: AgentKey): boolean =>
    !strangers.includes(each)

const allRecords = deals.flatMap(({ records }) => records)

describe('a set of evidence', () => {
  test.prop([fc.shuffledSubarray(allRecords, { minLength: allRecords.length })])(
    'EVI-04 EVI-07: is the same set, with the same digest, in whatever order its records came',
    (shuffled) => {
      const [straight, other] = [new EvidenceSet(open), new EvidenceSet(open)]
      admitAll(straight, allRecords)
      const taken = admitAll(other, shuffled).flatMap((admission) => admission.taken)
      expect(idsOf(taken)).toEqual(idsOf(allRecords))
      expect(other.digest()).toBe(straight.digest())
      expect([...other.records()]).toEqual([...straight.records()])
    },
  )

  test('EVI-01: takes what proves something about a contract, once, and nothing else', () => {
    const set = new EvidenceSet(open)
    const [first] = deals
    if (first === undefined) return
    const advert = sign('advert', alice, { at: 0, seq: 1, ttlMs: 1, skills: [], slots: 1, free: 1, witness: null })
    expect(set.admit(advert, EPOCH).answer).toBe('no-evidence')
    expect(set.admit(first.award, EPOCH)).toEqual({ answer: 'taken', taken: [first.award] })
    expect(set.admit(first.award, EPOCH)).toEqual({ answer: 'known', taken: [] })
    expect([set.size, set.has(first.award.id), set.get(first.award.id)]).toEqual([1, true, first.award])
  })

  test('EVI-02: gives of a contract all that names it and all that its award names, in one order', () => {
    const set = new EvidenceSet(open)
    admitAll(set, allRecords.toReversed())
    for (const { award, records } of deals) {
      const dossier = set.dossier(award.id)
      expect(idsOf(dossier)).toEqual(idsOf(records))
      expect(dossier.map(({ id }) => id)).toEqual(
        [...set.records()].filter(({ id }) => records.some((each) => each.id === id)).map(({ id }) => id),
      )
    }
    expect(idsOf([...set.contracts()].flatMap((id) => set.dossier(id)))).toEqual(idsOf(allRecords))
  })

  test('EVI-02: takes what an award names only from whom it must be', () => {
    const set = new EvidenceSet(open)
    const { award, reopening } = deal({ name: 'named' })
    const forged = sign('reopening', mallory, reopening.body)
    admitAll(set, [award])
    expect(set.admit(forged, EPOCH).answer).toBe('stranger')
    expect(set.admit(reopening, EPOCH).answer).toBe('taken')
  })

  test('EVI-02: lets no award of somebody else keep out what a true one names', () => {
    const set = new EvidenceSet(open)
    const { award, reopening } = deal({ name: 'named' })
    admitAll(set, [sign('award', mallory, award.body)])
    expect(set.admit(reopening, EPOCH).answer).toBe('stranger')
    admitAll(set, [award])
    expect(set.wants(reopening.id)).toBe(true)
    expect(set.admit(reopening, EPOCH).answer).toBe('taken')
  })

  test('T-82 EVI-03: takes nothing dated more than an hour ahead', () => {
    const set = new EvidenceSet(open)
    const { award } = deal({ name: 'ahead', epoch: EPOCH + 2 })
    expect(set.admit(award, EPOCH)).toEqual({ answer: 'future', taken: [] })
    expect(set.admit(award, EPOCH + 1).answer).toBe('taken')
  })

  test('EVI-05: takes what a stranger awards to somebody who is of interest when that one has accepted, in whatever order', () => {
    const { award, records } = deal({ name: 'crowd', requester: mallory })
    const accept = records.find(({ type }) => type === 'accept')
    const rest = records.filter((record) => record !== award && record !== accept)
    if (accept === undefined) return
    for (const order of [
      [award, accept, ...rest],
      [accept, award, ...rest],
      [...rest, award, accept],
    ]) {
      const set = new EvidenceSet({ ...open, isRelevant: isNoneOf(mallory) })
      const before = order.slice(0, Math.max(order.indexOf(award), order.indexOf(accept)))
      admitAll(set, before)
      expect([set.size, set.wants(award.id) && before.includes(award)]).toEqual([0, false])
      admitAll(set, order.slice(before.length))
      expect(idsOf([...set.records()])).toEqual(idsOf(records))
    }
  })

  test('EVI-05: takes no contract that is of no interest, nor what waited for it, and does not ask for them again', () => {
    const set = new EvidenceSet({ ...open, isRelevant: isNoneOf(mallory, sybil) })
    const ring = deal({ name: 'ring', requester: mallory, worker: sybil })
    const [early, ...later] = ring.records.filter(({ type }) => type !== 'award' && type !== 'reopening').slice(1)
    if (early === undefined) return
    expect(set.admit(early, EPOCH).answer).toBe('waiting')
    expect(admitAll(set, [ring.award, ...later]).map(({ answer }) => answer)).toEqual([
      'irrelevant',
      ...later.map(() => 'irrelevant'),
    ])
    expect([set.size, [ring.award, early, ...later].filter(({ id }) => set.wants(id))]).toEqual([0, []])
    // What waited for the award waits no more, and takes no place of others.
    set.reconsider()
    expect(set.wants(early.id)).toBe(true)
    admitAll(set, allRecords)
    expect(set.size).toBe(allRecords.length)
  })

  test('T-81 EVI-06: lets the two parties and the panel speak on a contract, and nobody else', () => {
    const set = new EvidenceSet(open)
    const witness = agent('witness')
    const watched = deal({ name: 'watched', panel: [witness] })
    admitAll(set, [watched.award])
    expect(set.admit(vote(watched, mallory), EPOCH).answer).toBe('stranger')
    expect(set.admit(vote(watched, witness), EPOCH).answer).toBe('taken')
  })

  test('T-78 EVI-07: is not moved by islands: what has no award waits, so much of it and no more', () => {
    const set = new EvidenceSet(open)
    admitAll(set, deals[0]?.records ?? [])
    const before = set.digest()
    const far = deal({ name: 'far' })
    const lone = Array.from({ length: bounds.waitingEvidence + 100 }, (_, n) =>
      sign('agree', mallory, { at: n, contract: far.award.id, generation: 1, request: far.award.id }),
    )
    for (const record of lone) expect(set.admit(record, EPOCH).answer).toBe('waiting')
    expect(lone.filter(({ id }) => !set.wants(id))).toHaveLength(bounds.waitingEvidence)
    expect([set.digest(), set.size]).toEqual([before, deals[0]?.records.length])
    // Nobody of them has a voice in the contract that comes at last.
    expect(set.admit(far.award, EPOCH).taken).toEqual([far.award])
  })
})

/** Rules under which the named contracts are held until an epoch. */
function holding(held: ReadonlyMap<string, number>, quota = 100_000): EvidenceRules {
  const untilOf = (records: readonly HaggleRecord[]): number =>
    Math.max(0, ...records.map((record) => (record.type === 'award' ? (held.get(record.id) ?? 0) : 0)))
  return { isRelevant: () => true, heldUntil: untilOf, quotaOf: () => quota }
}

const row = (count: number, init: Partial<Parameters<typeof deal>[0]> = {}): readonly Deal[] =>
  Array.from({ length: count }, (_, n) => deal({ name: `row ${n}`, epoch: EPOCH - 100 + n, ...init }))

describe('a set of evidence that is full', () => {
  test('EVI-08: gives the contracts of one agent so many places, and takes none from others', () => {
    const set = new EvidenceSet(holding(new Map(), 100))
    const [own, others] = [row(200, { requester: mallory }), row(20)]
    admitAll(
      set,
      others.flatMap(({ records }) => records),
    )
    admitAll(
      set,
      own.flatMap(({ records }) => records),
    )
    const byMallory = [...set.contracts()].flatMap((id) => set.dossier(id)).filter(({ author }) => author === mallory)
    expect(byMallory.length).toBeLessThanOrEqual(100)
    // The quota of alice is as large, and her contracts are twenty: summaries of the older ones are left.
    for (const { summary } of others) for (const { id } of summary) expect(set.has(id)).toBe(true)
  })

  test('T-80 EVI-08: takes so much of one voice on one contract, so that nobody talks another voice out of it', () => {
    const set = new EvidenceSet(open)
    const witness = agent('witness')
    const talk = deal({ name: 'talk', notes: 200, panel: [witness] })
    const answers = admitAll(set, talk.records).map(({ answer }) => answer)
    expect(answers).toContain('quota')
    expect(set.dossier(talk.award.id).filter(({ author }) => author === bob)).toHaveLength(bounds.evidencePerVoice)
    expect(set.admit(vote(talk, witness), EPOCH).answer).toBe('taken')
  })

  test('EVI-08: keeps places for what ends a contract that is already held', () => {
    const all = row(40)
    const held = new Map(all.map(({ award }) => [award.id, EPOCH + 1]))
    const set = new EvidenceSet(holding(held), 80)
    const answers = admitAll(
      set,
      all.flatMap(({ award, records }) => [award, ...records.slice(2, 3)]),
    )
    expect(answers.map(({ answer }) => answer)).toContain('full')
    const [first] = all
    expect(set.size).toBe(70)
    if (first !== undefined) expect(set.dossier(first.award.id)).toHaveLength(2)
    for (const record of first?.records.slice(3, 4) ?? []) expect(set.admit(record, EPOCH).answer).toBe('taken')
  })

  test('EVI-08: has all of it back after a restart, however little room there was', () => {
    const [set, again] = [new EvidenceSet(holding(new Map(), 100)), new EvidenceSet(holding(new Map(), 100))]
    const all = row(60)
    for (const { award } of all) set.admit(award, EPOCH)
    for (const { records } of all.slice(0, 38)) admitAll(set, records.slice(2, 3))
    expect(set.size).toBe(98)
    // The last awards come when there would be no place for new ones any more.
    for (const contract of set.contracts()) again.putBack(set.dossier(contract))
    expect(again.digest()).toBe(set.digest())
    // What comes next has to find its room as ever.
    for (const { records } of row(20, { epoch: EPOCH })) admitAll(again, records)
    expect(again.size).toBeLessThanOrEqual(100)
  })

  test('EVI-07: has all of it back in whatever order it is kept, also where not all of it could wait for its award', () => {
    const all = Array.from({ length: 1_100 }, (_, n) => deal({ name: `kept ${n}` })).map(({ records }) =>
      records.slice(1, 6),
    )
    const [set, again] = [new EvidenceSet(open), new EvidenceSet(open)]
    admitAll(set, all.flat())
    const members = all.flatMap(([, ...rest]) => rest)
    expect(members.length).toBeGreaterThan(bounds.waitingEvidence)
    again.putBack([...members, ...all.flatMap(([award]) => award ?? [])])
    expect(again.digest()).toBe(set.digest())
  })

  test('EVI-08: makes room once for what comes together, the oldest giving way, and takes none from others', () => {
    let asked = 0
    const rules = holding(new Map(), 100)
    const set = new EvidenceSet({ ...rules, heldUntil: (records) => ((asked += 1), rules.heldUntil(records)) })
    const [own, others] = [row(200, { requester: mallory }), row(10)]
    admitAll(
      set,
      others.flatMap(({ records }) => records),
    )
    const before = asked
    const taken = set.admitTogether(own.flatMap(({ records }) => records))
    expect(taken.length).toBeGreaterThan(1_000)
    expect(set.size).toBeLessThanOrEqual(200)
    expect(own.map(({ award }) => set.has(award.id)).lastIndexOf(false)).toBeLessThan(165)
    for (const { summary } of others) for (const { id } of summary) expect(set.has(id)).toBe(true)
    // Each contract once when it became a summary, and once when that went.
    expect(asked - before).toBeLessThanOrEqual(400)
  })

  test('EVI-09: makes summaries of the oldest closed contracts first, and drops whole ones only after all of these', () => {
    const all = row(30)
    const set = new EvidenceSet(open, 150)
    admitAll(
      set,
      all.flatMap(({ records }) => records),
    )
    const left = all.map(({ award, records, summary }) => {
      const { length } = set.dossier(award.id)
      return length === 0 ? 'gone' : length === summary.length ? 'summary' : length === records.length ? 'whole' : '?'
    })
    const ranks = left.map((each) => ['gone', 'summary', 'whole'].indexOf(each))
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b))
    expect(left).toContain('summary')
    expect(left).toContain('whole')
    expect(left).not.toContain('gone')
    for (const { summary } of all) expect(summary.every(({ id }) => set.has(id))).toBe(true)
  })

  test('EVI-09: drops the oldest contracts when summaries alone are too many', () => {
    const set = new EvidenceSet(open, 64)
    const all = row(100)
    admitAll(
      set,
      all.flatMap(({ records }) => records),
    )
    const held = all.map(({ award }) => set.has(award.id))
    expect(set.size).toBeLessThanOrEqual(64)
    expect(held.indexOf(true)).toBeGreaterThan(60)
    expect(held.lastIndexOf(false)).toBeLessThan(held.indexOf(true))
    expect(held.at(-1)).toBe(true)
  })

  test.prop([fc.uniqueArray(fc.nat(39), { maxLength: 12 }), fc.shuffledSubarray([...row(40)], { minLength: 40 })], {
    numRuns: 40,
  })(
    'T-79 EVI-10: drops nothing of what accuses or binds before its time, whatever comes after it',
    (held, shuffled) => {
      const ids = row(40)
      const until = new Map(held.map((n) => [ids[n]?.award.id ?? '', EPOCH + 5]))
      const set = new EvidenceSet(holding(until), 200)
      const kept: HaggleRecord[] = []
      for (const { award, records } of shuffled) {
        const taken = admitAll(set, records, EPOCH + 4).flatMap((admission) => admission.taken)
        if (until.has(award.id)) kept.push(...taken)
        expect(kept.filter(({ id }) => !set.has(id))).toEqual([])
      }
      expect(set.size).toBeLessThanOrEqual(200)
    },
  )

  test('EVI-10: takes nothing more where all is held, and makes room again when the time has come', () => {
    const all = row(30)
    const held = new Map(all.map(({ award }) => [award.id, EPOCH + 5]))
    const set = new EvidenceSet(holding(held), 100)
    const answers = admitAll(
      set,
      all.flatMap(({ records }) => records),
      EPOCH,
    ).map(({ answer }) => answer)
    expect(answers.at(-1)).not.toBe('taken')
    const before = set.digest()
    const late = deal({ name: 'late' })
    expect(set.admit(late.award, EPOCH).answer).toBe('full')
    expect(set.digest()).toBe(before)
    set.reconsider()
    expect(set.admit(late.award, EPOCH + 5).answer).toBe('taken')
  })

  test.each(['approve', 'reopening'] as const)(
    'EVI-10: asks anew until when a contract is held when a record (%s) came on it or beside it',
    (type) => {
      const isOver = (records: readonly HaggleRecord[]): boolean => records.some((record) => record.type === type)
      const all = row(60)
      const set = new EvidenceSet({ ...open, heldUntil: (records) => (isOver(records) ? 0 : EPOCH + 5) }, 100)
      admitAll(
        set,
        all.flatMap(({ award, records }) => [award, ...records.slice(2, 3)]),
      )
      const [first] = all
      if (first === undefined) return
      expect(set.admit(deal({ name: 'late' }).award, EPOCH).answer).toBe('full')
      admitAll(
        set,
        first.records.filter((record) => record.type === type),
      )
      expect(set.dossier(first.award.id)).toHaveLength(3)
      expect(set.admit(deal({ name: 'later' }).award, EPOCH + 1).answer).toBe('taken')
      expect(set.dossier(first.award.id)).toEqual([])
    },
  )

  test('EVI-11: remembers the newest of what is not wanted, so many ids and no more', () => {
    const unwanted = new Unwanted()
    const id = (n: number): RecordId => n.toString(16).padStart(64, '0') as RecordId
    for (let n = 0; n <= bounds.unwantedEvidence; n += 1) unwanted.add(id(n), id(n % 7), 'dropped')
    expect([unwanted.size, unwanted.has(id(0)), unwanted.has(id(1))]).toEqual([bounds.unwantedEvidence, false, true])
  })

  test('EVI-02: keeps what two contracts name for as long as one of them is whole', () => {
    const set = new EvidenceSet(open, 100)
    const first = deal({ name: 'first', epoch: EPOCH - 200 })
    const second = sign('award', alice, { ...first.award.body, generation: 2, at: first.award.body.at + 1 })
    admitAll(set, [...first.records, second])
    set.pin(second.id, EPOCH + 1)
    admitAll(
      set,
      row(30).flatMap(({ records }) => records),
    )
    expect(set.dossier(first.award.id)).toHaveLength(first.summary.length + 2)
    expect(idsOf(set.dossier(second.id))).toEqual(idsOf([second, first.set, first.reopening]))
  })

  test('EVI-02: takes no more than so many records of one name beside a contract', () => {
    const set = new EvidenceSet(open)
    const { award, reopening } = deal({ name: 'named' })
    const many = Array.from({ length: 40 }, (_, n) =>
      sign('reopening', award.author, { ...reopening.body, at: reopening.body.at + n }),
    )
    const answers = admitAll(set, [award, ...many]).map(({ answer }) => answer)
    expect(answers.filter((answer) => answer === 'taken')).toHaveLength(33)
    expect(answers.at(-1)).toBe('quota')
  })

  test('EVI-10: keeps what is pinned as what is held, and asks for it again where it had been dropped', () => {
    const all = row(60)
    const [first, second] = all
    if (first === undefined || second === undefined) return
    const set = new EvidenceSet(open, 100)
    admitAll(set, first.records)
    set.pin(first.award.id, EPOCH + 1)
    admitAll(
      set,
      all.slice(1).flatMap(({ records }) => records),
    )
    expect(idsOf(set.dossier(first.award.id))).toEqual(idsOf(first.records))
    expect([set.has(second.award.id), set.wants(second.award.id)]).toEqual([false, false])
    set.pin(second.award.id, EPOCH + 1)
    expect(set.wants(second.award.id)).toBe(true)
    expect(set.admit(second.award, EPOCH).answer).toBe('taken')
  })

  test('EVI-11: does not ask for what gave way, also not when the roots reach others; what was refused it then asks for again', () => {
    let reached = false
    const set = new EvidenceSet({ ...open, isRelevant: (each) => reached || isNoneOf(mallory, sybil)(each) }, 64)
    const ring = deal({ name: 'ring', requester: mallory, worker: sybil })
    admitAll(set, [ring.award, ...row(40).flatMap(({ records }) => records)])
    const [oldest] = row(1)
    if (oldest === undefined) return
    expect([set.wants(oldest.award.id), set.wants(ring.award.id)]).toEqual([false, false])
    expect(set.admit(oldest.award, EPOCH).answer).toBe('unwanted')
    reached = true
    set.reconsider()
    expect([set.wants(oldest.award.id), set.wants(ring.award.id)]).toEqual([false, true])
    expect(set.admit(ring.award, EPOCH).answer).toBe('taken')
  })

  test('EVI-11: asks again for the rest of a summary when something new is said of it', () => {
    const witness = agent('witness')
    const all = row(30, { panel: [witness] })
    const [oldest] = all
    if (oldest === undefined) return
    const set = new EvidenceSet(open, 150)
    admitAll(
      set,
      all.flatMap(({ records }) => records),
    )
    const rest = oldest.records.filter((record) => !oldest.summary.includes(record))
    expect(rest.filter(({ id }) => set.wants(id))).toEqual([])
    expect(set.admit(vote(oldest, witness), EPOCH).answer).toBe('taken')
    expect(rest.filter(({ id }) => !set.wants(id))).toEqual([])
  })
})

test('EVI-18: hands over awards first, and nothing that it does not hold', () => {
  const set = new EvidenceSet(open)
  admitAll(set, allRecords)
  const ids = [...allRecords.map(({ id }) => id), deal({ name: 'elsewhere' }).award.id]
  const given = set.inGivingOrder(ids)
  expect(idsOf(given)).toEqual(idsOf(allRecords))
  expect(given.map(({ type }) => type === 'award').lastIndexOf(true)).toBe(deals.length - 1)
})

test('EVI-03: an epoch is an hour of the clock of the author', () => {
  const set = new EvidenceSet(open)
  const { award, records } = deal({ name: 'hour' })
  admitAll(set, records)
  expect(award.body.at).toBe(EPOCH * protocolParams.epochMs + 20)
  expect([...set.records()].map(({ body }) => Math.floor(body.at / 3_600_000))).toEqual(records.map(() => EPOCH))
})

import { expect, test } from 'vitest'
import { Ledger } from '../../src/evidence/ledger.ts'
import { sign } from '../contract-case.ts'
import { agent, alice, bob, deal, EPOCH, mallory } from './evidence-case.ts'

const viewer = agent('viewer')

test('EVI-10: two awards in one place prove a fork together, and whoever signed them cannot bury it under others', () => {
  const ledger = new Ledger([viewer], () => true)
  const { award } = deal({ name: 'forked', requester: mallory, worker: bob, epoch: EPOCH - 1 })
  const fork = sign('award', mallory, { ...award.body, worker: alice })
  for (const record of [award, fork]) ledger.admit(record, EPOCH)
  const faults = (): readonly string[] => ledger.facts().faults.map(({ party, fault }) => `${party} ${fault}`)
  expect(faults()).toContain(`${mallory} FORK`)
  const before = faults()
  // More than one author may fill: what came first gives way to what comes.
  for (let n = 0; n < 4_200; n += 1)
    ledger.admit(deal({ name: `other ${n}`, requester: mallory, worker: bob }).award, EPOCH)
  expect(ledger.set.size).toBeLessThan(4_200)
  expect([award, fork].map(({ id }) => ledger.set.has(id))).toEqual([true, true])
  expect(faults()).toEqual(expect.arrayContaining([...before]))
})

test('EVI-08: when contracts have given way the scores are those of a ledger that reads anew what is left', () => {
  const ledger = new Ledger([alice], () => true)
  const admit = (name: string, epoch: number): void => {
    const { summary } = deal({ name, requester: alice, worker: bob, epoch })
    for (const record of summary) ledger.admit(record, EPOCH)
  }
  const credits = (of: Ledger): readonly string[] =>
    of
      .facts()
      .credits.map((each) => JSON.stringify(each))
      .toSorted()
  for (let n = 0; n < 20; n += 1) admit(`first ${n}`, EPOCH - 10)
  const first = credits(ledger)
  expect(first).toHaveLength(20)
  for (let n = 0; n < 2_100; n += 1) {
    admit(`later ${n}`, EPOCH)
    // Asked again and again, so that what was found out is at hand when it holds no more.
    if (n % 100 === 0) ledger.scores(EPOCH)
  }
  const left = credits(ledger)
  expect(left.filter((credit) => first.includes(credit))).toEqual([])
  const anew = new Ledger([alice], () => true, ledger.memory())
  expect(left).toEqual(credits(anew))
  expect(ledger.scores(EPOCH).digest()).toBe(anew.scores(EPOCH).digest())
  expect(ledger.set.digest()).toBe(anew.set.digest())
})

test('EVI-19: what own contracts add does not pile up, however much of it a log has', () => {
  const ledger = new Ledger([alice], () => true)
  for (let n = 0; n < 1_000; n += 1)
    for (const record of deal({ name: `of the log ${n}`, requester: alice, worker: bob }).records) ledger.note(record)
  const { records, waiting } = ledger.counted()
  expect([records.length > 3_000, records.length <= 4_096, waiting.length < 4_096]).toEqual([true, true, true])
  ledger.countIn()
  expect(ledger.counted().waiting).toEqual([])
})

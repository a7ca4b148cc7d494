import * as fc from 'fast-check'
import { expect } from 'vitest'
import { test } from '@fast-check/vitest'
import type { HaggleRecord, RecordId } from '@haggle/protocol'
import { EvidenceSet } from '../../src/evidence/evidence-set.ts'
import { admitAll, agent, alice, bob, deal, EPOCH, mallory, open, vote, type Deal } from './evidence-case.ts'
import { converse } from './exchange.ts'

/** One session, after which each has heard what the other gave; says how many records that were. */
function meet(opener: EvidenceSet, answerer: EvidenceSet, session = 1): number {
  const gifts: (readonly [EvidenceSet, readonly HaggleRecord[]])[] = []
  converse(opener, answerer, session, (side, ids: readonly RecordId[]) => {
    const [from, to] = side === 1 ? [answerer, opener] : [opener, answerer]
    gifts.push([to, from.inGivingOrder(ids)])
  })
  for (const [to, records] of gifts) admitAll(to, records)
  return gifts.reduce((sum, [, records]) => sum + records.length, 0)
}

const witness = agent('witness')
const world: readonly Deal[] = Array.from({ length: 60 }, (_, n) =>
  deal({
    name: `deal ${n}`,
    requester: agent(`r${n % 9}`),
    worker: agent(`w${n % 7}`),
    panel: [witness],
    notes: n % 4,
  }),
)

test.prop([fc.infiniteStream(fc.nat(5))], { numRuns: 20 })(
  'T-86 EVI-14 EVI-18: agents of whom each knows some contracts, and some of them in part, all come to one digest',
  (dice) => {
    const sets = Array.from({ length: 4 }, () => new EvidenceSet(open))
    for (const { award, records } of world) {
      for (const set of sets) {
        const known = dice.next().value ?? 0
        if (known < 3) continue
        admitAll(set, known === 3 ? [award] : known === 4 ? records.slice(0, 4) : records)
      }
    }
    const [first, ...others] = sets
    if (first === undefined) return
    for (const [n, other] of [...others, ...others].entries()) meet(first, other, n)
    expect(new Set(sets.map((set) => set.digest())).size).toBe(1)
  },
)

test('EVI-14: two halves of a network that settled different contracts while it was split have one digest three rounds after', () => {
  const sets = Array.from({ length: 8 }, () => new EvidenceSet(open))
  for (const [n, { records }] of world.entries())
    for (const [place, set] of sets.entries()) if (n % 10 === 0 || n % 2 === place % 2) admitAll(set, records)
  expect(new Set(sets.map((set) => set.digest())).size).toBe(2)
  let rounds = 0
  for (; new Set(sets.map((set) => set.digest())).size > 1; rounds += 1) {
    expect(rounds).toBeLessThan(3)
    // Each meets one other, at another distance in each round.
    for (const [place, set] of sets.entries()) {
      const other = sets[(place + 2 ** rounds) % sets.length]
      if (other !== undefined) meet(set, other, rounds)
    }
  }
  expect(rounds).toBeGreaterThan(0)
})

test('EVI-11: of a contract that one side does not care for it is told once, and not again in the next session', () => {
  const ring = deal({ name: 'ring', requester: mallory, worker: agent('sybil'), notes: 20 })
  const picky = new EvidenceSet({ ...open, isRelevant: (each) => each !== mallory && each !== agent('sybil') })
  const hoarder = new EvidenceSet(open)
  for (const set of [picky, hoarder])
    admitAll(
      set,
      world.flatMap(({ records }) => records),
    )
  const before = picky.digest()
  admitAll(hoarder, ring.records)
  expect(meet(picky, hoarder, 1)).toBe(ring.records.length)
  expect(picky.digest()).toBe(before)
  for (let session = 2; session < 5; session += 1) {
    const given: RecordId[] = []
    converse(picky, hoarder, session, (_, ids) => given.push(...ids))
    converse(hoarder, picky, session, (_, ids) => given.push(...ids))
    expect(given).toEqual([])
  }
  expect(picky.digest()).toBe(before)
})

test('EVI-10: what convicts reaches an agent that had kept the summary alone, and then all the rest of it', () => {
  const late = deal({ name: 'late', requester: alice, worker: bob, panel: [witness], epoch: EPOCH - 500 })
  const full = new EvidenceSet(open, 120)
  admitAll(
    full,
    [late, ...world.slice(0, 20)].flatMap(({ records }) => records),
  )
  expect(full.dossier(late.award.id)).toHaveLength(late.summary.length)
  const wise = new EvidenceSet(open)
  admitAll(wise, [...late.records, vote(late, witness)])
  full.pin(late.award.id, EPOCH + 1)
  for (let session = 1; session < 3; session += 1) meet(full, wise, session)
  expect(full.dossier(late.award.id)).toHaveLength(late.records.length + 1)
})

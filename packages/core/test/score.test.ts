import { describe, expect, test } from 'vitest'
import { test as prop } from '@fast-check/vitest'
import * as fc from 'fast-check'
import { bounds, type AgentKey, type HaggleRecord } from '@haggle/protocol'
import { Book } from '../src/score/book.ts'
import { choose } from '../src/score/choice.ts'
import { decayed, quality } from '../src/score/quality.ts'
import { sign, T0 } from './contract-case.ts'

const H = 720
const peer = (n: number): AgentKey => n.toString(16).padStart(64, '0') as AgentKey
const success = { success: true, faultPermille: 0 }
const fault = { success: false, faultPermille: 1_000 }

describe('decay', () => {
  test('SCORE-01: an amount halves every half-life, with straight lines between', () => {
    expect([0, 360, 720, 1_080, 1_440, 720 * 60].map((age) => decayed(1_000, age, H))).toEqual([
      1_000, 750, 500, 375, 250, 0,
    ])
  })

  prop.prop([fc.nat(1_000_000_000), fc.nat(50_000), fc.nat(5_000)])(
    'SCORE-01: nothing grows with age',
    (amount, age, more) => {
      expect(decayed(amount, age + more, H)).toBeLessThanOrEqual(decayed(amount, age, H))
      expect(decayed(amount, age, H)).toBeLessThanOrEqual(amount)
      expect(Number.isSafeInteger(decayed(amount, age, H))).toBe(true)
    },
  )
})

describe('quality', () => {
  const outcome = (epoch: number, faultPermille: number): Parameters<typeof quality>[0][number] => ({
    skill: 'shout',
    epoch,
    success: faultPermille === 0,
    faultPermille,
  })

  test('SCORE-02: a stranger has 300, ten successes 883, ten faults 50', () => {
    const ten = Array.from({ length: 10 })
    expect(quality([], 0)).toBe(300)
    expect(
      quality(
        ten.map(() => outcome(0, 0)),
        0,
      ),
    ).toBe(883)
    expect(
      quality(
        ten.map(() => outcome(0, 1_000)),
        0,
      ),
    ).toBe(50)
  })

  test('SCORE-02: success is forgotten sooner than a fault', () => {
    expect(quality([outcome(0, 0)], 720)).toBe(440)
    expect(quality([outcome(0, 1_000)], 720)).toBe(208)
    expect(quality([outcome(0, 1_000)], 2_880)).toBe(240)
  })

  prop.prop([fc.array(fc.nat(1_000), { maxLength: 30 }), fc.nat(3_000)])(
    'quality is a permille whatever happened',
    (faults, epoch) => {
      const value = quality(
        faults.map((permille, index) => outcome(index, permille)),
        epoch,
      )
      expect(Number.isInteger(value)).toBe(true)
      expect(value).toBeGreaterThanOrEqual(0)
      expect(value).toBeLessThanOrEqual(1_000)
    },
  )
})

describe('the book', () => {
  test('SCORE-03: a peer’s quality comes from its outcomes with us, by skill and over all', () => {
    const book = new Book()
    book.recordOutcome(peer(1), 'shout', 5, success)
    book.recordOutcome(peer(1), 'count', 5, fault)
    expect(book.qualityOf(peer(1), 'shout', 5)).toBe(533)
    expect(book.qualityOf(peer(1), 'count', 5)).toBe(200)
    expect(book.qualityOf(peer(1), null, 5)).toBe(400)
    expect(book.qualityOf(peer(2), null, 5)).toBe(300)
    expect(book.settledWith(peer(1))).toBe(1)
    expect(book.standingOf(peer(1))).toEqual({ settled: 1, faults: 1, quality: 400 })
  })

  test('SCORE-04: a full page forgets successes before faults', () => {
    const book = new Book()
    book.recordOutcome(peer(1), 'shout', 0, fault)
    for (let n = 0; n < 500; n += 1) book.recordOutcome(peer(1), 'shout', 1, success)
    const { outcomes, settled, faults } = book.recordOf(peer(1))
    expect([outcomes.length, settled, faults]).toEqual([128, 500, 1])
  })

  test('SCORE-04: a full book forgets the longest silent peer without a fault', () => {
    const book = new Book()
    book.recordOutcome(peer(0), 'shout', 0, fault)
    for (let n = 1; n <= bounds.peersInBook + 5; n += 1) book.recordOutcome(peer(n), 'shout', n, success)
    expect(book.peers()).toHaveLength(bounds.peersInBook)
    expect(book.recordOf(peer(0)).faults).toBe(1)
    expect(book.settledWith(peer(1))).toBe(0)
    expect(book.settledWith(peer(bounds.peersInBook + 5))).toBe(1)
  })
})

describe('choosing', () => {
  const bid = (price: number, etaMs: number, n = 0): HaggleRecord<'bid'> =>
    sign('bid', peer(n), {
      at: T0,
      task: '1'.repeat(64) as HaggleRecord['id'],
      generation: 1,
      price,
      etaMs,
      validUntil: T0,
      firm: false,
      leaseMs: null,
      nonce: new Uint8Array(16),
      counter: null,
    })

  test('SCORE-05: the lowest price per quality wins, then the earliest eta, then the lowest id', () => {
    const cheap = { bid: bid(10, 9), quality: 300 }
    const better = { bid: bid(20, 9), quality: 900 }
    expect(choose([cheap, better]).winner).toMatchObject({ bid: better.bid.id, score: 22 })
    const fast = { bid: bid(10, 8), quality: 300 }
    expect(choose([cheap, fast]).winner?.bid).toBe(fast.bid.id)
    const twin = { bid: bid(10, 9, 1), quality: 300 }
    const [lowest] = [cheap.bid.id, twin.bid.id].toSorted()
    expect(choose([cheap, twin]).winner?.bid).toBe(lowest)
    expect(choose([]).winner).toBeNull()
  })

  test('SCORE-05: a quality below 100 weighs as 100', () => {
    expect(choose([{ bid: bid(10, 9), quality: 1 }]).winner?.score).toBe(100)
  })

  prop.prop([fc.array(fc.tuple(fc.nat(50), fc.nat(5), fc.nat(1_000)), { minLength: 1, maxLength: 12 })])(
    'the choice does not depend on the order of the bids',
    (rows) => {
      const bids = rows.map(([price, eta, permille], n) => ({ bid: bid(price, eta, n), quality: permille }))
      expect(choose(bids.toReversed())).toEqual(choose(bids))
    },
  )
})

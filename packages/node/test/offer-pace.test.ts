import type { AgentKey } from '@haggle/protocol'
import { describe, expect, test } from 'vitest'
import { OfferPace } from '../src/offer-pace.ts'
import { Partners } from '../src/partners.ts'

// Keys are only compared here.
const keyOf = (name: string): AgentKey => name.padEnd(64, '0') as AgentKey
const [partner, neighbour, elsewhere, gone] = [keyOf('p'), keyOf('n'), keyOf('e'), keyOf('9')]
const HERE = '192.0.2.1'

/** Peers come from one address, but for those that `places` tells of. */
function pace(places: ReadonlyMap<AgentKey, string | null> = new Map()): OfferPace {
  const partners = new Partners()
  partners.add(partner)
  return new OfferPace({ originOf: (peer) => (places.has(peer) ? (places.get(peer) ?? null) : HERE) }, partners)
}

/** Offers that new keys get taken in so many seconds in which they bring 5,000 each, a hundred keys unless told. */
function flood(
  offers: OfferPace,
  seconds: number,
  keys = Array.from({ length: 100 }, (_, n) => keyOf(`f${n}-`)),
): number {
  let taken = 0
  for (let n = 0; n < 5_000 * seconds; n += 1) if (offers.take(keys[n % keys.length] ?? gone, n / 5) === 0) taken += 1
  return taken
}

test('NET-74: a hundred keys of one address get no more offers taken than the pace of one address', () => {
  // Two at once of each key and one a second, and what all have together.
  expect(flood(pace(), 1)).toBeLessThanOrEqual(256 + 100 + 100 * 3)
  expect(flood(pace(), 10)).toBeLessThanOrEqual(256 + 1_000 + 100 * 12)
})

test('NET-74: what sixty agents of one machine offer is taken as it comes', () => {
  const offers = pace()
  const taken = Array.from({ length: 6_000 }, (_, n) => offers.take(keyOf(`h${n % 60}-`), n * 100))
  expect(taken.every((waitMs) => waitMs === 0)).toBe(true)
})

test('NET-74: what one agent may have on a board is taken at once', () => {
  const offers = pace()
  expect(Array.from({ length: 256 }, () => offers.take(neighbour, 0)).every((waitMs) => waitMs === 0)).toBe(true)
})

test('NET-74: a flood from one address slows down neither partners there nor strangers elsewhere', () => {
  const offers = pace(new Map([[elsewhere, '192.0.2.2']]))
  flood(offers, 2)
  const at = 1_999.9
  expect([keyOf('f0-'), partner, elsewhere].map((key) => offers.isOver(key, at))).toEqual([true, false, false])
  const taken = Array.from({ length: 100 }, () => [partner, elsewhere].map((key) => offers.take(key, at)))
  expect(taken.flat().every((waitMs) => waitMs === 0)).toBe(true)
})

test('NET-74: a neighbour of a flood that asks for the first time is heard', () => {
  const offers = pace()
  flood(offers, 2)
  const at = 1_999.9
  expect(offers.isOver(neighbour, at)).toBe(false)
  expect([1, 2].map(() => offers.take(neighbour, at))).toEqual([0, 0])
  expect(offers.isOver(neighbour, at)).toBe(true)
  // Who has to wait does not look again for every single place that becomes free.
  expect(offers.take(neighbour, at)).toBe(250)
  expect([offers.isOver(neighbour, at + 250), offers.take(neighbour, at + 250)]).toEqual([false, 0])
})

test('NET-74: what somebody offered who is gone is waited for no more, but the few that anybody may bring are taken', () => {
  const offers = pace(new Map([[gone, null]]))
  expect([1, 2, 3].map(() => offers.take(gone, 0))).toEqual([0, 0, 'gone'])
  expect(offers.isOver(gone, 0)).toBe(true)
})

test('NET-74: where nobody can tell from where a peer comes there is no pace', () => {
  const offers = new OfferPace({}, new Partners())
  expect(flood(offers, 1)).toBe(5_000)
  expect(offers.isOver(neighbour, 1_000)).toBe(false)
})

describe('a flood from a hundred addresses', () => {
  const keys = Array.from({ length: 100 }, (_, n) => keyOf(`f${n}-`))
  const places = new Map([...keys, elsewhere].map((key, n) => [key, `192.0.2.${n}`]))

  test('NET-75: gets no more taken than a peer that passes it all on may bring without being let go', () => {
    for (const seconds of [1, 2, 10]) {
      const taken = flood(pace(places), seconds, keys)
      expect(taken).toBeLessThanOrEqual(1_024 + 500 * seconds + 100 * (2 + seconds))
      // NET-60: who takes that at the pace of one address, and forgives 500 in a second, has less than 2,000 to hold against it.
      expect(taken - (256 + 100 * seconds) - 500 * seconds).toBeLessThan(2_000)
    }
  })

  test('NET-75: costs nobody the pace of its own address, nor partners anything', () => {
    const offers = pace(places)
    flood(offers, 2, keys)
    const at = 1_999.9
    expect(Array.from({ length: 300 }, () => offers.take(elsewhere, at)).filter((waitMs) => waitMs === 0)).toHaveLength(
      2,
    )
    expect([offers.isOver(elsewhere, at), offers.isOver(partner, at)]).toEqual([true, false])
    const taken = Array.from({ length: 300 }, () => offers.take(elsewhere, at + 1_000)).filter((waitMs) => waitMs === 0)
    expect(taken).toHaveLength(256 + 1)
  })
})

import { describe, expect, test } from 'vitest'
import type { HaggleRecord } from '@haggle/protocol'
import { Bench, mallory } from '../bench/bench.ts'
import { codeOf, type Hand } from '../bench/hand.ts'
import { Scene } from '../bench/scene.ts'

/** All that two parties hold as evidence of a contract that they settled. */
function settledEvidence(): readonly HaggleRecord[] {
  const scene = new Scene()
  scene.settled()
  scene.bench.pass(2_000)
  return [...scene.requester.engine.evidence().records()]
}

/** An agent that has heard of nobody: the third of its bench, so that it has the key of neither party. */
function newcomer(): Hand {
  const bench = new Bench()
  bench.hand()
  bench.hand()
  return bench.hand()
}

function give(hand: Hand, records: readonly HaggleRecord[]): string[] {
  const inOrder = [...records].toSorted((a, b) => Number(b.type === 'award') - Number(a.type === 'award'))
  return inOrder.map((record) => codeOf(hand.command({ kind: 'evidence', record })))
}

describe('evidence that our own user gives us', () => {
  const records = settledEvidence()

  test('is taken of whomever it is, though a peer that sent it would be told that it is of no interest', () => {
    const hand = newcomer()
    const award = records.find(({ type }) => type === 'award')
    if (award === undefined) throw new Error('there is a contract')
    expect(codeOf(hand.record(mallory, award))).toBe('record/not-for-us')
    expect(hand.engine.evidence().size).toBe(0)
    expect(new Set(give(hand, records))).toEqual(new Set(['ok']))
    expect([...hand.engine.evidence().records()]).toEqual(records)
  })

  test('is taken once, and still held after a restart', () => {
    const hand = newcomer()
    give(hand, records)
    expect(new Set(give(hand, records))).toEqual(new Set(['record/held']))
    const { digest } = hand.engine.evidence()
    hand.restart()
    expect(hand.engine.evidence().digest).toBe(digest)
  })

  test('waits for the award of its contract, and what proves nothing is refused', () => {
    const hand = newcomer()
    const closing = records.filter(({ type }) => type === 'closing')
    expect(new Set(give(hand, closing))).toEqual(new Set(['entry/parked']))
    give(
      hand,
      records.filter(({ type }) => type === 'award'),
    )
    expect(hand.engine.evidence().size).toBeGreaterThan(closing.length)
    const scene = new Scene()
    scene.bench.deliver()
    const advert = scene.worker.sent.find(({ record }) => record.type === 'advert')?.record
    if (advert === undefined) throw new Error('it serves')
    expect(give(hand, [advert])).toEqual(['record/not-for-us'])
  })
})

import { expect, test } from 'vitest'
import { Ledger } from '../../src/evidence/ledger.ts'
import { epochOfRecord } from '../../src/evidence/place.ts'
import { Bench } from '../bench/bench.ts'
import type { Hand } from '../bench/hand.ts'
import { ACK, idOf, jobAt, result, SKILL } from '../bench/scene.ts'

const MINUTE = 60_000
/** Longer than agents wait before they compare their evidence again, and count in what their own contracts add. */
const ROUND = MINUTE + 2_000

function settle(bench: Bench, requester: Hand, worker: Hand): void {
  const task = idOf(requester.command({ kind: 'offer', job: jobAt(bench) }))
  bench.deliver()
  worker.command({ kind: 'bid', task, generation: 1, price: 1_000_000, etaMs: 1_000, leaseMs: null })
  // Also where others are listened for first, it is opened by then.
  bench.pass(5 * ACK)
  const contract = requester.newest('award').id
  worker.command({ kind: 'deliver', contract, milestone: 0, resultHash: result, size: 1, mediaType: null })
  bench.deliver()
  requester.command({ kind: 'approve', contract, milestone: 0 })
  bench.deliver()
}

/** What each of them holds, and what follows from that for somebody who trusts the first of them. */
function digests(hands: readonly Hand[]): ReadonlySet<string> {
  const [root] = hands
  return new Set(
    hands.map(({ engine }) => {
      const records = [...engine.evidence().records()]
      const viewer = new Ledger(root === undefined ? [] : [root.key], () => true)
      for (const record of records) viewer.admit(record, epochOfRecord(record))
      return `${engine.evidence().digest} ${viewer.scores(epochOfRecord(records[0] ?? fail())).digest()}`
    }),
  )
}

function fail(): never {
  throw new TypeError('everybody holds something')
}

test('EVI-14 EVI-21: halves that each settled contracts for ten minutes while they were split have one evidence and one score digest within three rounds', () => {
  const bench = new Bench()
  const hands = Array.from({ length: 8 }, () => bench.hand())
  bench.meet(...hands)
  for (const hand of hands) hand.serve(SKILL)
  bench.deliver()
  const halves = [hands.slice(0, 4), hands.slice(4)]
  const [left = [], right = []] = halves
  for (const one of left) for (const other of right) bench.part(one, other)
  for (let minute = 0; minute < 10; minute += 1) {
    for (const [side, half] of halves.entries()) {
      // Every agent hires every other one of its half, and one half does less than the other.
      const [requester, worker] = [half[minute % 4], half[(minute + 1 + side) % 4]]
      if (requester === undefined || worker === undefined || (side === 1 && minute > 7)) continue
      settle(bench, requester, worker)
    }
    bench.pass(MINUTE)
  }
  expect(digests([...left, ...right]).size).toBeGreaterThan(1)
  const held = (hand: Hand): number => hand.engine.evidence().size
  for (const one of left) for (const other of right) bench.meet(one, other)
  let rounds = 0
  while (digests(hands).size > 1 && rounds < 10) {
    bench.pass(ROUND)
    rounds += 1
  }
  expect(rounds).toBeLessThanOrEqual(3)
  // Ten contracts and eight, of five records each.
  expect(hands.map(held)).toEqual(Array(8).fill(90))
})

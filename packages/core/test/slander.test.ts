import { expect, test } from 'vitest'
import { protocolParams, type AgentKey, type HaggleRecord, type RecordId } from '@haggle/protocol'
import { factsOf } from '../src/judge/facts.ts'
import type { JudgePorts } from '../src/judge/verdict.ts'
import { computeScores, type Scores } from '../src/score/scores.ts'
import { Bench, strangers } from './bench/bench.ts'
import { offerOf } from './bench/forge.ts'
import { Case, requester, sign, T0, worker as victim } from './contract-case.ts'

const SLANDERERS = 50
const OFFERS = 10_000

const ports: JudgePorts = { checkResult: () => ({ kind: 'unknown' }), payload: () => undefined }
const epoch = Math.floor(T0 / protocolParams.epochMs)
const scoresOf = (records: readonly HaggleRecord[]): Scores =>
  computeScores(factsOf(records, ports), [requester], protocolParams, epoch)
const numbersOf = (scores: Scores): readonly (number | boolean)[] => [
  ...[scores.capacity(victim), scores.rank(victim), scores.debt(victim), scores.exposure(victim)],
  ...[scores.quality(victim, null), scores.quality(victim, 'shout'), scores.isTombstoned(victim)],
]

test('ten thousand unanswered offers and fifty slanderers leave every number of their victim bit-identical', () => {
  const c = new Case({ stakeWorker: 600_000 }).bind()
  c.put(c.deliver())
  c.put(c.approve())
  for (const party of [requester, victim]) c.closing(party, { end: 'settled', party: null, fault: null }, [c.tip.id])
  const before = scoresOf(c.records)
  expect(numbersOf(before)).toEqual([600_000, expect.any(Number), 0, 0, 533, 533, false])

  const bench = new Bench()
  const slanderers = strangers.slice(0, SLANDERERS)
  const said = slanderers.flatMap((slanderer) => slandersBy(slanderer, c))
  const offers = Array.from({ length: OFFERS }, (_, index) =>
    offerOf(bench, slanderers[index % SLANDERERS] ?? requester, { value: index + 1 }),
  )
  expect(new Set(offers.map(({ id }) => id)).size).toBe(OFFERS)
  const after = scoresOf([...said, ...offers, ...c.records])
  expect(numbersOf(after)).toEqual(numbersOf(before))
  // It is not that nothing was heard: the awards that nobody took are pledges of those who made them.
  expect(slanderers.every((slanderer) => after.exposure(slanderer) > 0)).toBe(true)
})

/** What a key can sign against somebody: an award that was never taken, its timeout, and closings that name a fault. */
function slandersBy(slanderer: AgentKey, c: Case): HaggleRecord[] {
  const award = sign('award', slanderer, { ...c.award.body, task: c.award.id, prev: c.award.id })
  const breach = { end: 'breached', party: victim, fault: 'NO_DELIVERY' } as const
  const closingOf = (contract: RecordId): HaggleRecord<'closing'> =>
    sign('closing', slanderer, {
      ...{ at: T0 + 1_000, chainSeq: 2, chainPrev: award.id, contract, outcome: breach, slash: 600_000 },
      evidence: [contract],
    })
  const timeout = c.timeout(slanderer, 'delivery')
  return [
    award,
    sign('timeout', slanderer, { ...timeout.body, contract: award.id, prev: award.id }),
    timeout,
    closingOf(award.id),
    closingOf(c.award.id),
  ]
}

test('a requester that says its worker never delivered, without a certificate, moves no number either', () => {
  const c = new Case({ stakeWorker: 600_000 }).bind()
  const before = numbersOf(scoresOf(c.records))
  c.put(c.timeout(requester, 'delivery'))
  c.closing(requester, { end: 'breached', party: victim, fault: 'NO_DELIVERY' }, [c.tip.id])
  expect(numbersOf(scoresOf(c.records))).toEqual(before)
})

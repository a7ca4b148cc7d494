import { test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import * as fc from 'fast-check'
import { protocolParams } from '@haggle/protocol'
import { admits } from '../../src/score/admission.ts'
import { computeScores, type Because, type Scores } from '../../src/score/scores.ts'
import type { Facts } from '../../src/score/facts.ts'
import { Random } from '../world/random.ts'
import {
  CREDIT,
  credit,
  EPOCH,
  fault,
  id,
  noFacts,
  pledge,
  randomFacts,
  scoresOf,
  shuffledFacts,
} from './facts-case.ts'
import { agent } from './graph-case.ts'

const SEED = Number(process.env['HAGGLE_SEED'] ?? 1)
const CAP = protocolParams.pairCreditCapMicro

describe('facts', () => {
  test('T-66 REP-01: there is no place for what one side says: fifty slanderers move no bit of anybody’s scores', () => {
    const random = new Random(SEED)
    const facts = randomFacts(random, 12, 60)
    // Everything that a slanderer can sign and that is no proof: none of it is of a kind that facts have.
    expect(Object.keys(noFacts).toSorted()).toEqual(['credits', 'faults', 'pledges', 'tombstones'])
    const grades: readonly Facts['faults'][number]['grade'][] = ['self-proving', 'witnessed']
    // @ts-expect-error An alleged fault is none.
    const alleged: Facts['faults'][number]['grade'] = 'alleged'
    expect(grades).not.toContain(alleged)
    const slandered = {
      ...facts,
      complaints: Array.from({ length: 50 }, (_, n) => ({ by: agent(500 + n), of: agent(3) })),
    }
    expect(scoresOf(slandered).digest()).toBe(scoresOf(facts).digest())
  })

  test('REP-02: approvals of a pair add up as they decay, newer ones first up to the cap', () => {
    const credits = [
      credit(0, 1, 60 * CREDIT, { contract: id(1), epoch: EPOCH }),
      credit(0, 1, 60 * CREDIT, { contract: id(2), epoch: EPOCH - 720 }),
      credit(0, 1, 60 * CREDIT, { contract: id(3), epoch: EPOCH - 1_440 }),
    ]
    expect(scoresOf({ credits }).capacity(agent(1))).toBe(CAP)
    expect(
      scoresOf({ credits })
        .because(agent(1))
        .capacity.credits.map((each) => each.counted / CREDIT),
    ).toEqual([60, 30, 10])
    expect(scoresOf({ credits: credits.slice(1) }).capacity(agent(1))).toBe(45 * CREDIT)
  })

  test('T-75 REP-02: a double counts once, whichever comes first: the smallest credit and slash, the largest pledge', () => {
    const facts: Facts = {
      ...noFacts,
      credits: [credit(0, 1, 9 * CREDIT), credit(0, 1, 8 * CREDIT)],
      faults: [fault(1, 2 * CREDIT), fault(1, CREDIT, { stake: 2 * CREDIT })],
      pledges: [pledge(1, CREDIT), pledge(1, 3 * CREDIT)],
    }
    const turned = {
      ...facts,
      credits: facts.credits.toReversed(),
      faults: facts.faults.toReversed(),
      pledges: facts.pledges.toReversed(),
    }
    for (const scores of [scoresOf(facts), scoresOf(turned)]) {
      expect(scores.capacity(agent(1))).toBe(4 * CREDIT)
      expect(scores.debt(agent(1))).toBe(4 * CREDIT)
      expect(scores.exposure(agent(1))).toBe(3 * CREDIT)
      expect(scores.quality(agent(1), null)).toBe(457)
    }
  })

  test('T-77 REP-02: credit for oneself is none, and credit dated ahead counts when its time has come', () => {
    const credits = [credit(1, 1, CREDIT), credit(0, 1, CREDIT, { epoch: EPOCH + 1 })]
    expect(scoresOf({ credits }).capacity(agent(1))).toBe(0)
    expect(scoresOf({ credits }).quality(agent(1), null)).toBe(300)
    // An agent that others approved of has a rank, with which its own praise of itself would weigh.
    const praised = [credit(0, 1, CREDIT), credit(1, 1, CREDIT)]
    expect(scoresOf({ credits: praised }).quality(agent(1), null)).toBe(533)
    expect(scoresOf({ credits }, [0], EPOCH + 1).capacity(agent(1))).toBe(CREDIT)
    const ahead = { credits: [credit(0, 1, 5 * CREDIT)], faults: [fault(1, CREDIT, { epoch: EPOCH + 9 })] }
    expect(scoresOf(ahead).capacity(agent(1))).toBe(4 * CREDIT)
  })

  test('T-70 REP-04: a fault costs half after 2,880 epochs, a pledge all until its last one or until a fault replaces it', () => {
    const credits = [credit(0, 1, 9 * CREDIT)]
    const faults = [fault(1, 2 * CREDIT, { epoch: EPOCH - 2_880 })]
    expect(scoresOf({ credits, faults }).debt(agent(1))).toBe(CREDIT)
    const pledges = [pledge(1, 3 * CREDIT, { untilEpoch: EPOCH })]
    expect(scoresOf({ credits, pledges }).capacity(agent(1))).toBe(6 * CREDIT)
    expect(scoresOf({ credits, pledges }, [0], EPOCH + 1).exposure(agent(1))).toBe(0)
    const replaced = [fault(1, CREDIT, { contract: pledges[0]?.contract ?? id(0) })]
    expect(scoresOf({ credits, pledges, faults: replaced }).debt(agent(1))).toBe(CREDIT)
  })

  test('REP-02: amounts and epochs that are none are refused', () => {
    const wrong = [-1, 0.5, Number.NaN, 2 ** 53]
    for (const n of wrong) {
      expect(() => scoresOf({ credits: [credit(0, 1, n)] })).toThrow(TypeError)
      expect(() => scoresOf({ credits: [credit(0, 1, 1, { epoch: n })] })).toThrow(TypeError)
      expect(() => scoresOf({ faults: [fault(1, n)] })).toThrow(TypeError)
      expect(() => scoresOf({ pledges: [pledge(1, n)] })).toThrow(TypeError)
      expect(() => scoresOf({}, [0], n)).toThrow(TypeError)
    }
  })
})

describe('quality', () => {
  test('REP-10: own experience counts in full, others’ by their rank, faults in full', () => {
    expect(scoresOf({ credits: [credit(0, 1, CREDIT)] }).quality(agent(1), null)).toBe(533)
    // Agent 1 shares the root's rank with 9 others: 0.15 · 0.85 of all, in 10 parts, is 12 permille of it.
    const many = Array.from({ length: 10 }, (_, n) => credit(0, n + 1, CREDIT))
    const scores = scoresOf({ credits: [...many, credit(1, 300, CREDIT)] })
    expect(scores.because(agent(300)).quality.successes).toMatchObject([{ weight: 12, counted: 12 }])
    expect(scores.quality(agent(300), null)).toBe(304)
    const faulty = scoresOf({ credits: many, faults: [fault(9, CREDIT, { stake: 2 * CREDIT })] })
    expect(faulty.quality(agent(9), null)).toBe(457)
    expect(scoresOf({ faults: [fault(9, 5 * CREDIT, { stake: 0 })] }).quality(agent(9), null)).toBe(200)
  })

  test('REP-10: one skill says nothing about another', () => {
    const scores = scoresOf({
      credits: [credit(0, 1, CREDIT, { skill: 'shout' })],
      faults: [fault(1, CREDIT, { skill: 'count' })],
    })
    expect(['shout', 'count', 'sort', null].map((skill) => scores.quality(agent(1), skill))).toEqual([
      533, 200, 300, 400,
    ])
  })

  const praise = (from: number, to: number): Facts['credits'] =>
    Array.from({ length: 100 }, (_, n) => credit(from, to, 10, { contract: id(n) }))

  test('T-69 REP-11: a friend’s praise counts once, by its rank, a root’s every time', () => {
    const scores = scoresOf({ credits: [credit(0, 1, CREDIT), ...praise(1, 2), ...praise(0, 3)] })
    // The friend has nearly all that the root passes on: 0.15 · 0.85 of all, less what went to agent 3.
    const counted = scores.because(agent(2)).quality.successes.map((each) => each.counted)
    expect(counted).toEqual([127, ...counted.slice(1).map(() => 0)])
    expect(scores.quality(agent(2), null)).toBe(341)
    expect(scores.quality(agent(3), null)).toBe(986)
    // What has decayed of its newest words, older ones fill up, to one whole success of that weight.
    const older = praise(1, 2).map((each) => ({ ...each, epoch: EPOCH - 720 }))
    expect(scoresOf({ credits: [credit(0, 1, CREDIT), ...older] }).quality(agent(2), null)).toBe(341)
  })

  test('REP-10 REP-11: all who are no roots, whoever and however many, add at most one success', () => {
    const random = new Random(SEED)
    for (const friends of [1, 2, 5, 30, 200]) {
      const known = Array.from({ length: friends }, (_, n) => credit(0, n + 1, CREDIT))
      // Everybody praises the same agent without end, and hands the rank round to others who do.
      const among = Array.from({ length: 3 * friends }, (_, n) =>
        credit(1 + random.below(friends), 1 + random.below(friends), CREDIT, { contract: id(50_000 + n) }),
      )
      const all = known.flatMap((_, n) => praise(n + 1, 900))
      const scores = scoresOf({ credits: [...known, ...among, ...all] })
      const said = scores.because(agent(900)).quality.successes.map(({ counted }) => counted)
      expect(said.reduce((sum, counted) => sum + counted, 0)).toBeLessThanOrEqual(1_000)
      expect(scores.quality(agent(900), null)).toBeLessThanOrEqual(533)
      expect(friends > 30 || scores.quality(agent(900), null) > 300).toBe(true)
    }
  })

  test('T-68 REP-10 REP-11: a ring that praises itself has no more weight the more identities it has', () => {
    const ring = (k: number): Facts['credits'] =>
      Array.from({ length: k }, (_, n) =>
        Array.from({ length: 30 }, (__, m) =>
          credit(10 + n, 10 + ((n + 1) % k), CREDIT, { contract: id(100 * n + m) }),
        ),
      ).flat()
    const outside = Array.from({ length: 9 }, (_, n) => credit(0, 1_000 + n, CREDIT))
    const weightOf = (k: number): number => {
      const scores = scoresOf({ credits: [...outside, credit(0, 10, CREDIT), ...ring(k)] })
      const all = Array.from({ length: k }, (_, n) => scores.because(agent(10 + n)).quality.successes)
      return all.flat().reduce((sum, each) => sum + (each.fact.from === agent(0) ? 0 : each.counted), 0)
    }
    // The door lets in 0.15 · 0.85 / 10 of all rank; the ring can make 1/0.15 of what comes in of it.
    const most = (1_000 * 0.85) / 10
    for (const k of [2, 5, 20, 60]) expect(weightOf(k)).toBeLessThanOrEqual(most)
    // It does make nearly that.
    expect(weightOf(2)).toBeGreaterThan(0.9 * most)
  })
})

describe('tombstones', () => {
  test('T-73 REP-12: an agent with two histories has no number, vouches for nobody, and is no root', () => {
    const facts = { credits: [credit(0, 1, 9 * CREDIT), credit(1, 2, 5 * CREDIT), credit(0, 3, CREDIT)] }
    const proof = [id(7), id(8)]
    const scores = scoresOf({ ...facts, tombstones: [{ party: agent(1), proof }] })
    expect([1, 2, 3].map((who) => scores.capacity(agent(who)))).toEqual([0, 0, CREDIT])
    expect([1, 2].map((who) => scores.rank(agent(who)))).toEqual([0, 0])
    expect([1, 2, 3].map((who) => scores.quality(agent(who), null))).toEqual([0, 300, 533])
    expect(scores.because(agent(1)).tombstone?.proof).toEqual(proof)
    expect(scoresOf(facts).capacity(agent(2))).toBe(5 * CREDIT)
    const rootless = scoresOf({ ...facts, tombstones: [{ party: agent(0), proof }] })
    expect([rootless.roots, rootless.capacity(agent(0)), rootless.capacity(agent(1))]).toEqual([[], 0, 0])
  })
})

describe('the digest', () => {
  test(`T-74 REP-13: one evidence set shuffled 1,000 times has one digest, seed ${SEED} (HAGGLE_SEED=n)`, () => {
    const random = new Random(SEED)
    const facts = randomFacts(random, 30, 120)
    const digest = scoresOf(facts, [0, 1]).digest()
    const others = new Set(
      Array.from({ length: 1_000 }, () => scoresOf(shuffledFacts(random, facts), [1, 0, 1]).digest()),
    )
    expect([...others]).toEqual([digest])
  }, 120_000)

  test('REP-13: names every input: another epoch, root, parameter or fact is another digest', () => {
    const facts = randomFacts(new Random(SEED), 20, 60)
    const digests = [
      scoresOf(facts),
      scoresOf(facts, [0], EPOCH + 1),
      scoresOf(facts, [0, 1]),
      scoresOf({ ...facts, faults: facts.faults.slice(1) }),
      computeScores(facts, [agent(0)], { ...protocolParams, creditHops: 3 }, EPOCH),
    ].map((scores) => scores.digest())
    expect(new Set(digests).size).toBe(digests.length)
    const unrelated = { ...protocolParams, panel: 11 }
    expect(computeScores(facts, [agent(0)], unrelated, EPOCH).digest()).toBe(digests[0])
  })
})

describe('because', () => {
  test.prop([fc.nat(), fc.integer({ min: 3, max: 25 }), fc.nat(120)])(
    'REP-07 REP-09 REP-10: the parts of every number add up to it',
    (seed, agents, size) => {
      const scores = scoresOf(randomFacts(new Random(seed), agents, size), [0, 2])
      for (const who of scores.agents) {
        const why = scores.because(who)
        expect(capacityFrom(why)).toBe(scores.capacity(who))
        expect(why.capacity.total).toBe(scores.capacity(who))
        expect(why.rank.restart + total(why.rank.shares, ({ mass }) => mass)).toBe(scores.rank(who))
        expect(why.tombstone === null ? qualityFrom(why) : 0).toBe(scores.quality(who, null))
        expect(total(why.debts, ({ amount }) => amount)).toBe(scores.debt(who))
      }
    },
  )
})

test('REP-05 REP-08 REP-10 REP-14: the worked example of the specification comes out as worked', () => {
  const [V = agent(0), A = agent(1), B = agent(2), C = agent(3), M = agent(4)] = [0, 1, 2, 3, 4].map(agent)
  const scores = scoresOf(
    {
      credits: [
        credit(0, 1, 4 * CREDIT, { epoch: 1_000 }),
        credit(0, 2, 6 * CREDIT, { epoch: 280 }),
        credit(1, 3, 5 * CREDIT, { epoch: 1_000 }),
        credit(2, 3, CREDIT, { epoch: 640 }),
        credit(3, 4, 8 * CREDIT, { epoch: 1_000 }),
      ],
      faults: [fault(4, 2 * CREDIT, { epoch: 1_000 })],
      pledges: [pledge(3, CREDIT / 2, { untilEpoch: 1_010 })],
    },
    [0],
    1_000,
  )
  const of = (number: (who: typeof V) => number): number[] => [V, A, B, C, M].map(number)
  expect(of(scores.capacity)).toEqual([1_000 * CREDIT, 2_250_000, 3_000_000, 2_250_000, 2_250_000])
  expect(of(scores.rank)).toEqual([
    ...[168_884_986_026_394, 82_029_849_744_506, 61_522_386_238_832, 122_019_400_585_837, 103_716_490_497_961],
  ])
  expect(of((who) => scores.quality(who, null))).toEqual([300, 533, 440, 337, 227])
  expect(of(scores.debt)).toEqual([0, 0, 0, CREDIT / 2, 2 * CREDIT])
  const policy = { skill: null, minQuality: 0, newcomerBudget: 0, params: protocolParams }
  expect(admits(scores, C, 2 * CREDIT, policy)).toEqual({ admitted: true, by: 'capacity' })
  expect(admits(scores, C, 2_200_000, policy)).toEqual({ admitted: false, because: 'capacity', most: 2 * CREDIT })
  const { credits, debts } = scores.because(M).capacity
  expect(credits.map(({ fact, counted }) => [fact.from, fact.to, counted])).toEqual([
    [V, A, 4 * CREDIT],
    [B, C, 750_000],
  ])
  expect(debts.map(({ fact, counted }) => [fact.party, counted])).toEqual([
    [C, CREDIT / 2],
    [M, 2 * CREDIT],
  ])
})

function total<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0)
}

function capacityFrom({ capacity }: Because): number {
  const { grant, credits, debts, uncarried } = capacity
  return grant + total(credits, ({ counted }) => counted) - total(debts, ({ counted }) => counted) + uncarried
}

function qualityFrom({ quality }: Because): ReturnType<Scores['quality']> {
  const r = total(quality.successes, ({ counted }) => counted)
  const f = total(quality.faults, ({ counted }) => counted)
  return Math.floor(((r + 600) * 1_000) / (r + f + 2_000))
}

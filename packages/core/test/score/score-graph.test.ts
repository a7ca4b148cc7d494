import { test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import * as fc from 'fast-check'
import { protocolParams } from '@haggle/protocol'
import { scoreGraph } from '../../src/score/score-graph.ts'
import { Random } from '../world/random.ts'
import {
  agent,
  capacityByDefinition,
  creditsOf,
  graphOf,
  randomGraph,
  ranksByDefinition,
  type PlainGraph,
} from './graph-case.ts'

const CAP = protocolParams.pairCreditCapMicro
const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number)

describe('capacity', () => {
  test.prop([fc.nat(), fc.integer({ min: 2, max: 12 }), fc.nat(40), fc.nat(5)])(
    'REP-03 REP-05: is what two largest flows on a matrix differ by, for every agent',
    (seed, agents, edges, hops) => {
      const graph = randomGraph(new Random(seed), agents, edges)
      const found = graphOf(graph, { pairCreditCapMicro: 1_500, creditHops: hops })
      for (const who of numbers(agents)) {
        if (graph.roots.includes(who)) continue
        expect(found.capacity(agent(who))).toBe(capacityByDefinition(graph, who, { hops, cap: 1_500 }))
      }
    },
  )

  test.prop([fc.nat(), fc.integer({ min: 2, max: 20 }), fc.nat(80)])(
    'REP-05: neither the order of edges nor the names of agents move a number',
    (seed, agents, edges) => {
      const random = new Random(seed)
      const graph = randomGraph(random, agents, edges)
      const names = shuffled(random, numbers(agents))
      const name = (who: number): number => names[who] ?? 0
      const renamed = graphOf({
        credits: shuffled(random, graph.credits).map(([from, to, amount]) => [name(from), name(to), amount] as const),
        debts: shuffled(random, graph.debts ?? []).map(([who, amount]) => [name(who), amount] as const),
        roots: graph.roots.toReversed().map(name),
      })
      const found = graphOf(graph)
      for (const who of numbers(agents)) {
        expect(renamed.capacity(agent(name(who)))).toBe(found.capacity(agent(who)))
        expect(renamed.rank(agent(name(who)))).toBe(found.rank(agent(who)))
      }
    },
  )

  test('REP-02: what one agent vouches for another is capped, over all its edges', () => {
    const graph: PlainGraph = {
      roots: [0],
      credits: [...Array.from({ length: 3 }, () => [0, 1, CAP - 1] as const), [1, 2, 7]],
    }
    expect(graphOf(graph).capacity(agent(1))).toBe(CAP)
    expect(graphOf(graph).capacity(agent(2))).toBe(7)
  })

  test('REP-03: an agent five approvals away carries nothing, whoever vouches for it there', () => {
    const chain: PlainGraph = { roots: [0], credits: numbers(6).map((who) => [who, who + 1, 10] as const) }
    expect(numbers(7).map((who) => graphOf(chain).capacity(agent(who)))).toEqual([
      protocolParams.rootCapacityMicro,
      ...[10, 10, 10, 10, 0, 0],
    ])
    expect(graphOf(chain).agents).toHaveLength(5)
  })

  test.prop([fc.nat(), fc.integer({ min: 2, max: 12 }), fc.nat(40)])(
    'REP-03: one more approval never takes capacity from anybody',
    (seed, agents, edges) => {
      const random = new Random(seed)
      const graph = randomGraph(random, agents, edges)
      // Debts may be routed where there was no way before, and then take what others had: without them more is never less.
      const without = { credits: graph.credits, roots: graph.roots }
      const more = {
        ...without,
        credits: [...graph.credits, [random.below(agents), random.below(agents), 500] as const],
      }
      const before = graphOf(without)
      const after = graphOf(more)
      for (const who of numbers(agents)) {
        expect(after.capacity(agent(who))).toBeGreaterThanOrEqual(before.capacity(agent(who)))
      }
    },
  )

  test('REP-06: a root has a capacity of its own, from which its own debts are taken, and nobody else’s', () => {
    const graph: PlainGraph = {
      roots: [0],
      credits: [
        [0, 1, 50],
        [1, 0, 9],
      ],
      debts: [
        [0, 300],
        [1, 20],
      ],
    }
    expect(graphOf(graph).capacity(agent(0))).toBe(protocolParams.rootCapacityMicro - 300)
    expect(graphOf(graph).capacity(agent(1))).toBe(30)
    expect(graphOf({ ...graph, debts: [[0, 2 * protocolParams.rootCapacityMicro]] }).capacity(agent(0))).toBe(0)
  })

  test.prop([fc.nat(), fc.integer({ min: 2, max: 12 }), fc.nat(40)])(
    'REP-07: is the credit over one cut, less the debts behind it, but for what no credit could carry',
    (seed, agents, edges) => {
      const graph = randomGraph(new Random(seed), agents, edges)
      const found = graphOf(graph)
      for (const who of numbers(agents)) {
        const { grant, credits, debts, uncarried } = found.cutOf(agent(who))
        const over = credits.reduce((sum, { amount }) => sum + amount, 0)
        const behind = debts.reduce((sum, { amount }) => sum + amount, 0)
        expect(grant + over - behind + uncarried).toBe(found.capacity(agent(who)))
        expect(uncarried).toBeGreaterThanOrEqual(0)
      }
    },
  )

  test('REP-05: amounts that are none are refused, and sums that would not stay exact', () => {
    const init = { debts: [], roots: [agent(0)], params: protocolParams }
    for (const amount of [-1, 0.5, 2 ** 53, Number.NaN]) {
      const credits = creditsOf({ roots: [], credits: [[0, 1, amount]] })
      expect(() => scoreGraph({ ...init, credits })).toThrow(TypeError)
      expect(() => scoreGraph({ ...init, credits: [], debts: [{ agent: agent(1), amount }] })).toThrow(TypeError)
    }
    const credits = creditsOf({
      roots: [],
      credits: [
        [0, 1, 1],
        [0, 2, 1],
      ],
    })
    const params = { ...protocolParams, pairCreditCapMicro: Number.MAX_SAFE_INTEGER }
    expect(() => scoreGraph({ ...init, credits, params })).toThrow(RangeError)
    expect(() => graphOf({ roots: [0], credits: [] }, { rankMass: 2 ** 51 }).rank(agent(0))).toThrow(RangeError)
  })

  test('REP-05: ways as long as there are agents are followed to their end', () => {
    const agents = 2_000
    const credits = numbers(agents).flatMap((who) => [[0, who + 1, 1] as const, [who + 1, who + 2, 5_000] as const])
    const found = graphOf({ roots: [0], credits, debts: [[agents, 700]] })
    expect(found.capacity(agent(agents))).toBe(agents - 700)
  })

  test('REP-05: debts as large as an amount can be leave every number exact', () => {
    const most = Number.MAX_SAFE_INTEGER
    const graph: PlainGraph = {
      roots: [0],
      credits: [
        [0, 1, 100],
        [1, 2, 60],
        [1, 3, 60],
      ],
      debts: [
        [2, most],
        [2, most],
        [2, most],
      ],
    }
    expect([1, 2, 3].map((who) => graphOf(graph).capacity(agent(who)))).toEqual([40, 0, 40])
    expect(graphOf(graph).cutOf(agent(3))).toMatchObject({ uncarried: 0, grant: 0 })
  })
})

describe('rank', () => {
  test.prop([fc.nat(), fc.integer({ min: 2, max: 15 }), fc.nat(60)])(
    'REP-08: is that of integers of any size, and all of it together never more than there is',
    (seed, agents, edges) => {
      const graph = randomGraph(new Random(seed), agents, edges, 50_000_000)
      const found = graphOf(graph)
      const expected = ranksByDefinition(graph, { hops: 4, cap: CAP })
      let sum = 0
      for (const who of numbers(agents)) {
        expect(BigInt(found.rank(agent(who)))).toBe(expected.get(who) ?? 0n)
        sum += found.rank(agent(who))
      }
      expect(sum).toBeLessThanOrEqual(protocolParams.rankMass)
    },
  )

  test.prop([fc.nat(), fc.integer({ min: 2, max: 12 }), fc.nat(50)])(
    'REP-09: is its restart and what each giver passed on in the last round',
    (seed, agents, edges) => {
      const found = graphOf(randomGraph(new Random(seed), agents, edges))
      for (const who of numbers(agents)) {
        const { restart, shares } = found.rankOf(agent(who))
        expect(restart + shares.reduce((sum, { mass }) => sum + mass, 0)).toBe(found.rank(agent(who)))
      }
    },
  )

  test('REP-08: an agent that approves of somebody new moves nobody but those it approves of', () => {
    const graph: PlainGraph = {
      roots: [0],
      credits: [
        [0, 1, 10],
        [0, 2, 10],
        [1, 3, 5],
      ],
    }
    const before = graphOf(graph)
    const after = graphOf({ ...graph, credits: [...graph.credits, [2, 4, 5]] })
    for (const who of [0, 1, 2, 3]) expect(after.rank(agent(who))).toBe(before.rank(agent(who)))
  })

  test('T-67 REP-08: a group that passes all its rank round among itself gains at most 85 for every 15', () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = new Random(seed)
      const honest = randomGraph(random, 10, 40)
      const doors = numbers(3).map((door) => [random.below(10), 10 + door, 1 + random.below(500)] as const)
      const ring = numbers(30).map((who) => [10 + who, 10 + ((who + 1) % 30), 1_000] as const)
      const found = graphOf({ roots: honest.roots, credits: [...honest.credits, ...doors, ...ring] })
      const group = numbers(30).reduce((sum, who) => sum + found.rank(agent(10 + who)), 0)
      const given = numbers(10).reduce((sum, who) => {
        const out = [...honest.credits, ...doors].filter(([from, to]) => from === who && to !== who)
        const all = out.reduce((total, [, , amount]) => total + amount, 0)
        const theirs = out.filter(([, to]) => to >= 10).reduce((total, [, , amount]) => total + amount, 0)
        return all === 0 ? sum : sum + (found.rank(agent(who)) * theirs) / all
      }, 0)
      // The rest is what the comparison itself rounds.
      expect({ seed, within: group * 15 <= given * 85 + 2 ** 20 }).toEqual({ seed, within: true })
    }
  })
})

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items]
  return items.flatMap(() => left.splice(random.below(left.length), 1))
}

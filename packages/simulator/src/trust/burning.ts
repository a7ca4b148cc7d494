import { scoreGraph } from '@haggle/core'
import { MICRO, protocolParams } from '@haggle/protocol'
import { stream, type Random } from '../random.ts'
import type { Seed } from '../seed.ts'
import { cutOf, naiveCapacity, type FlowEdge } from './baselines/naive-flow.ts'
import { keyOf } from './trader-key.ts'

/** Honest agents who trust each other, and a group of one owner whom some of them trust too. */
export interface BurnGraph {
  readonly edges: readonly FlowEdge[]
  readonly roots: readonly number[]
  readonly group: readonly number[]
  readonly topology: Topology
}

/** What a group burned when each judge is asked anew before every stake. */
export interface BurnResult {
  /** The narrowest cut between roots and group: what honest agents stand for. */
  readonly cut: number
  /** Lost to the group where debts stay routed, and where each identity is judged alone. */
  readonly ours: number
  readonly naive: number
}

const topologies = ['star', 'ring', 'clique', 'chain'] as const
/** How a group's identities praise each other. */
export type Topology = (typeof topologies)[number]

/** What the group claims among itself: as much as it likes. */
const PRAISE = 1_000 * MICRO

/** A random graph with credits of whole credits and a group of 5 to 24 identities. */
export function drawBurnGraph(seed: Seed): BurnGraph {
  const random = stream(seed, 'burn-graph')
  const honest = random.between(8, 20)
  const roots = Array.from({ length: random.between(1, 3) }, (_, root) => root)
  const edges: FlowEdge[] = []
  for (let from = 0; from < honest; from += 1) {
    for (let to = 0; to < honest; to += 1)
      if (from !== to && random.permille(300)) edges.push({ from, to, amount: random.between(1, 20) * MICRO })
  }
  const group = Array.from({ length: random.between(5, 24) }, (_, index) => honest + index)
  for (let count = random.between(1, 6); count > 0; count -= 1)
    edges.push({ from: random.below(honest), to: random.pick(group), amount: random.between(1, 10) * MICRO })
  const topology = random.pick(topologies)
  edges.push(...praiseOf(topology, group))
  return { edges, roots, group, topology }
}

function praiseOf(topology: Topology, group: readonly number[]): FlowEdge[] {
  const both = (a: number, b: number): FlowEdge[] => [
    { from: a, to: b, amount: PRAISE },
    { from: b, to: a, amount: PRAISE },
  ]
  const [first = 0] = group
  const next = (index: number): number => group[(index + 1) % group.length] ?? first
  switch (topology) {
    case 'star':
      return group.slice(1).flatMap((each) => both(first, each))
    case 'ring':
      return group.flatMap((each, index) => both(each, next(index)))
    case 'chain':
      return group.slice(0, -1).flatMap((each, index) => both(each, next(index)))
    case 'clique':
      return group.flatMap((each, index) => group.slice(0, index).flatMap((other) => both(each, other)))
  }
}

/** Burns all that a group can: twice in turn, in an order of its own, first a part of what each identity is trusted with, then all. */
export function burn(seed: Seed, graph: BurnGraph): BurnResult {
  const { edges, roots, group } = graph
  const order = (): Random => stream(seed, 'burn-order')
  return {
    cut: cutOf(edges, roots, group),
    ours: burnAll(group, order(), (debts, peer) => ourCapacity(graph, debts, peer)),
    naive: burnAll(group, order(), (debts, peer) => naiveCapacity(edges, roots, debts, peer)),
  }
}

type CapacityOf = (debts: ReadonlyMap<number, number>, peer: number) => number

function burnAll(group: readonly number[], random: Random, capacityOf: CapacityOf): number {
  const debts = new Map<number, number>()
  let lost = 0
  for (const whole of [false, true]) {
    for (const peer of random.shuffled(group)) {
      const capacity = capacityOf(debts, peer)
      const stake = whole ? capacity : Math.floor((capacity * random.below(1_000)) / 1_000)
      debts.set(peer, (debts.get(peer) ?? 0) + stake)
      lost += stake
    }
  }
  return lost
}

function ourCapacity({ edges, roots }: BurnGraph, debts: ReadonlyMap<number, number>, peer: number): number {
  const graph = scoreGraph({
    credits: edges.map(({ from, to, amount }) => ({ from: keyOf(from), to: keyOf(to), amount })),
    debts: [...debts].map(([agent, amount]) => ({ agent: keyOf(agent), amount })),
    roots: roots.map(keyOf),
    params: protocolParams,
  })
  return graph.capacity(keyOf(peer))
}

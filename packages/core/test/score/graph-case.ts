import { protocolParams, type AgentKey } from '@haggle/protocol'
import type { Credit } from '../../src/score/credit-ball.ts'
import { scoreGraph, type Debt, type GraphParams, type ScoreGraph } from '../../src/score/score-graph.ts'
import type { Random } from '../world/random.ts'

/** A plain graph: credits, debts and roots by small numbers. */
export interface PlainGraph {
  readonly credits: readonly (readonly [from: number, to: number, amount: number])[]
  readonly debts?: readonly (readonly [agent: number, amount: number])[]
  readonly roots: readonly number[]
}

const keys = new Map<number, AgentKey>()

/** A key that sorts like its number. */
export function agent(number: number): AgentKey {
  const known = keys.get(number)
  if (known !== undefined) return known
  // 64 hexadecimal digits, as the brand says.
  const key = number.toString(16).padStart(64, '0') as AgentKey
  keys.set(number, key)
  return key
}

export function creditsOf(graph: PlainGraph): Credit[] {
  return graph.credits.map(([from, to, amount]) => ({ from: agent(from), to: agent(to), amount }))
}

export function graphOf(graph: PlainGraph, params: Partial<GraphParams> = {}): ScoreGraph {
  return scoreGraph({
    credits: creditsOf(graph),
    debts: (graph.debts ?? []).map(([who, amount]): Debt => ({ agent: agent(who), amount })),
    roots: graph.roots.map(agent),
    params: { ...protocolParams, ...params },
  })
}

/** A random graph: each agent gives credit to some others; cycles, doubles and edges to itself included. */
export function randomGraph(random: Random, agents: number, edges: number, most = 1_000): PlainGraph {
  const credits = Array.from(
    { length: edges },
    () => [random.below(agents), random.below(agents), 1 + random.below(most)] as const,
  )
  const debts = Array.from(
    { length: random.below(agents) },
    () => [random.below(agents), 1 + random.below(most)] as const,
  )
  return { credits, debts, roots: Array.from({ length: 1 + random.below(3) }, () => random.below(agents)) }
}

/**
 * Capacity by its definition, word for word: two largest flows on a matrix (by single widened paths, found breadth first), the second
 * with a boundless debt of the agent. Shares nothing with the code that it judges.
 */
export function capacityByDefinition(
  graph: PlainGraph,
  who: number,
  { hops, cap }: { hops: number; cap: number },
): number {
  const near = nearRoots(graph, hops)
  if (!near.has(who)) return 0
  const owed = new Map<number, number>()
  for (const [debtor, amount] of graph.debts ?? []) owed.set(debtor, (owed.get(debtor) ?? 0) + amount)
  return largestFlow(graph, near, new Map(owed).set(who, Infinity), cap) - largestFlow(graph, near, owed, cap)
}

function nearRoots({ credits, roots }: PlainGraph, hops: number): Set<number> {
  const near = new Set(roots)
  for (let hop = 0; hop < hops; hop += 1) {
    const before = new Set(near)
    for (const [from, to] of credits) if (before.has(from)) near.add(to)
  }
  return near
}

function largestFlow(
  { credits, roots }: PlainGraph,
  near: ReadonlySet<number>,
  owed: ReadonlyMap<number, number>,
  cap: number,
): number {
  const left = new Map<string, Map<string, number>>()
  const add = (from: string, to: string, amount: number, most: number): void => {
    const row = left.get(from) ?? new Map<string, number>()
    left.set(from, row.set(to, Math.min(most, (row.get(to) ?? 0) + amount)))
    const back = left.get(to) ?? new Map<string, number>()
    left.set(to, back.set(from, back.get(from) ?? 0))
  }
  // Edges both ways between two agents need a node between, so that one's way back is not taken for the other.
  const pairs = new Map<string, number>()
  for (const [from, to, amount] of credits) {
    if (from === to || !near.has(from) || !near.has(to)) continue
    pairs.set(`${from}>${to}`, Math.min(cap, (pairs.get(`${from}>${to}`) ?? 0) + amount))
  }
  for (const [pair, amount] of pairs) {
    const [from = '', to = ''] = pair.split('>')
    add(from, pair, amount, Infinity)
    add(pair, to, amount, Infinity)
  }
  for (const root of new Set(roots)) add('source', String(root), Infinity, Infinity)
  // A root's own debts come straight from the source and take nothing from anybody.
  for (const [debtor, amount] of owed) if (!roots.includes(debtor)) add(String(debtor), 'sink', amount, Infinity)
  let flow = 0
  for (;;) {
    const came = new Map<string, string>([['source', '']])
    for (const node of came.keys()) {
      for (const [to, room] of left.get(node) ?? []) if (room > 0 && !came.has(to)) came.set(to, node)
    }
    if (!came.has('sink')) return flow
    let width = Infinity
    for (let to = 'sink'; to !== 'source'; to = came.get(to) ?? '') {
      width = Math.min(width, left.get(came.get(to) ?? '')?.get(to) ?? 0)
    }
    for (let to = 'sink'; to !== 'source'; to = came.get(to) ?? '') {
      const from = came.get(to) ?? ''
      left.get(from)?.set(to, (left.get(from)?.get(to) ?? 0) - width)
      left.get(to)?.set(from, (left.get(to)?.get(from) ?? 0) + width)
    }
    flow += width
  }
}

/** The ranking in integers of any size, from the text of the specification. */
export function ranksByDefinition(
  graph: PlainGraph,
  { hops, cap }: { hops: number; cap: number },
): Map<number, bigint> {
  const near = nearRoots(graph, hops)
  const roots = [...new Set(graph.roots)]
  const amounts = new Map<number, Map<number, bigint>>()
  for (const [from, to, amount] of graph.credits) {
    if (from === to || !near.has(from) || !near.has(to)) continue
    const row = amounts.get(from) ?? new Map<number, bigint>()
    const sum = (row.get(to) ?? 0n) + BigInt(amount)
    amounts.set(from, row.set(to, sum > BigInt(cap) ? BigInt(cap) : sum))
  }
  const all = 2n ** 50n
  const restart = (all - (all * 85n) / 100n) / BigInt(roots.length)
  let ranks = new Map([...near].map((who) => [who, roots.includes(who) ? restart : 0n]))
  for (let round = 0; round < 40; round += 1) {
    const next = new Map([...near].map((who) => [who, roots.includes(who) ? restart : 0n]))
    for (const [from, row] of amounts) {
      const given = [...row.values()].reduce((sum, amount) => sum + amount, 0n)
      const passing = ((ranks.get(from) ?? 0n) * 85n) / 100n
      for (const [to, amount] of row) {
        const share = (amount * 2n ** 26n) / given
        next.set(to, (next.get(to) ?? 0n) + (passing * share) / 2n ** 26n)
      }
    }
    ranks = next
  }
  return ranks
}

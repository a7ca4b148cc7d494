/** Credit of one peer with another; several edges of a pair add up. */
export interface FlowEdge {
  readonly from: number
  readonly to: number
  readonly amount: number
}

/**
 * The largest flow from the sources to one sink, by shortest augmenting paths (J. Edmonds, R. Karp, 1972). Integers in, integer
 * out; what a source or the sink is given by others changes nothing.
 */
export function maxFlow(edges: readonly FlowEdge[], sources: readonly number[], sink: number): number {
  if (sources.includes(sink)) return 0
  const residual = new Map<number, Map<number, number>>()
  const add = (from: number, to: number, amount: number): void => {
    const row = residual.get(from) ?? new Map<number, number>()
    residual.set(from, row)
    row.set(to, (row.get(to) ?? 0) + amount)
  }
  for (const { from, to, amount } of edges) {
    add(from, to, amount)
    add(to, from, 0)
  }
  let total = 0
  for (;;) {
    const cameFrom = shortestPath(residual, sources, sink)
    if (cameFrom === null) return total
    const path = edgesOf(cameFrom, sink)
    const amount = Math.min(...path.map(([from, to]) => residual.get(from)?.get(to) ?? 0))
    for (const [from, to] of path) {
      add(from, to, -amount)
      add(to, from, amount)
    }
    total += amount
  }
}

/** Who each peer was reached from, or null when the sink cannot be reached. */
function shortestPath(
  residual: ReadonlyMap<number, ReadonlyMap<number, number>>,
  sources: readonly number[],
  sink: number,
): ReadonlyMap<number, number> | null {
  const cameFrom = new Map<number, number>()
  const reached = new Set(sources)
  const queue = [...sources]
  for (const peer of queue) {
    for (const [other, amount] of residual.get(peer) ?? []) {
      if (amount === 0 || reached.has(other)) continue
      reached.add(other)
      cameFrom.set(other, peer)
      if (other === sink) return cameFrom
      queue.push(other)
    }
  }
  return null
}

function edgesOf(cameFrom: ReadonlyMap<number, number>, sink: number): (readonly [from: number, to: number])[] {
  const path: (readonly [from: number, to: number])[] = []
  let to = sink
  for (let from = cameFrom.get(to); from !== undefined; from = cameFrom.get(to)) {
    path.push([from, to])
    to = from
  }
  return path
}

/** The narrowest cut between the sources and a group, whatever its members give each other. */
export function cutOf(edges: readonly FlowEdge[], sources: readonly number[], group: readonly number[]): number {
  const members = new Set(group)
  const together = -1
  const joined = edges
    .filter(({ from, to }) => !members.has(from) || !members.has(to))
    .map(({ from, to, amount }) => ({
      ...{ from: members.has(from) ? together : from, to: members.has(to) ? together : to, amount },
    }))
  return maxFlow(joined, sources, together)
}

/**
 * What a viewer entrusts to a peer when each identity is judged alone: the credit that reaches it, less what it lost itself. The
 * debts of others are not routed, so the same credit stands good for every identity that it reaches.
 */
export function naiveCapacity(
  edges: readonly FlowEdge[],
  sources: readonly number[],
  debts: ReadonlyMap<number, number>,
  peer: number,
): number {
  return Math.max(0, maxFlow(edges, sources, peer) - (debts.get(peer) ?? 0))
}

/** One directed edge of a flow network, between nodes by number. */
export interface Arc {
  readonly from: number
  readonly to: number
  readonly capacity: number
}

/** The shape of a flow network; its residual capacities stand apart, so that one shape serves many questions. */
export interface FlowNetwork {
  readonly nodes: number
  /** Arcs of node n stand at first[n] up to first[n + 1]; every arc has its twin the other way. */
  readonly first: Int32Array
  readonly to: Int32Array
  readonly twin: Int32Array
  /** Capacities before anything flows. Integers in doubles: exact, since all of them together stay below 2^53. */
  readonly capacity: Float64Array
}

/** Lays out a network on typed arrays. */
export function flowNetwork(nodes: number, arcs: readonly Arc[]): FlowNetwork {
  const first = new Int32Array(nodes + 1)
  for (const { from, to } of arcs) {
    first[from + 1] = (first[from + 1] ?? 0) + 1
    first[to + 1] = (first[to + 1] ?? 0) + 1
  }
  for (let node = 0; node < nodes; node += 1) first[node + 1] = (first[node + 1] ?? 0) + (first[node] ?? 0)
  const free = first.slice()
  const to = new Int32Array(2 * arcs.length)
  const twin = new Int32Array(2 * arcs.length)
  const capacity = new Float64Array(2 * arcs.length)
  const place = (node: number): number => {
    const at = free[node] ?? 0
    free[node] = at + 1
    return at
  }
  for (const arc of arcs) {
    const there = place(arc.from)
    const back = place(arc.to)
    to[there] = arc.to
    to[back] = arc.from
    twin[there] = back
    twin[back] = there
    capacity[there] = arc.capacity
  }
  return { nodes, first, to, twin, capacity }
}

/** Sends flow through a network: Dinic's algorithm, with paths on a stack of its own, since a hostile graph may be one long chain. */
export class FlowSolver {
  readonly #network: FlowNetwork
  readonly #level: Int32Array
  readonly #queue: Int32Array
  readonly #next: Int32Array
  readonly #path: Int32Array

  constructor(network: FlowNetwork) {
    this.#network = network
    this.#level = new Int32Array(network.nodes)
    this.#queue = new Int32Array(network.nodes)
    this.#next = new Int32Array(network.nodes + 1)
    this.#path = new Int32Array(network.nodes)
  }

  /** Sends as much as there is way for from one node to another; `residual` is changed to what is left. Returns what was sent. */
  send(residual: Float64Array, source: number, target: number): number {
    let sent = 0
    while (this.#layer(residual, source, target)) sent += this.#block(residual, source, target)
    return sent
  }

  /** Which nodes can still be sent something from `source`: 1 for each that can. */
  reachable(residual: Float64Array, source: number): Uint8Array {
    this.#layer(residual, source, -1)
    return Uint8Array.from(this.#level, (level) => (level < 0 ? 0 : 1))
  }

  /** Numbers the nodes by their distance; false when the target cannot be reached. */
  #layer(residual: Float64Array, source: number, target: number): boolean {
    const { first, to } = this.#network
    const level = this.#level.fill(-1)
    const queue = this.#queue
    level[source] = 0
    queue[0] = source
    let end = 1
    for (let begin = 0; begin < end; begin += 1) {
      const node = queue[begin] ?? 0
      const stop = first[node + 1] ?? 0
      const deeper = (level[node] ?? 0) + 1
      for (let arc = first[node] ?? 0; arc < stop; arc += 1) {
        const other = to[arc] ?? 0
        if ((residual[arc] ?? 0) <= 0 || (level[other] ?? 0) >= 0) continue
        level[other] = deeper
        if (other === target) return true
        queue[end] = other
        end += 1
      }
    }
    return false
  }

  /** Fills every shortest way. */
  #block(residual: Float64Array, source: number, target: number): number {
    const { first, to, twin } = this.#network
    const level = this.#level
    const next = this.#next
    const path = this.#path
    next.set(first)
    let sent = 0
    let depth = 0
    let node = source
    for (;;) {
      if (node === target) {
        const amount = this.#fill(residual, depth)
        sent += amount
        // Goes on from before the first arc that is now full.
        const full = path.subarray(0, depth).findIndex((arc) => residual[arc] === 0)
        depth = full
        node = to[twin[path[full] ?? 0] ?? 0] ?? 0
        continue
      }
      const arc = this.#advance(residual, node)
      if (arc >= 0) {
        path[depth] = arc
        depth += 1
        node = to[arc] ?? 0
        continue
      }
      if (depth === 0) return sent
      level[node] = -1
      depth -= 1
      node = to[twin[path[depth] ?? 0] ?? 0] ?? 0
    }
  }

  /** The next arc that leads one layer on; -1 when there is none left. */
  #advance(residual: Float64Array, node: number): number {
    const { first, to } = this.#network
    const level = this.#level
    const stop = first[node + 1] ?? 0
    const deeper = (level[node] ?? 0) + 1
    for (let arc = this.#next[node] ?? 0; arc < stop; arc += 1) {
      if ((residual[arc] ?? 0) > 0 && level[to[arc] ?? 0] === deeper) {
        this.#next[node] = arc
        return arc
      }
    }
    this.#next[node] = stop
    return -1
  }

  /** Sends what the narrowest arc of the path lets through. */
  #fill(residual: Float64Array, depth: number): number {
    const path = this.#path
    let amount = Number.MAX_SAFE_INTEGER
    for (let at = 0; at < depth; at += 1) amount = Math.min(amount, residual[path[at] ?? 0] ?? 0)
    for (let at = 0; at < depth; at += 1) {
      const arc = path[at] ?? 0
      const back = this.#network.twin[arc] ?? 0
      residual[arc] = (residual[arc] ?? 0) - amount
      residual[back] = (residual[back] ?? 0) + amount
    }
    return amount
  }
}

import type { AgentKey, MicroCredits } from '@haggle/protocol'
import { assertAmount, creditBall, type Credit, type CreditBall } from './credit-ball.ts'
import { flowNetwork, FlowSolver, type Arc } from './flow.ts'
import { ranking, type Ranking, type RankParams } from './rank.ts'

/** What an agent owes: slashes, and what it has at risk. */
export interface Debt {
  readonly agent: AgentKey
  readonly amount: MicroCredits
}

/** The parameters that a graph of credits needs; `protocolParams` has them all. */
export interface GraphParams extends RankParams {
  readonly creditHops: number
  readonly pairCreditCapMicro: MicroCredits
  readonly rootCapacityMicro: MicroCredits
}

/** What a graph of credits is made of, in any order; amounts of one pair or agent are added up. */
export interface ScoreGraphInit {
  readonly credits: readonly Credit[]
  readonly debts: readonly Debt[]
  readonly roots: readonly AgentKey[]
  readonly params: GraphParams
}

/** Why a capacity is what it is: credit over the narrowest cut around the agent, less the debts that came through it. */
export interface Cut {
  /** Pairs of giver and receiver over which all further credit would have to come. */
  readonly credits: readonly Credit[]
  /** Debts of agents behind the cut, each at most the credit that its agent was given: no more could ever be routed. */
  readonly debts: readonly Debt[]
  /** How much of those debts no credit could carry, so that it takes nothing away. */
  readonly uncarried: MicroCredits
  /** What a root has by being one. */
  readonly grant: MicroCredits
}

/** What came to an agent's rank from another. */
export interface RankShare {
  readonly from: AgentKey
  readonly mass: number
}

/** Numbers of agents in a graph of credits and debts; agents that it does not reach have none. */
export interface ScoreGraph {
  /** Agents that the roots reach, sorted by raw key. */
  readonly agents: readonly AgentKey[]
  /** REP-05: how much more a viewer with these roots can lose through this agent. */
  readonly capacity: (agent: AgentKey) => MicroCredits
  /** REP-08: mass out of `rankMass`. */
  readonly rank: (agent: AgentKey) => number
  /** REP-07: grant + credits - debts + uncarried is the capacity. */
  readonly cutOf: (agent: AgentKey) => Cut
  /** REP-09: what begins anew at this agent and what others pass on to it: together its rank. */
  readonly rankOf: (agent: AgentKey) => { readonly restart: number; readonly shares: readonly RankShare[] }
}

/**
 * Capacities and ranks over a plain graph of integers. Throws `TypeError` on what is no amount, and `RangeError` where sums would not
 * stay exact.
 */
export function scoreGraph({ credits, debts, roots, params }: ScoreGraphInit): ScoreGraph {
  if (credits.length * params.pairCreditCapMicro > Number.MAX_SAFE_INTEGER) {
    throw new RangeError('the sum of these credits would not stay exact')
  }
  const ball = creditBall(credits, roots, params)
  const flow = new CreditFlow(ball, debtsIn(ball, debts), params.rootCapacityMicro)
  let ranks: Ranking | null = null
  const ranksNow = (): Ranking => (ranks ??= ranking(ball, params))
  return {
    agents: ball.agents,
    capacity: (agent) => flow.capacity(ball.number.get(agent)),
    rank: (agent) => ranksNow().rank[ball.number.get(agent) ?? -1] ?? 0,
    cutOf: (agent) => flow.cutOf(ball.number.get(agent)),
    rankOf: (agent) => {
      const number = ball.number.get(agent)
      if (number === undefined) return { restart: 0, shares: [] }
      const parts = ranksNow().partsOf(number)
      return {
        restart: ranksNow().restartOf(number),
        shares: parts.map(({ from, mass }) => ({ from: keyOf(ball, from), mass })),
      }
    },
  }
}

function keyOf({ agents }: CreditBall, number: number): AgentKey {
  const key = agents[number]
  if (key === undefined) throw new RangeError(`agent ${number} is not of this ball`)
  return key
}

/** Debts by number; a sum that would leave the integers stays at the largest. */
function debtsIn({ agents, number }: CreditBall, debts: readonly Debt[]): Float64Array {
  const owed = new Float64Array(agents.length)
  for (const { agent, amount } of debts) {
    assertAmount(amount, 'a debt')
    const at = number.get(agent)
    if (at !== undefined) owed[at] = Math.min(Number.MAX_SAFE_INTEGER, (owed[at] ?? 0) + amount)
  }
  return owed
}

/** A debt above the credit that its agent was given cannot be routed anyway; cut to it, all debts together stay exact. */
function cappedByCredit({ agents, edges }: CreditBall, owed: Float64Array, roots: ReadonlySet<number>): Float64Array {
  const received = new Float64Array(agents.length)
  for (const { to, amount } of edges) received[to] = (received[to] ?? 0) + amount
  return owed.map((amount, agent) => (roots.has(agent) ? amount : Math.min(amount, received[agent] ?? 0)))
}

/** REP-05: the flow of a ball, with every debt kept routed. Asked often: what debts leave is found once, each question begins there. */
class CreditFlow {
  readonly #ball: CreditBall
  readonly #owed: Float64Array
  readonly #rootCapacity: MicroCredits
  readonly #roots: ReadonlySet<number>
  /** Node of each agent: 0, the source, is all roots together; the sink comes last. */
  readonly #node: Int32Array
  readonly #solver: FlowSolver
  /** What is left once all debts are routed, and the array in which a question is worked out. */
  readonly #left: Float64Array
  readonly #scratch: Float64Array
  readonly #open: Uint8Array
  readonly #known = new Map<number, MicroCredits>()

  constructor(ball: CreditBall, owed: Float64Array, rootCapacity: MicroCredits) {
    this.#ball = ball
    this.#roots = new Set(ball.roots)
    this.#owed = cappedByCredit(ball, owed, this.#roots)
    this.#rootCapacity = rootCapacity
    this.#node = new Int32Array(ball.agents.length)
    let nodes = 1
    for (let agent = 0; agent < ball.agents.length; agent += 1) {
      if (this.#roots.has(agent)) continue
      this.#node[agent] = nodes
      nodes += 1
    }
    const network = flowNetwork(nodes + 1, this.#arcs(nodes))
    this.#solver = new FlowSolver(network)
    this.#left = network.capacity.slice()
    this.#solver.send(this.#left, 0, nodes)
    this.#open = this.#solver.reachable(this.#left, 0)
    this.#scratch = this.#left.slice()
  }

  capacity(agent: number | undefined): MicroCredits {
    if (agent === undefined) return 0
    if (this.#roots.has(agent)) return Math.max(0, this.#rootCapacity - (this.#owed[agent] ?? 0))
    const node = this.#node[agent] ?? 0
    if (this.#open[node] !== 1) return 0
    const known = this.#known.get(agent)
    if (known !== undefined) return known
    this.#scratch.set(this.#left)
    const found = this.#solver.send(this.#scratch, 0, node)
    this.#known.set(agent, found)
    return found
  }

  cutOf(agent: number | undefined): Cut {
    if (agent === undefined) return { credits: [], debts: [], uncarried: 0, grant: 0 }
    const { agents } = this.#ball
    if (this.#roots.has(agent)) {
      const owed = this.#owed[agent] ?? 0
      const debts = owed === 0 ? [] : [{ agent: keyOf(this.#ball, agent), amount: owed }]
      return { credits: [], debts, uncarried: Math.max(0, owed - this.#rootCapacity), grant: this.#rootCapacity }
    }
    this.#scratch.set(this.#left)
    const total = this.#solver.send(this.#scratch, 0, this.#node[agent] ?? 0)
    // The nodes that can still be reached are the smallest side of a cut that is as narrow as any: the same for every flow.
    const near = this.#solver.reachable(this.#scratch, 0)
    const isNear = (number: number): boolean => near[this.#node[number] ?? 0] === 1
    const credits = this.#ball.edges
      .filter(({ from, to }) => isNear(from) && !isNear(to))
      .map(({ from, to, amount }) => ({ from: keyOf(this.#ball, from), to: keyOf(this.#ball, to), amount }))
    const debts = agents.flatMap((key, number) => {
      const amount = this.#owed[number] ?? 0
      return amount === 0 || isNear(number) ? [] : [{ agent: key, amount }]
    })
    const over = credits.reduce((sum, { amount }) => sum + amount, 0)
    const behind = debts.reduce((sum, { amount }) => sum + amount, 0)
    return { credits, debts, uncarried: total - over + behind, grant: 0 }
  }

  /** Credit between agents, and an arc into the sink for each debt; what flows into a root is back where it came from. */
  #arcs(sink: number): Arc[] {
    const arcs: Arc[] = []
    for (const { from, to, amount } of this.#ball.edges) {
      if (!this.#roots.has(to)) arcs.push({ from: this.#node[from] ?? 0, to: this.#node[to] ?? 0, capacity: amount })
    }
    for (const [agent, owed] of this.#owed.entries()) {
      if (owed > 0 && !this.#roots.has(agent)) {
        arcs.push({ from: this.#node[agent] ?? 0, to: sink, capacity: owed })
      }
    }
    return arcs
  }
}

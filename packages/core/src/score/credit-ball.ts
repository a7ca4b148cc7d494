import type { AgentKey, MicroCredits } from '@haggle/protocol'

/** What one agent's approvals of another are worth. */
export interface Credit {
  readonly from: AgentKey
  readonly to: AgentKey
  readonly amount: MicroCredits
}

/** One credit edge between agents by number. */
export interface BallEdge {
  readonly from: number
  readonly to: number
  readonly amount: MicroCredits
}

/** The agents that approvals reach from the roots, and all credit among them. */
export interface CreditBall {
  /** Sorted by raw key; an agent's number is its place. */
  readonly agents: readonly AgentKey[]
  readonly number: ReadonlyMap<AgentKey, number>
  /** Numbers of the roots. */
  readonly roots: readonly number[]
  /** Sorted by giver, then by receiver; one edge a pair, each at least 1. */
  readonly edges: readonly BallEdge[]
}

/**
 * REP-03: agents at most `hops` approvals away from a root, with every edge between two of them. The bound is on agents, not on the
 * ways of the flow: so more credit never means less capacity, and a cut is a cut.
 */
export function creditBall(
  credits: readonly Credit[],
  roots: readonly AgentKey[],
  { creditHops, pairCreditCapMicro }: { readonly creditHops: number; readonly pairCreditCapMicro: MicroCredits },
): CreditBall {
  const given = givenBy(credits, pairCreditCapMicro)
  const agents = [...reach(given, roots, creditHops)].toSorted()
  const number = new Map(agents.map((agent, place) => [agent, place]))
  const edges: BallEdge[] = []
  for (const [from, agent] of agents.entries()) {
    for (const [other, amount] of given.get(agent) ?? []) {
      const to = number.get(other)
      if (to !== undefined) edges.push({ from, to, amount })
    }
  }
  return {
    agents,
    number,
    roots: [...new Set(roots)].toSorted().flatMap((root) => number.get(root) ?? []),
    edges: edges.toSorted((a, b) => a.from - b.from || a.to - b.to),
  }
}

/** Throws `TypeError` on what is no amount: these functions are open to callers who parse nothing. */
export function assertAmount(amount: number, what: string): void {
  if (!Number.isSafeInteger(amount) || amount < 0) throw new TypeError(`${what} is not an amount: ${amount}`)
}

/** REP-02: credit by giver and receiver, added up and capped; nobody gives credit to itself. */
function givenBy(credits: readonly Credit[], cap: MicroCredits): Map<AgentKey, Map<AgentKey, MicroCredits>> {
  const given = new Map<AgentKey, Map<AgentKey, MicroCredits>>()
  for (const { from, to, amount } of credits) {
    assertAmount(amount, 'a credit')
    if (amount === 0 || from === to) continue
    const row = given.get(from) ?? new Map<AgentKey, MicroCredits>()
    if (!given.has(from)) given.set(from, row)
    const before = row.get(to) ?? 0
    row.set(to, amount >= cap - before ? cap : before + amount)
  }
  return given
}

function reach(
  given: ReadonlyMap<AgentKey, ReadonlyMap<AgentKey, MicroCredits>>,
  roots: readonly AgentKey[],
  hops: number,
): Set<AgentKey> {
  const reached = new Set(roots)
  let edge: readonly AgentKey[] = [...reached]
  for (let hop = 0; hop < hops && edge.length > 0; hop += 1) {
    const beyond: AgentKey[] = []
    for (const agent of edge) {
      for (const other of given.get(agent)?.keys() ?? []) {
        if (reached.has(other)) continue
        reached.add(other)
        beyond.push(other)
      }
    }
    edge = beyond
  }
  return reached
}

import { encodeCanonical, sha256Of, toHex, type AgentKey, type Cbor, type MicroCredits } from '@haggle/protocol'
import type { Facts, PledgeFact, TombstoneFact } from './facts.ts'
import { scoreGraph, type GraphParams, type RankShare, type ScoreGraph } from './score-graph.ts'
import { sumOf, tally, type CreditPart, type DebtPart, type PairCredit, type Tally, type TallyParams } from './tally.ts'
import { weighedQuality, type QualityParams, type WeighedQuality } from './weighed-quality.ts'

/** Every parameter that a score depends on; `protocolParams` has them all. */
export interface ScoreParams extends GraphParams, QualityParams, TallyParams {}

/** The facts behind every number of one agent, with what each adds: the sum of the parts is the number. */
export interface Because {
  readonly agent: AgentKey
  /** Both signatures are behind these ids; then capacity, rank and quality are 0 whatever else there is. */
  readonly tombstone: TombstoneFact | null
  /** REP-07: grant + the `counted` of all credits - the `counted` of all debts + uncarried. */
  readonly capacity: {
    readonly total: MicroCredits
    readonly grant: MicroCredits
    readonly credits: readonly CreditPart[]
    readonly debts: readonly (DebtPart & { readonly counted: MicroCredits })[]
    readonly uncarried: MicroCredits
  }
  /** REP-09: the restart and all shares. */
  readonly rank: { readonly total: number; readonly restart: number; readonly shares: readonly RankShare[] }
  readonly quality: WeighedQuality
  /** What the agent itself owes, of which the pledges are its exposure. */
  readonly debts: readonly DebtPart[]
}

/** Numbers that everybody computes alike from the same facts, roots and parameters at the same epoch. */
export interface Scores {
  readonly epoch: number
  readonly params: ScoreParams
  /** Those that no tombstone bars, sorted by raw key. */
  readonly roots: readonly AgentKey[]
  /** Everybody who is a root or named by a fact, sorted by raw key. */
  readonly agents: readonly AgentKey[]
  readonly capacity: (agent: AgentKey) => MicroCredits
  readonly rank: (agent: AgentKey) => number
  /** Permille, for one skill or over all; a stranger has the prior. */
  readonly quality: (agent: AgentKey, skill: string | null) => number
  /** What an agent has at stake in contracts that are not over, by the id of the contract. */
  readonly pledges: (agent: AgentKey) => readonly PledgeFact[]
  /** The sum of those stakes. */
  readonly exposure: (agent: AgentKey) => MicroCredits
  /** Decayed slashes and exposure together. */
  readonly debt: (agent: AgentKey) => MicroCredits
  readonly isTombstoned: (agent: AgentKey) => boolean
  readonly because: (agent: AgentKey, skill?: string | null) => Because
  /** REP-13: SHA-256 over parameters, roots, epoch and every number, in hexadecimal. Asks every capacity: for comparing, not for each choice. */
  readonly digest: () => string
}

/** What all answers are found in. */
interface Ledger {
  readonly counted: Tally
  readonly graph: ScoreGraph
  readonly epoch: number
  readonly params: ScoreParams
  readonly roots: readonly AgentKey[]
  readonly isRoot: (agent: AgentKey) => boolean
  readonly received: ReadonlyMap<AgentKey, readonly PairCredit[]>
  readonly pair: ReadonlyMap<string, PairCredit>
}

/**
 * REP-13: the scores of everybody, from facts in any order. The viewer is its roots: its own key and the anchors it trusts. Throws
 * `TypeError` on amounts and epochs that are no safe integers from 0 on.
 */
export function computeScores(facts: Facts, roots: readonly AgentKey[], params: ScoreParams, epoch: number): Scores {
  const ledger = ledgerOf(facts, roots, params, epoch)
  const { counted, graph } = ledger
  const qualities = new Map<string, number>()
  const quality = (agent: AgentKey, skill: string | null): number => {
    const name = skill === null ? agent : `${agent} ${skill}`
    const known = qualities.get(name) ?? qualityOf(ledger, agent, skill).quality
    qualities.set(name, known)
    return known
  }
  const debt = (agent: AgentKey): MicroCredits => sumOf(counted.debts.get(agent) ?? [])
  const pledges = (agent: AgentKey): readonly PledgeFact[] =>
    (counted.debts.get(agent) ?? []).flatMap((part) => (part.kind === 'pledge' ? [part.fact] : []))
  const exposure = (agent: AgentKey): MicroCredits => pledges(agent).reduce((sum, { stake }) => sum + stake, 0)
  const agents = [...new Set([...counted.agents, ...roots])].toSorted()
  let digest: string | null = null
  const numbersOf = (agent: AgentKey): Cbor => [
    ...[agent, graph.capacity(agent), graph.rank(agent), debt(agent), exposure(agent), quality(agent, null)],
    skillsOf(ledger, agent).map((skill) => [skill, quality(agent, skill)]),
  ]
  return {
    ...{ epoch, params, roots: ledger.roots, agents, quality, pledges, exposure, debt },
    capacity: graph.capacity,
    rank: graph.rank,
    isTombstoned: (agent) => counted.tombstones.has(agent),
    because: (agent, skill = null) => because(ledger, agent, skill),
    digest: () => (digest ??= digestOf(params, ledger.roots, epoch, agents.map(numbersOf))),
  }
}

function ledgerOf(facts: Facts, given: readonly AgentKey[], params: ScoreParams, epoch: number): Ledger {
  const counted = tally(facts, params, epoch)
  const { tombstones, pairs } = counted
  // REP-12: an agent with two histories is no part of the graph, be it a root.
  const roots = [...new Set(given)].filter((root) => !tombstones.has(root)).toSorted()
  const standing = pairs.filter(({ from, to }) => !tombstones.has(from) && !tombstones.has(to))
  const graph = scoreGraph({
    credits: standing.map(({ from, to, parts }) => ({
      ...{ from, to },
      amount: parts.reduce((sum, each) => sum + each.counted, 0),
    })),
    debts: [...counted.debts].map(([agent, parts]) => ({ agent, amount: sumOf(parts) })),
    ...{ roots, params },
  })
  const received = new Map<AgentKey, PairCredit[]>()
  for (const pair of standing) {
    const row = received.get(pair.to)
    if (row === undefined) received.set(pair.to, [pair])
    else row.push(pair)
  }
  const rootSet = new Set(roots)
  const pair = new Map(standing.map((each) => [`${each.from} ${each.to}`, each]))
  return { ...{ counted, graph, epoch, params, roots, received, pair }, isRoot: (agent) => rootSet.has(agent) }
}

function qualityOf(ledger: Ledger, agent: AgentKey, skill: string | null): WeighedQuality {
  const { counted, graph, epoch, params, isRoot, received } = ledger
  if (counted.tombstones.has(agent)) return { quality: 0, successes: [], faults: [] }
  return weighedQuality({
    pairs: received.get(agent) ?? [],
    debts: counted.debts.get(agent) ?? [],
    rank: graph.rank,
    ...{ skill, epoch, params, isRoot },
  })
}

/** Skills in which an agent has been approved or at fault, in the order of their code units. */
function skillsOf({ counted, received }: Ledger, agent: AgentKey): string[] {
  const approved = (received.get(agent) ?? []).flatMap(({ parts }) => parts.map(({ fact }) => fact.skill))
  const failed = (counted.debts.get(agent) ?? []).flatMap((part) => (part.kind === 'slash' ? [part.fact.skill] : []))
  return [...new Set([...approved, ...failed])].toSorted()
}

function because(ledger: Ledger, agent: AgentKey, skill: string | null): Because {
  const { counted, graph, pair } = ledger
  const cut = graph.cutOf(agent)
  return {
    agent,
    tombstone: counted.tombstones.get(agent) ?? null,
    capacity: {
      total: graph.capacity(agent),
      grant: cut.grant,
      credits: cut.credits.flatMap(({ from, to }) => pair.get(`${from} ${to}`)?.parts ?? []),
      debts: cut.debts.flatMap((debt) => countedDebts(counted.debts.get(debt.agent) ?? [], debt.amount)),
      uncarried: cut.uncarried,
    },
    rank: { total: graph.rank(agent), ...graph.rankOf(agent) },
    quality: qualityOf(ledger, agent, skill),
    debts: counted.debts.get(agent) ?? [],
  }
}

/** What of an agent's debts counts where they count up to an amount in all, in the order they stand in. */
function countedDebts(
  parts: readonly DebtPart[],
  most: MicroCredits,
): (DebtPart & { readonly counted: MicroCredits })[] {
  let room = most
  return parts.map((part) => {
    const counted = Math.min(room, part.amount)
    room -= counted
    return { ...part, counted }
  })
}

function digestOf(params: ScoreParams, roots: readonly AgentKey[], epoch: number, numbers: readonly Cbor[]): string {
  return toHex(sha256Of(encodeCanonical(['haggle/scores', paramsHash(params), [...roots], epoch, [...numbers]])))
}

/** REP-13: of the parameters that scores depend on, sorted by name; others may differ without moving a number. */
function paramsHash(params: ScoreParams): string {
  const relevant: Record<keyof ScoreParams, number> = {
    creditHalfLifeEpochs: params.creditHalfLifeEpochs,
    creditHops: params.creditHops,
    faultHalfLifeEpochs: params.faultHalfLifeEpochs,
    pairCreditCapMicro: params.pairCreditCapMicro,
    qualityPairSuccesses: params.qualityPairSuccesses,
    qualityPriorSuccess: params.qualityPriorSuccess,
    qualityPriorWeight: params.qualityPriorWeight,
    rankDampingPercent: params.rankDampingPercent,
    rankFullMass: params.rankFullMass,
    rankMass: params.rankMass,
    rankRounds: params.rankRounds,
    rootCapacityMicro: params.rootCapacityMicro,
  }
  return toHex(sha256Of(encodeCanonical(['haggle/score-params', Object.entries(relevant)])))
}

import { mulDiv } from '../contract/integer.ts'
import type { CreditBall } from './credit-ball.ts'

/** An edge's part of what its giver passes on counts in parts of 2^26, so that each product stays exact in a double. */
const SHARE_UNIT = 2 ** 26
const MOST_MASS = 2 ** 50

/** What one agent got of another in the last round. */
export interface RankPart {
  readonly from: number
  readonly mass: number
}

/** Ranks of every agent of a ball, and where each comes from. */
export interface Ranking {
  /** By number; together never more than all the mass there is. */
  readonly rank: Float64Array
  /** What begins anew at this agent: 0 unless it is a root. */
  restartOf(agent: number): number
  /** What came from others in the last round; with the restart exactly the rank. */
  partsOf(agent: number): readonly RankPart[]
}

/** The parameters of a ranking. */
export interface RankParams {
  readonly rankDampingPercent: number
  readonly rankRounds: number
  readonly rankMass: number
}

/**
 * REP-08: personalised PageRank from the roots in integers. Every round each agent passes `rankDampingPercent` of what it has along
 * its edges, by their amounts, each part rounded down; the rest begins anew at the roots. What nobody passes on is lost, so that an
 * agent's rank depends on who approved of it and of them, and on nothing else.
 */
export function ranking(ball: CreditBall, params: RankParams): Ranking {
  const { rankDampingPercent: damping, rankRounds, rankMass } = params
  if (rankMass > MOST_MASS || damping > 100) throw new RangeError('these ranks would not stay exact')
  const count = ball.edges.length
  const from = Int32Array.from(ball.edges, (edge) => edge.from)
  const to = Int32Array.from(ball.edges, (edge) => edge.to)
  const share = sharesOf(ball)
  const restart = new Float64Array(ball.agents.length)
  const passedOn = percentOf(rankMass, damping)
  for (const root of ball.roots) restart[root] = Math.floor((rankMass - passedOn) / ball.roots.length)
  let now = restart.slice()
  let before = now
  for (let round = 0; round < rankRounds; round += 1) {
    const next = restart.slice()
    const passing = now.map((mass) => percentOf(mass, damping))
    for (let edge = 0; edge < count; edge += 1) {
      const other = to[edge] ?? 0
      next[other] = (next[other] ?? 0) + shareOf(passing[from[edge] ?? 0] ?? 0, share[edge] ?? 0)
    }
    before = now
    now = next
  }
  return {
    rank: now,
    restartOf: (agent) => restart[agent] ?? 0,
    partsOf: (agent) =>
      rankRounds === 0
        ? []
        : ball.edges.flatMap((edge, place) =>
            edge.to === agent
              ? [{ from: edge.from, mass: shareOf(percentOf(before[edge.from] ?? 0, damping), share[place] ?? 0) }]
              : [],
          ),
  }
}

/** mass · percent div 100, exact for masses up to 2^50. */
function percentOf(mass: number, percent: number): number {
  const rest = mass % 100
  return ((mass - rest) / 100) * percent + Math.floor((rest * percent) / 100)
}

/** mass · share div 2^26: in two halves, of which neither product reaches 2^53. */
function shareOf(mass: number, share: number): number {
  const low = mass % SHARE_UNIT
  return ((mass - low) / SHARE_UNIT) * share + Math.floor((low * share) / SHARE_UNIT)
}

/** Each edge's part of what its giver gives in all, rounded down. */
function sharesOf({ agents, edges }: CreditBall): Float64Array {
  const given = new Float64Array(agents.length)
  for (const { from, amount } of edges) given[from] = (given[from] ?? 0) + amount
  return Float64Array.from(edges, ({ from, amount }) => mulDiv(amount, SHARE_UNIT, given[from] ?? 1))
}

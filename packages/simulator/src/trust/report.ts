import { burn, drawBurnGraph } from './burning.ts'
import { awardInCrowd, type CrowdResult } from './crowd.ts'
import { estimate, type Estimate } from './estimate.ts'
import { playMarket } from './market/market.ts'
import { usualMarket, type MarketSetting } from './market/setting.ts'
import { betaChoice } from './policies/beta-choice.ts'
import { capacityChoice, loudVoices } from './policies/capacity-choice.ts'
import { eigenTrustChoice } from './policies/eigentrust-choice.ts'
import type { NamedPolicy } from './policies/policy.ts'
import { randomChoice } from './policies/random-choice.ts'
import { slander, type SlanderResult } from './slander.ts'

/** One kind of market, and what each way to choose made of it. */
export interface MarketRow {
  readonly name: string
  readonly cells: readonly MarketCell[]
}

/** Shares in percent over worlds of different seeds. */
export interface MarketCell {
  readonly policy: string
  /** Failed contracts of all contracts. */
  readonly failed: Estimate
  /** Tasks that were left undone. */
  readonly undone: Estimate
  /** Honest newcomers that were given work, where there are any. */
  readonly served: Estimate | null
}

/** Random graphs with a group that burns all it can. */
export interface BurnTable {
  readonly graphs: number
  /** Of them, those in which honest agents trust the group at all. */
  readonly trusted: number
  /** Graphs in which the loss was larger than the honest cut. */
  readonly overCut: number
  /** Largest loss with debts routed, in parts of the cut; smallest and middle one where identities are judged alone. */
  readonly most: number
  readonly naiveLeast: number
  readonly naiveMiddle: number
}

/** Everything that the tables show; the same for the same seeds, on every machine. */
export interface TrustReport {
  readonly firstSeed: number
  readonly seeds: number
  readonly market: readonly MarketRow[]
  readonly burning: BurnTable
  readonly crowds: readonly CrowdResult[]
  readonly slander: SlanderResult
}

/** How much to play. */
export interface TrustReportInit {
  readonly firstSeed: number
  readonly seeds: number
  readonly graphs: number
  /** Told of each row when it is done. */
  readonly onRow?: (row: MarketRow) => void
}

const policies: readonly NamedPolicy[] = [randomChoice, betaChoice, eigenTrustChoice, capacityChoice]
const CAMOUFLAGES = [200, 400, 600, 800, 900, 950]
const CROWD = 60
const CROWD_WORLDS = 5
const SLANDERERS = 50
const UNANSWERED = 10_000

/** Every kind of market that the report plays. */
export const marketKinds: readonly {
  readonly name: string
  readonly setting: MarketSetting
  readonly loud: boolean
}[] = [
  ...[0, 200, 400, 700].map((cheatPermille) => ({
    ...{ name: `${cheatPermille / 10} % cheats`, setting: { ...usualMarket, cheatPermille }, loud: false },
  })),
  ...CAMOUFLAGES.map((camouflagePermille) => ({
    name: `40 % cheats, doing well ${camouflagePermille / 10} % of the time`,
    setting: { ...usualMarket, cheatPermille: 400, camouflagePermille },
    loud: camouflagePermille === 200 || camouflagePermille === 600,
  })),
  {
    name: '40 % cheats, and as many among 20 newcomers',
    setting: { ...usualMarket, cheatPermille: 400, newcomers: 20 },
    loud: false,
  },
  {
    name: '40 % cheats, each back under a new key after a failure',
    setting: { ...usualMarket, cheatPermille: 400, whitewash: true },
    loud: false,
  },
]

/** Plays it all. */
export function trustReport({ firstSeed, seeds, graphs, onRow }: TrustReportInit): TrustReport {
  const market = marketKinds.map(({ name, setting, loud }): MarketRow => {
    const cells = [...policies, ...(loud ? [loudVoices] : [])].map((policy) =>
      marketCell(policy, setting, firstSeed, seeds),
    )
    onRow?.({ name, cells })
    return { name, cells }
  })
  return {
    ...{ firstSeed, seeds, market, burning: burnTable(firstSeed, graphs) },
    crowds: Array.from({ length: CROWD_WORLDS }, (_, index) => awardInCrowd(BigInt(firstSeed + index), CROWD)),
    slander: slander(BigInt(firstSeed), SLANDERERS, UNANSWERED),
  }
}

/** One way to choose in one kind of market, over some seeds. */
export function marketCell(policy: NamedPolicy, setting: MarketSetting, firstSeed: number, seeds: number): MarketCell {
  const results = Array.from({ length: seeds }, (_, index) => playMarket(BigInt(firstSeed + index), setting, policy))
  const percent = (of: (result: (typeof results)[number]) => readonly [number, number]): Estimate =>
    estimate(results.map(of).map(([part, all]) => (100 * part) / Math.max(all, 1)))
  return {
    policy: policy.name,
    failed: percent(({ failed, contracts }) => [failed, contracts]),
    undone: percent(({ tasks, contracts }) => [tasks - contracts, tasks]),
    served: setting.newcomers === 0 ? null : percent(({ newcomers, newcomersServed }) => [newcomersServed, newcomers]),
  }
}

function burnTable(firstSeed: number, graphs: number): BurnTable {
  const burned = Array.from({ length: graphs }, (_, index) => {
    const seed = BigInt(firstSeed + index)
    return burn(seed, drawBurnGraph(seed))
  })
  // Where nobody the roots reach trusts the group there is nothing to burn, and no ratio.
  const trusted = burned.filter(({ cut }) => cut > 0)
  const naive = trusted.map((each) => each.naive / each.cut).toSorted((a, b) => a - b)
  return {
    graphs: burned.length,
    overCut: burned.filter(({ ours, cut }) => ours > cut).length,
    trusted: trusted.length,
    most: trusted.reduce((most, { ours, cut }) => Math.max(most, ours / cut), 0),
    naiveLeast: naive[0] ?? 0,
    naiveMiddle: naive[Math.floor(naive.length / 2)] ?? 0,
  }
}

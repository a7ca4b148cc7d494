/** What a market is like. All ways to choose meet the same markets, drawn from the same seeds. */
export interface MarketSetting {
  readonly agents: number
  /** Honest agents that everybody trusts from the start: the pre-trusted peers of EigenTrust, the roots of ours. */
  readonly anchors: number
  /** Cheats among all agents. */
  readonly cheatPermille: number
  /** How often a cheat does its work all the same. */
  readonly camouflagePermille: number
  /** How often an honest worker fails. */
  readonly mishapPermille: number
  /** In each round every honest agent has one task; what came of it is known to all when the round is over. */
  readonly rounds: number
  readonly skills: number
  /** Skills of an honest agent; a cheat claims all of them. */
  readonly honestSkills: number
  /** Bids that reach a requester at most. */
  readonly bids: number
  /** Contracts of one worker in one round at most. */
  readonly slots: number
  /** Contracts that each cheat feigns with other cheats, each round. */
  readonly praises: number
  /** Prices are drawn evenly between 1,000 less this and 1,000 more. */
  readonly priceSpreadPermille: number
  readonly smallStakeMicro: number
  readonly largeStakeMicro: number
  /** Tasks with the large stake. */
  readonly largePermille: number
  /** Agents that come later, cheats among them as among the others. */
  readonly newcomers: number
  /** The round in which they come. */
  readonly newcomersFrom: number
  /** A cheat that failed comes back under a new key in the next round. */
  readonly whitewash: boolean
}

/** The market of the tables; docs/baselines.md says why each number is what it is. */
export const usualMarket: MarketSetting = {
  agents: 100,
  anchors: 8,
  cheatPermille: 400,
  camouflagePermille: 0,
  mishapPermille: 50,
  rounds: 80,
  skills: 4,
  honestSkills: 2,
  bids: 20,
  slots: 4,
  praises: 2,
  priceSpreadPermille: 100,
  smallStakeMicro: 1_000_000,
  largeStakeMicro: 5_000_000,
  largePermille: 200,
  newcomers: 0,
  newcomersFrom: 40,
  whitewash: false,
}

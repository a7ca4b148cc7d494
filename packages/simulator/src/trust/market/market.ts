import { stream } from '../../random.ts'
import type { Seed } from '../../seed.ts'
import type { NamedPolicy, Policy } from '../policies/policy.ts'
import type { Bid, Deal, Task } from './deal.ts'
import type { MarketSetting } from './setting.ts'
import { drawNewcomers, drawTraders, type Trader } from './trader.ts'

/** What came of one market. */
export interface MarketResult {
  /** Tasks of honest requesters. */
  readonly tasks: number
  /** Of them, awarded. */
  readonly contracts: number
  /** Of those, failed. */
  readonly failed: number
  /** Honest agents that came later, and how many of them were given work. */
  readonly newcomers: number
  readonly newcomersServed: number
}

/**
 * Plays one market. Nobody's dice depend on what a policy chose: tasks, prices and who hears of a task follow from seed, round
 * and requester, and what a worker does follows from seed, worker and how many contracts it had before.
 */
export function playMarket(seed: Seed, setting: MarketSetting, named: NamedPolicy): MarketResult {
  const market = new Market(seed, setting, named)
  for (let round = 0; round < setting.rounds; round += 1) market.play(round)
  return market.result()
}

class Market {
  readonly #seed: Seed
  readonly #setting: MarketSetting
  readonly #policy: Policy
  readonly #traders: Trader[]
  readonly #done = new Map<number, number>()
  #nextKey: number
  #tasks = 0
  #contracts = 0
  #failed = 0

  constructor(seed: Seed, setting: MarketSetting, named: NamedPolicy) {
    this.#seed = seed
    this.#setting = setting
    this.#traders = drawTraders(setting, stream(seed, 'traders'))
    this.#nextKey = setting.agents + setting.newcomers
    const anchors = Array.from({ length: setting.anchors }, (_, key) => key)
    this.#policy = named.create({ anchors, random: stream(seed, 'policy', named.name) })
  }

  play(round: number): void {
    const { newcomers, newcomersFrom, agents } = this.#setting
    if (newcomers > 0 && round === newcomersFrom)
      this.#traders.push(...drawNewcomers(this.#setting, stream(this.#seed, 'newcomers'), agents))
    const deals: Deal[] = this.#praises(round)
    const busy = new Map<number, number>()
    for (const { key } of stream(this.#seed, 'order', round).shuffled(this.#traders.filter(({ honest }) => honest))) {
      const deal = this.#hire(round, key, busy)
      if (deal !== null) deals.push(deal)
    }
    this.#policy.learn(round, deals)
    if (this.#setting.whitewash) this.#renameFailed(deals)
  }

  result(): MarketResult {
    const honest = this.#traders.filter((trader) => trader.newcomer && trader.honest)
    return {
      ...{ tasks: this.#tasks, contracts: this.#contracts, failed: this.#failed, newcomers: honest.length },
      newcomersServed: honest.filter(({ key }) => this.#done.has(key)).length,
    }
  }

  /** One task of one requester, from its bids to its end. */
  #hire(round: number, requester: number, busy: Map<number, number>): Deal | null {
    const { skills, bids, slots, priceSpreadPermille, largePermille, smallStakeMicro, largeStakeMicro } = this.#setting
    const random = stream(this.#seed, 'task', round, requester)
    const skill = random.below(skills)
    const stakeMicro = random.permille(largePermille) ? largeStakeMicro : smallStakeMicro
    const task: Task = { round, requester, skill, stakeMicro }
    const able = this.#traders.filter(
      ({ key, skills: own }) => key !== requester && own.has(skill) && (busy.get(key) ?? 0) < slots,
    )
    const heard = random
      .shuffled(able)
      .slice(0, bids)
      .map(({ key }): Bid => ({ worker: key, price: this.#priceOf(round, key, priceSpreadPermille) }))
    this.#tasks += 1
    const worker = heard.length === 0 ? null : this.#policy.choose(task, heard)
    if (worker === null) return null
    busy.set(worker, (busy.get(worker) ?? 0) + 1)
    const success = this.#work(worker)
    this.#contracts += 1
    this.#failed += success ? 0 : 1
    return { ...task, worker, success }
  }

  #priceOf(round: number, worker: number, spread: number): number {
    return stream(this.#seed, 'price', round, worker).between(1_000 - spread, 1_000 + spread)
  }

  #work(worker: number): boolean {
    const before = this.#done.get(worker) ?? 0
    this.#done.set(worker, before + 1)
    const { camouflagePermille, mishapPermille } = this.#setting
    const honest = this.#traders.some(({ key, honest: is }) => key === worker && is)
    return stream(this.#seed, 'work', worker, before).permille(honest ? 1_000 - mishapPermille : camouflagePermille)
  }

  /** Cheats tell of contracts among themselves, all of them well done. */
  #praises(round: number): Deal[] {
    const random = stream(this.#seed, 'praise', round)
    const cheats = this.#traders.filter(({ honest }) => !honest)
    if (cheats.length < 2) return []
    return cheats.flatMap(({ key }) =>
      Array.from({ length: this.#setting.praises }, (): Deal => {
        const others = cheats.filter((each) => each.key !== key)
        const { key: worker, skills } = random.pick(others)
        const skill = random.pick([...skills])
        return { round, requester: key, worker, skill, stakeMicro: this.#setting.largeStakeMicro, success: true }
      }),
    )
  }

  /** A cheat that failed comes back as somebody nobody knows. */
  #renameFailed(deals: readonly Deal[]): void {
    const failed = new Set(deals.filter(({ success }) => !success).map(({ worker }) => worker))
    this.#traders.forEach((trader, index) => {
      if (trader.honest || !failed.has(trader.key)) return
      this.#traders[index] = { ...trader, key: this.#nextKey }
      this.#nextKey += 1
    })
  }
}

import type { Random } from '../../random.ts'
import type { MarketSetting } from './setting.ts'

/** Somebody in the market, named by the number of its key. */
export interface Trader {
  readonly key: number
  readonly honest: boolean
  /** Came when the market was under way, as somebody new. */
  readonly newcomer: boolean
  readonly skills: ReadonlySet<number>
}

/** Everybody that is there from the start: anchors first, then the other honest ones, then the cheats. */
export function drawTraders(setting: MarketSetting, random: Random): Trader[] {
  const cheats = Math.round((setting.agents * setting.cheatPermille) / 1_000)
  return Array.from({ length: setting.agents }, (_, key) =>
    drawTrader(setting, random, { key, honest: key < setting.agents - cheats, newcomer: false }),
  )
}

/** Those that come later. */
export function drawNewcomers(setting: MarketSetting, random: Random, firstKey: number): Trader[] {
  const cheats = Math.round((setting.newcomers * setting.cheatPermille) / 1_000)
  return Array.from({ length: setting.newcomers }, (_, index) =>
    drawTrader(setting, random, {
      ...{ key: firstKey + index, honest: index < setting.newcomers - cheats, newcomer: true },
    }),
  )
}

function drawTrader(setting: MarketSetting, random: Random, who: Omit<Trader, 'skills'>): Trader {
  const all = Array.from({ length: setting.skills }, (_, skill) => skill)
  const skills = random.shuffled(all).slice(0, who.honest ? setting.honestSkills : setting.skills)
  return { ...who, skills: new Set(skills) }
}

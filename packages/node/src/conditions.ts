import { HaggleError } from '@haggle/protocol'
import type { Command } from '@haggle/core'
import type { AgentInit } from './agent-types.ts'
import { microCredits } from './credits.ts'

/** For whom an agent works and under which terms, as the engine takes it. */
export type Conditions = Pick<
  Extract<Command, { readonly kind: 'serve' }>,
  'allow' | 'maxStake' | 'minPanel' | 'minQuality'
>

/** The most witnesses that sit on a panel. */
const LARGEST_PANEL = 10
const BEST_QUALITY = 1_000

/** What an agent was started with; throws `argument/invalid`. */
export function conditionsOf({ allow, maxStake, minPanel, minQuality }: AgentInit): Conditions {
  return {
    ...(allow === undefined ? {} : { allow }),
    ...(maxStake === undefined ? {} : { maxStake: microCredits(maxStake, 'maxStake') }),
    ...(minPanel === undefined ? {} : { minPanel: panelSize(minPanel, 'minPanel') }),
    ...(minQuality === undefined ? {} : { minQuality: permille(minQuality, 'minQuality') }),
  }
}

/** A number of witnesses; throws `argument/invalid`. */
export function panelSize(value: number, what: string): number {
  return count(value, LARGEST_PANEL, what)
}

/** A quality in permille; throws `argument/invalid`. */
export function permille(value: number, what: string): number {
  return count(value, BEST_QUALITY, what)
}

function count(value: number, most: number, what: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value
  throw new HaggleError('argument/invalid', `${what} is no whole number from 0 to ${most}: ${String(value)}`, {
    next: `Give ${what} as one of them, or leave it out.`,
  })
}

import type { AppRequest, Command } from '@haggle/core'
import type { ByzantineKind } from '../plan/plan.ts'

type Request<K extends AppRequest['kind']> = Extract<AppRequest, { readonly kind: K }>

/** What the application of a cheat does otherwise; null: as everybody. */
export interface Manners {
  /** When it answers an offer, and what it asks: a part of the value in permille. */
  quote(request: Request<'quote'>): { readonly afterMs: number; readonly permille: number } | null
  /** When it hands over what it has done. */
  workMs(request: Request<'work'>, wallMs: number): number | null
  /** What it does instead of the work. */
  instead(request: Request<'work'>): Command | null
}

const none: Manners = { quote: () => null, workMs: () => null, instead: () => null }

/** How an agent of a kind behaves towards its own agent. */
export function mannersOf(kind: ByzantineKind | null): Manners {
  switch (kind) {
    case 'boaster':
      // Cheapest of all, and then it has no time.
      return {
        ...none,
        quote: () => ({ afterMs: 0, permille: 1 }),
        instead: ({ contract }) => ({ kind: 'withdraw', contract, reason: 'too-much' }),
      }
    case 'sniper':
      return {
        ...none,
        quote: ({ terms }) => ({ afterMs: Math.max(0, terms.timers.bidWindowMs - 5), permille: 1 }),
      }
    case 'staller':
      // One ε before the last moment.
      return { ...none, workMs: ({ due, terms }, wallMs) => Math.max(0, due - terms.timers.epsilonMs - wallMs) }
    case 'canceller':
      return {
        ...none,
        quote: () => ({ afterMs: 0, permille: 100 }),
        instead: ({ contract, milestone, terms }) =>
          milestone === terms.milestones.length - 1 ? { kind: 'withdraw', contract, reason: 'enough' } : null,
      }
    default:
      return none
  }
}

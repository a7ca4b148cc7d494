import type { AppRequest, Command } from '@haggle/core'
import type { SealedResult } from '@haggle/node/pure'
import { payloadHashOf } from '@haggle/protocol'
import type { ByzantineKind } from '../plan/plan.ts'
import type { Random } from '../random.ts'

type Request<K extends AppRequest['kind']> = Extract<AppRequest, { readonly kind: K }>

/** Seals a result for the requester of a contract. */
type Sealing = (result: Uint8Array) => SealedResult | null

/** What the application of a cheat does otherwise; null: as everybody. */
export interface Manners {
  /** When it answers an offer, and what it asks: a part of the value in permille. */
  quote(request: Request<'quote'>): { readonly afterMs: number; readonly permille: number } | null
  /** When it hands over what it has done. */
  workMs(request: Request<'work'>, wallMs: number): number | null
  /** What it does instead of the work. */
  instead(request: Request<'work'>): Command | null
  /** What it hands over where a result goes sealed; `seal` is how everybody seals. */
  sealed(result: Uint8Array, seal: Sealing, dice: Random): SealedResult | null
  /** What it says of a result, whatever it is. */
  verdict(request: Request<'review'>, dice: Random): Command | null
}

const none: Manners = {
  ...{ quote: () => null, workMs: () => null, instead: () => null },
  ...{ sealed: (result, seal) => seal(result), verdict: () => null },
}

/** The right key to something that its requester opens in vain: noise, another result, or a key that is wrapped for nobody. */
function spoiled(result: Uint8Array, seal: Sealing, dice: Random): SealedResult | null {
  const way = dice.below(3)
  const sealed = seal(way === 0 ? dice.bytes(result.length) : result)
  if (sealed === null || way === 0) return sealed
  const bytes =
    way === 1 ? dice.bytes(sealed.bytes.length) : sealed.bytes.map((byte, at) => (at < 48 ? byte ^ 85 : byte))
  return { ...sealed, bytes, sealedHash: payloadHashOf(bytes) }
}

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
    case 'seal-spoiler':
      return {
        ...none,
        sealed: (result, seal, dice) => (dice.permille(900) ? spoiled(result, seal, dice) : seal(result)),
      }
    case 'seal-blamer':
      return {
        ...none,
        verdict: ({ contract, index, delivery }, dice) =>
          delivery?.sealedHash != null && dice.permille(900)
            ? { kind: 'reject', contract, milestone: index, reason: 'sealed', note: 'it does not open' }
            : null,
      }
    default:
      return none
  }
}

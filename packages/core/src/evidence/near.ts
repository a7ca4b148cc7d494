import { bounds, type AgentKey } from '@haggle/protocol'
import type { State } from '../state.ts'

/**
 * EVI-05: whose contracts could matter to us: our own, those of anchors, of whomever we hear of in the market, were connected to,
 * or have dealt with. Islands of strangers that praise or accuse each other are none of our business.
 */
export function isNear({ self, met, board, book, ledger }: State, agent: AgentKey): boolean {
  if (agent === self || met.has(agent) || ledger.isRoot(agent)) return true
  return board.advertOf(agent) !== undefined || book.settledWith(agent) > 0
}

/** Whoever was connected once is remembered, the latest longest: who hires and leaves is judged all the same. */
export function meetOnce({ met }: State, agent: AgentKey): void {
  met.delete(agent)
  met.set(agent, true)
  for (const oldest of met.keys()) {
    if (met.size <= bounds.peersInBook) return
    met.delete(oldest)
  }
}

import { performance } from 'node:perf_hooks'
import { agentText } from '@haggle/protocol'
import type { AgentKey, DurationMs } from '@haggle/protocol'
import type { Logger } from '@haggle/ports'
import { ipOf } from './addresses.ts'
import type { Keeper } from './keeper.ts'
import type { Links } from './links.ts'
import type { Misuse } from './misuse.ts'

export interface WasteWatchInit {
  readonly misuse: Misuse
  readonly links: Links
  readonly keeper: Keeper
  readonly logger: Logger
  /** A peer was let go. */
  readonly told: (key: AgentKey, outMs: DurationMs) => void
}

/** NET-61: to part with a hundred peers in one go would halt everything else for as long as a contract takes. */
const PACE_MS = 5

/**
 * NET-60 NET-61: to be called for each wasted message. Who brings far more than anybody wants is parted with at once: what it sent and we
 * have not read yet is lost.
 */
export function wasteWatch({ misuse, links, keeper, logger, told }: WasteWatchInit): (from: AgentKey) => void {
  let nextAt = 0
  return (from) => {
    const entry = links.entry(from)
    const now = performance.now()
    if (entry === undefined || misuse.isOut(from, now)) return
    const [connection] = entry.connections
    const ip = connection === undefined ? undefined : ipOf(connection.remoteAddr)
    // Whoever is spared for the moment is looked at again with its next message.
    if (!misuse.wasted(from, ip, now) || now < nextAt) return
    nextAt = now + PACE_MS
    const outMs = misuse.letGo(from, ip, now)
    logger.warn('net.peer-let-go', { peer: agentText(from), outMs, address: ip ?? null })
    keeper.shun(from, outMs)
    links.leave(from, 'wasteful', 'at once')
    told(from, outMs)
  }
}

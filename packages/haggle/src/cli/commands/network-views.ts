import type { NetworkFlags } from '../flags.ts'
import { onAgent } from '../on-agent.ts'

/** How long an agent that was not running listens before it answers. */
const LISTEN_MS = 2_000

/** `haggle peers` and `haggle skills`. */
export async function runNetworkView(name: 'peers' | 'skills', flags: NetworkFlags): Promise<number> {
  return onAgent(flags, { name }, { listenMs: LISTEN_MS })
}

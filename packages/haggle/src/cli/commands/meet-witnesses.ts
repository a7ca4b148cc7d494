import { setTimeout as pause } from 'node:timers/promises'
import type { Agent } from '@haggle/node'

/** How long an agent that has just started looks for witnesses before it offers. */
const MOST_MS = 800
/** No further one for so long: that is all there are. */
const SETTLED_MS = 200
const LOOK_MS = 20

/**
 * Waits a moment for those who witness, since an offer names its panel's set: made before anybody is met it could only do without.
 * An agent that runs already knows them, and waits for nothing.
 */
export async function meetWitnesses(agent: Agent, interrupted: AbortSignal): Promise<void> {
  const count = (): number => agent.peers().filter(({ witness }) => witness).length
  let seen = count()
  if (seen > 0) return
  const began = performance.now()
  let since = began
  while (performance.now() < began + MOST_MS && !interrupted.aborted) {
    await pause(LOOK_MS)
    const now = count()
    if (now !== seen) since = performance.now()
    else if (seen > 0 && performance.now() >= since + SETTLED_MS) return
    seen = now
  }
}

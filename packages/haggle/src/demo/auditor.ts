import { setTimeout as pause } from 'node:timers/promises'
import type { Agent } from '@haggle/node'
import { say } from './message.ts'

const LOOK_MS = 250
/** Nothing new for so long: everybody has handed over what they hold. */
const QUIET_MS = 1_500
const PATIENCE_MS = 10_000

/** Compares its empty store with everybody's, and leaves with what they hold. */
export async function playAuditor(agent: Agent): Promise<void> {
  let size = 0
  let quiet = 0
  for (let waited = 0; waited < PATIENCE_MS && (size === 0 || quiet < QUIET_MS); waited += LOOK_MS) {
    await pause(LOOK_MS)
    const held = agent.evidence().size
    quiet = held === size ? quiet + LOOK_MS : 0
    size = held
  }
  const { digest, contracts } = agent.evidence()
  say({ say: 'evidence', records: size, contracts: [...contracts()].length, digest })
}

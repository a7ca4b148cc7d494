import { setTimeout as pause } from 'node:timers/promises'
import type { Agent } from '@haggle/node'

/** How long an agent that has just started looks for witnesses before it offers. */
const MOST_MS = 800
/** Nobody further for so long: that is all there are. */
const SETTLED_MS = 200
const LOOK_MS = 20

/** How time passes while one waits. */
export interface Waiting {
  now(): number
  pause(spanMs: number): Promise<unknown>
}

/** What is asked of an agent here. */
export interface Seeker extends Pick<Agent, 'peers'> {
  status(): Pick<ReturnType<Agent['status']>, 'halted'>
}

/** Agents that have looked once: they meet whoever comes later anyway. */
const looked = new WeakMap<object, Promise<void>>()

const waiting: Waiting = { now: () => performance.now(), pause: (spanMs) => pause(spanMs) }

/**
 * Waits a moment for those who witness, since an offer names its panel's set: made before anybody is met it could only do without.
 * An agent that runs already knows them, and waits for nothing. Who serves without witnessing tells by its advert that it does: where
 * nobody else comes there is no panel to wait for.
 */
export function meetWitnesses(agent: Seeker, interrupted: AbortSignal, time: Waiting = waiting): Promise<void> {
  const looking = looked.get(agent) ?? look(agent, interrupted, time)
  looked.set(agent, looking)
  return looking
}

async function look(agent: Seeker, interrupted: AbortSignal, time: Waiting): Promise<void> {
  const count = (): number => agent.peers().filter(({ witness, skills }) => witness || skills.length > 0).length
  if (agent.peers().some(({ witness }) => witness)) return
  let seen = count()
  const began = time.now()
  let since = began
  const isOver = (): boolean => interrupted.aborted || agent.status().halted !== null
  while (time.now() < began + MOST_MS && !isOver()) {
    await time.pause(LOOK_MS)
    const now = count()
    if (now !== seen) since = time.now()
    else if (seen > 0 && time.now() >= since + SETTLED_MS) return
    seen = now
  }
}

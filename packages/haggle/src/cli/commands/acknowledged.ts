import { setTimeout as pause } from 'node:timers/promises'
import type { Job, Result } from '@haggle/node'

/** How often the store is looked at: a receipt comes within a round trip, and tells no event of its own. */
const LOOK_MS = 15

/** Resolves when both sides hold each other's record of the end, or when the signal gives up; never rejects. */
export async function acknowledged(job: Job, result: Result, signal: AbortSignal): Promise<void> {
  const held = (): boolean => job.contracts().some((view) => view.contract === result.contract && view.closed)
  while (!held() && !signal.aborted) {
    await pause(LOOK_MS, undefined, { signal }).catch(() => undefined)
  }
}

import { asError } from './as-error.ts'
import type { Gossip } from './gossip.ts'

/** Resolves when so many peers listen to a topic; rejects with the reason of whichever signal aborts first. */
export function untilListening(
  gossip: Gossip,
  topic: string,
  count: number,
  signals: readonly AbortSignal[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      const aborted = signals.find((signal) => signal.aborted)
      if (gossip.listeners(topic) >= count) leave(resolve)
      else if (aborted !== undefined) leave(() => reject(asError(aborted.reason)))
    }
    const leave = (then: () => void): void => {
      unwatch()
      clearInterval(look)
      for (const signal of signals) signal.removeEventListener('abort', settle)
      then()
    }
    const unwatch = gossip.watch(settle)
    // Gossip says when a peer begins to listen, but not when our stream to it opens.
    const look = setInterval(settle, 20)
    for (const signal of signals) signal.addEventListener('abort', settle)
    settle()
  })
}

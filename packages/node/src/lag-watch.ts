import type { DurationMs } from '@haggle/protocol'
import type { Clock } from '@haggle/ports'

/** How often the watch looks; an event loop that is free answers within a few milliseconds. */
const EVERY_MS: DurationMs = 500

/** Calls `lagging` when the event loop was blocked for longer than `limitMs`. The returned function ends the watch. */
export function watchLag(clock: Clock, limitMs: DurationMs, lagging: (blockedMs: DurationMs) => void): () => void {
  let cancel = (): void => {}
  const arm = (): void => {
    const expected = clock.mono() + EVERY_MS
    cancel = clock.alarm(expected, () => {
      const blockedMs = clock.mono() - expected
      if (blockedMs > limitMs) lagging(Math.round(blockedMs))
      arm()
    })
  }
  arm()
  return () => cancel()
}

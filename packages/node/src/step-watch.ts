import type { DurationMs } from '@haggle/protocol'
import type { Clock } from '@haggle/ports'

/** How often the watch looks: a clock that was set is noticed at once, as people count. */
const EVERY_MS: DurationMs = 500

/** Calls `stepped` when the wall clock moved by more than `limitMs` against the monotonic one. The returned function ends the watch. */
export function watchSteps(clock: Clock, limitMs: DurationMs, stepped: () => void): () => void {
  let cancel = (): void => {}
  const offset = (): number => clock.wall() - clock.mono()
  let before = offset()
  const arm = (): void => {
    cancel = clock.alarm(clock.mono() + EVERY_MS, () => {
      const now = offset()
      if (Math.abs(now - before) > limitMs) stepped()
      before = now
      arm()
    })
  }
  arm()
  return () => cancel()
}

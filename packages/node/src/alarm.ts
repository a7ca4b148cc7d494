import type { DurationMs, Instant, Timestamp } from '@haggle/protocol'
import type { Clock } from '@haggle/ports'

/** The longest sleep: a wall clock that stepped is noticed within it. */
const LONGEST_MS: DurationMs = 30_000

/** A time that has passed already: the event loop breathes before the next look. */
const SHORTEST_MS: DurationMs = 1

/** Arms the one alarm of an engine for the earlier of its two times. The returned function disarms. */
export function armAlarm(
  clock: Clock,
  wakeup: { readonly wall: Timestamp | null; readonly mono: Instant | null },
  wake: () => void,
): () => void {
  const now = clock.mono()
  const byMono = wakeup.mono === null ? LONGEST_MS : wakeup.mono - now
  const byWall = wakeup.wall === null ? LONGEST_MS : wakeup.wall - clock.wall()
  return clock.alarm(now + Math.max(SHORTEST_MS, Math.min(byMono, byWall, LONGEST_MS)), wake)
}

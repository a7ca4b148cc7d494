import type { DurationMs, Instant, Timestamp } from '@haggle/protocol'

/** Both clocks of a machine. The wall clock may step; the monotonic one never does. */
export interface Clock {
  wall(): Timestamp
  mono(): Instant
  /** Calls `wake` once at or after `at`; the returned function cancels. */
  alarm(at: Instant, wake: () => void): () => void
  /** Resolves after the span; rejects when the signal aborts. */
  sleep(span: DurationMs, signal?: AbortSignal): Promise<void>
  /** Resolves once all that came together was handed out, before anything that comes later. */
  breathe(): Promise<void>
}

/** Fresh random bytes. */
export interface Entropy {
  bytes(length: number): Uint8Array
}

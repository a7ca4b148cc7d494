import type { RecordId, Timestamp } from '@haggle/protocol'
import type { Metrics, Phase } from '@haggle/ports'
import type { EngineEvent } from '@haggle/core'

/** Tasks whose last step is remembered; the wait of a forgotten one goes uncounted. */
const MOST = 4_096

/** The phase that comes to its end with an event: what passed since the step before it was waited for in that phase. */
const waitedFor: Readonly<Record<EngineEvent['event'], Phase | null>> = {
  offered: null,
  bid: 'market',
  expired: 'market',
  awarded: 'market',
  accepted: 'formation',
  declined: 'formation',
  lapsed: 'formation',
  opened: 'formation',
  delivered: 'work',
  failed: 'work',
  withdrawn: 'work',
  alleged: 'work',
  fenced: 'work',
  approved: 'review',
  rejected: 'review',
  settled: 'closing',
  breached: 'closing',
  cancelled: 'closing',
  split: 'closing',
  void: 'closing',
  undecided: 'closing',
  slashed: 'closing',
  reopened: 'closing',
}

/** TAX-05: counts the time between the steps of a task, by this agent's clock, as its events tell them. */
export class Waits {
  readonly #metrics: Metrics
  readonly #since = new Map<RecordId, Timestamp>()

  constructor(metrics: Metrics) {
    this.#metrics = metrics
  }

  take({ event, task, at }: EngineEvent): void {
    const since = this.#since.get(task)
    const phase = waitedFor[event]
    // After a restart the step before is not known, and a clock that stepped back says nothing.
    if (since !== undefined && phase !== null && at > since) this.#metrics.count('wait-ms', at - since, phase, task)
    this.#since.delete(task)
    this.#since.set(task, at)
    if (this.#since.size <= MOST) return
    for (const oldest of this.#since.keys()) {
      this.#since.delete(oldest)
      return
    }
  }
}

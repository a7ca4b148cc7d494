import type { RecordId, Timestamp } from '@haggle/protocol'
import type { Metrics, Phase } from '@haggle/ports'
import type { EngineEvent } from '@haggle/core'

/** Tasks whose last step is remembered; the wait of a forgotten one goes uncounted. */
const MOST = 4_096

/** An event of a task: all but the word about a clock. */
type TaskEvent = Extract<EngineEvent, { readonly task: RecordId }>

/** The phase that comes to its end with an event: what passed since the step before it was waited for in that phase. */
const waitedFor: Readonly<Record<TaskEvent['event'], Phase | null>> = {
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
  overtaken: null,
}

/** TAX-05: counts the time between the steps of a task, by this agent's clock, as its events tell them. */
export class Waits {
  readonly #metrics: Metrics
  readonly #since = new Map<RecordId, Timestamp>()

  constructor(metrics: Metrics) {
    this.#metrics = metrics
  }

  take(told: EngineEvent): void {
    if (!('task' in told)) return
    const { event, task, at } = told
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

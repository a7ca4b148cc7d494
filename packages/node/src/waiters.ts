import type { RecordId } from '@haggle/protocol'

/** Those who wait until something ends in a task: a contract, its closing, the task. Woken once each. */
export class Waiters {
  readonly #byTask = new Map<RecordId, Set<() => void>>()
  #over = false

  /** Resolves when something ends in the task, at once when nothing will happen any more, or when the signal aborts. */
  next(task: RecordId, signal?: AbortSignal): Promise<void> {
    if (this.#over || signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const waiting = this.#byTask.get(task) ?? new Set()
      const wake = (): void => {
        signal?.removeEventListener('abort', wake)
        waiting.delete(wake)
        if (waiting.size === 0 && this.#byTask.get(task) === waiting) this.#byTask.delete(task)
        resolve()
      }
      waiting.add(wake)
      this.#byTask.set(task, waiting)
      signal?.addEventListener('abort', wake)
    })
  }

  wake(tasks: Iterable<RecordId>): void {
    for (const task of tasks) for (const wake of [...(this.#byTask.get(task) ?? [])]) wake()
  }

  /** Nothing will happen any more. */
  end(): void {
    this.#over = true
    this.wake([...this.#byTask.keys()])
  }
}

import type { Clock } from '@haggle/ports'

interface Alarm {
  readonly at: number
  readonly wake: () => void
}

/** A clock that stands still until somebody waits in `until`: then it jumps from alarm to alarm, and no test sleeps. */
export class VirtualClock implements Clock {
  #now = 0
  #epoch: number
  readonly #alarms = new Set<Alarm>()

  constructor(epoch = 1_800_000_000_000) {
    this.#epoch = epoch
  }

  wall(): number {
    return this.#epoch + this.#now
  }

  mono(): number {
    return this.#now
  }

  alarm(at: number, wake: () => void): () => void {
    const alarm = { at, wake }
    this.#alarms.add(alarm)
    return () => void this.#alarms.delete(alarm)
  }

  sleep(span: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        cancel()
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
      }
      const cancel = this.alarm(this.#now + span, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      if (signal?.aborted === true) onAbort()
      else signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  breathe(): Promise<void> {
    return Promise.resolve()
  }

  /** Alarms that stand: none may be left when everything is closed. */
  get armed(): number {
    return this.#alarms.size
  }

  /** Lets everything that can happen now happen, without moving time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }

  /** Moves time from alarm to alarm until the promise settles; rejects when `limitMs` of it brought nothing. */
  async until<T>(promise: Promise<T>, limitMs = 600_000): Promise<T> {
    let settled = false
    const mark = (): void => {
      settled = true
    }
    promise.then(mark, mark)
    const end = this.#now + limitMs
    for (;;) {
      await this.settle()
      if (settled) return promise
      if (!this.#step(end)) throw new Error(`nothing came in ${limitMs} ms of virtual time`)
    }
  }

  /** Moves time by a span, alarm by alarm. */
  async pass(spanMs: number): Promise<void> {
    await this.until(this.sleep(spanMs), spanMs + 1)
  }

  /** Time that passes while nothing runs, as in a process that was stopped or is busy. */
  block(spanMs: number): void {
    this.#now += spanMs
  }

  /** The wall clock alone jumps. */
  stepWall(byMs: number): void {
    this.#epoch += byMs
  }

  #step(end: number): boolean {
    const next = [...this.#alarms].toSorted((a, b) => a.at - b.at)[0]
    if (next === undefined || next.at > end) return false
    this.#alarms.delete(next)
    this.#now = Math.max(this.#now, next.at)
    next.wake()
    return true
  }
}

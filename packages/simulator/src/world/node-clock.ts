import type { Clock } from '@haggle/ports'
import type { Due } from './agenda.ts'
import type { Time } from './time.ts'

/** When the worlds begin: what an agent's wall clock says that is right. */
export const EPOCH_MS = 1_800_000_000_000
const MILLION = 1_000_000
/** Thirty years. */
const NEVER_US = 1e15

/** The hardware of one agent: it runs fast or slow, is set by hand, and outlives the process. */
export class Oscillator {
  readonly #time: Time
  #offsetMs: number
  #driftPpm: number
  /** Drift counts from here; what it made before is in the elapsed time. */
  #since = 0
  #elapsedUs = 0

  constructor(time: Time, offsetMs: number, driftPpm: number) {
    this.#time = time
    this.#offsetMs = offsetMs
    this.#driftPpm = driftPpm
  }

  /** Microseconds that it has counted. */
  elapsedUs(): number {
    const span = this.#time.now - this.#since
    return this.#elapsedUs + span + Math.trunc((span * this.#driftPpm) / MILLION)
  }

  /** The first moment of the world at which it will have counted so many. */
  momentOf(elapsedUs: number): number {
    const left = elapsedUs - this.#elapsedUs
    // Whatever is as far away as this does not happen in any world.
    if (left > NEVER_US) return this.#since + NEVER_US
    let moment = this.#since + Math.ceil((left * MILLION) / (MILLION + this.#driftPpm))
    // Rounding may be off by one either way: an alarm never comes early.
    while (this.#at(moment) < elapsedUs) moment += 1
    return moment
  }

  wallMs(): number {
    return EPOCH_MS + this.#offsetMs + Math.floor(this.elapsedUs() / 1_000)
  }

  /** How far the wall clock is ahead of the world's. */
  aheadMs(): number {
    return this.#offsetMs + Math.floor(this.elapsedUs() / 1_000) - Math.floor(this.#time.now / 1_000)
  }

  /** Somebody sets the wall clock. */
  step(byMs: number): void {
    this.#offsetMs += byMs
  }

  /** Right again, and running right from here on. */
  mend(): void {
    this.drift(0)
    this.#offsetMs -= this.aheadMs()
  }

  drift(ppm: number): void {
    this.#elapsedUs = this.elapsedUs()
    this.#since = this.#time.now
    this.#driftPpm = ppm
  }

  #at(moment: number): number {
    const span = moment - this.#since
    return this.#elapsedUs + span + Math.trunc((span * this.#driftPpm) / MILLION)
  }
}

/** The clocks of one process: its monotonic one begins anywhere, and all alarms end with the process. */
export class NodeClock implements Clock {
  readonly #time: Time
  readonly #hardware: Oscillator
  readonly #startUs: number
  readonly #armed = new Set<Due>()
  #over = false

  constructor(time: Time, hardware: Oscillator, startMs: number) {
    this.#time = time
    this.#hardware = hardware
    this.#startUs = hardware.elapsedUs() - startMs * 1_000
  }

  /** Alarms that stand. */
  get armed(): number {
    return this.#armed.size
  }

  wall(): number {
    return this.#hardware.wallMs()
  }

  mono(): number {
    return Math.floor((this.#hardware.elapsedUs() - this.#startUs) / 1_000)
  }

  /** Here nothing comes together: each thing that happens has its own moment. */
  breathe(): Promise<void> {
    return Promise.resolve()
  }

  alarm(at: number, wake: () => void): () => void {
    if (this.#over) return () => {}
    let due: Due | undefined
    const arm = (): void => {
      due = this.#time.at(this.#hardware.momentOf(this.#startUs + at * 1_000), () => {
        if (due !== undefined) this.#armed.delete(due)
        // A clock that was made slower meanwhile is not there yet.
        if (this.mono() < at) arm()
        else wake()
      })
      this.#armed.add(due)
    }
    arm()
    return () => {
      if (due === undefined) return
      this.#armed.delete(due)
      this.#time.callOff(due)
    }
  }

  sleep(span: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        cancel()
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
      }
      const cancel = this.alarm(this.mono() + span, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      if (signal?.aborted === true) onAbort()
      else signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** The process is gone. */
  end(): void {
    this.#over = true
    for (const due of this.#armed) this.#time.callOff(due)
    this.#armed.clear()
  }
}

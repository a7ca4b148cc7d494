import { Agenda, type Due } from './agenda.ts'

/** Moments that are worked through in one turn of the real event loop. */
const MOMENTS = 64

/**
 * The time of a world, in microseconds from its beginning. It stands still while anything of a moment is still to be done:
 * every promise of a moment has come to rest before the next one begins.
 */
export class Time {
  readonly #agenda = new Agenda()
  #now = 0

  get now(): number {
    return this.#now
  }

  /** How much is still to happen. */
  get waiting(): number {
    return this.#agenda.size
  }

  /** At once means: in the same moment, after all that was put there before. */
  after(spanUs: number, run: () => void): Due {
    return this.#agenda.put(this.#now + Math.max(0, spanUs), run)
  }

  at(moment: number, run: () => void): Due {
    return this.#agenda.put(Math.max(moment, this.#now), run)
  }

  callOff(due: Due): void {
    this.#agenda.callOff(due)
  }

  /** Lets time pass up to a moment, or until `enough` says so after some moment. What happens rejects when it throws. */
  pass(until: number, enough: () => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      let over = false
      let ran = 0
      const moment = (): void => {
        if (over) return
        ran += 1
        try {
          over = enough() || !this.#moment(until)
        } catch (error) {
          over = true
          reject(error instanceof Error ? error : new Error(String(error)))
          return
        }
        if (over) resolve()
        else if (ran % MOMENTS === 0) turn()
      }
      // Between two of these the platform empties the queue of promises, which nothing else tells the end of.
      const turn = (): void => {
        for (let count = 0; count < MOMENTS; count += 1) setImmediate(moment)
      }
      turn()
    })
  }

  /** Everything of the next moment; false when there is none before the end, and it is the end then. */
  #moment(until: number): boolean {
    const next = this.#agenda.nextAt()
    if (next === undefined || next > until) {
      this.#now = Math.max(this.#now, until)
      return false
    }
    this.#now = next
    while (this.#agenda.nextAt() === next) this.#agenda.take()?.()
    return true
  }
}

import { performance } from 'node:perf_hooks'
import type { Clock } from '@haggle/ports'

/** What one timer of the platform can wait: 2^31 - 1 ms; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647

/** The clocks of this machine, in whole milliseconds. */
export function systemClock(): Clock {
  const mono = (): number => Math.floor(performance.now())
  const alarm = (at: number, wake: () => void): (() => void) => {
    let timer: NodeJS.Timeout | undefined
    const arm = (): void => {
      const left = at - performance.now()
      // A timer may fire a millisecond early by this clock, and a long wait takes several of them.
      timer = setTimeout(
        () => (mono() >= at ? wake() : arm()),
        Math.min(Math.max(Math.ceil(left), 0), LONGEST_TIMER_MS),
      )
    }
    arm()
    return () => clearTimeout(timer)
  }
  return {
    wall: () => Date.now(),
    mono,
    alarm,
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    sleep: (span, signal) =>
      new Promise((resolve, reject) => {
        const aborted = (): void => {
          cancel()
          reject(signal?.reason)
        }
        const cancel = alarm(performance.now() + span, () => {
          signal?.removeEventListener('abort', aborted)
          resolve()
        })
        if (signal?.aborted === true) aborted()
        else signal?.addEventListener('abort', aborted, { once: true })
      }),
  }
}

import type { Clock } from '@haggle/ports'
import { describe, expect, test } from 'vitest'

/** What a suite needs of a kind of clock. */
export interface ClockBench {
  readonly clock: Clock
  /** Lets time go on until the promise settles: by itself, or by moving it. */
  readonly until: <T>(promise: Promise<T>) => Promise<T>
}

/** What the port promises, asked of any clock. */
export function clockConformance(name: string, make: () => ClockBench): void {
  const woken = ({ clock, until }: ClockBench, at: number): Promise<number> =>
    until(new Promise((resolve) => clock.alarm(at, () => resolve(clock.mono()))))

  describe(`${name} as a clock`, () => {
    test('counts whole milliseconds on both clocks, and the monotonic one never goes back', async () => {
      const { clock, until } = make()
      const before = clock.mono()
      await until(clock.sleep(2))
      expect(Number.isInteger(clock.wall()) && Number.isInteger(clock.mono())).toBe(true)
      expect(clock.mono()).toBeGreaterThanOrEqual(before)
    })

    test('wakes at or after the time of an alarm, never before', async () => {
      const bench = make()
      for (let round = 0; round < 20; round += 1) {
        const at = bench.clock.mono() + 3
        expect(await woken(bench, at)).toBeGreaterThanOrEqual(at)
      }
    })

    test('wakes for an alarm in the past soon, but not within the call that sets it', async () => {
      const { clock, until } = make()
      let isSet = false
      await until(
        new Promise<void>((resolve, reject) => {
          clock.alarm(clock.mono() - 5, () => (isSet ? resolve() : reject(new Error('woken while it was set'))))
          isSet = true
        }),
      )
      expect(isSet).toBe(true)
    })

    test('never wakes for a cancelled alarm, wakes once for any other, and not at once for a far one', async () => {
      const bench = make()
      const { clock, until } = bench
      const rings: string[] = []
      clock.alarm(clock.mono() + 1, () => rings.push('cancelled'))()
      const cancelFar = clock.alarm(clock.mono() + 2 ** 40, () => rings.push('far'))
      const cancelNear = clock.alarm(clock.mono() + 1, () => rings.push('near'))
      await woken(bench, clock.mono() + 5)
      await until(clock.sleep(5))
      // Cancelling what has rung is no error.
      cancelNear()
      cancelFar()
      expect(rings).toEqual(['near'])
    })

    test('wakes alarms in the order of their times, whatever the order in which they were set', async () => {
      const bench = make()
      const { clock } = bench
      const now = clock.mono()
      const rings: number[] = []
      for (const after of [30, 1, 60]) clock.alarm(now + after, () => rings.push(after))
      await woken(bench, now + 90)
      expect(rings).toEqual([1, 30, 60])
    })

    test('sleeps for its span, and ends at once with the reason of its signal', async () => {
      const { clock, until } = make()
      const start = clock.mono()
      await until(clock.sleep(5))
      expect(clock.mono() - start).toBeGreaterThanOrEqual(4)
      const stop = new AbortController()
      const asleep = clock.sleep(1e9, stop.signal)
      stop.abort(new Error('awake'))
      await expect(asleep).rejects.toThrow('awake')
      await expect(clock.sleep(1e9, stop.signal)).rejects.toThrow('awake')
    })
  })
}

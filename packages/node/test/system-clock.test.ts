import { expect, test } from 'vitest'
import { systemClock, systemEntropy } from '../src/system/index.ts'

const clock = systemClock()

test('an alarm wakes at or after its time, never before, and once', async () => {
  for (let round = 0; round < 20; round += 1) {
    const at = clock.mono() + 3
    const woke = await new Promise<number>((resolve) => {
      clock.alarm(at, () => resolve(clock.mono()))
    })
    expect(woke).toBeGreaterThanOrEqual(at)
  }
})

test('an alarm in the past wakes soon, a cancelled one never, a far one not at once', async () => {
  const woken: string[] = []
  clock.alarm(clock.mono(), () => woken.push('cancelled'))()
  const cancelFar = clock.alarm(clock.mono() + 2 ** 40, () => woken.push('far'))
  await new Promise<void>((resolve) => {
    clock.alarm(clock.mono() - 5, () => {
      woken.push('past')
      clock.alarm(clock.mono() + 5, resolve)
    })
  })
  cancelFar()
  expect(woken).toEqual(['past'])
})

test('sleep ends after its span, and at once with the reason of its signal', async () => {
  const start = clock.mono()
  await clock.sleep(5)
  expect(clock.mono() - start).toBeGreaterThanOrEqual(4)
  const stop = new AbortController()
  const asleep = clock.sleep(1e9, stop.signal)
  stop.abort(new Error('awake'))
  await expect(asleep).rejects.toThrow('awake')
  await expect(clock.sleep(1e9, stop.signal)).rejects.toThrow('awake')
})

test('both clocks count whole milliseconds and entropy is fresh', () => {
  expect(Number.isInteger(clock.wall()) && Number.isInteger(clock.mono())).toBe(true)
  expect(systemEntropy().bytes(32)).not.toEqual(systemEntropy().bytes(32))
  expect(systemEntropy().bytes(7)).toHaveLength(7)
})

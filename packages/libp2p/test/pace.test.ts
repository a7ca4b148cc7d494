import { expect, test } from 'vitest'
import { Pace } from '../src/pace.ts'

test('NET-33 NET-65: a transfer that moves less than 64 KiB a second after its first 30 seconds is too slow', () => {
  const slow = new Pace(0)
  expect(slow.moved(1, 29_000)).toBe(true)
  expect(slow.moved(65_536, 31_000)).toBe(true)
  expect(slow.moved(65_535, 32_000)).toBe(true)
  expect(slow.moved(1, 40_000)).toBe(false)
  const steady = new Pace(0)
  for (let second = 1; second < 600; second += 1) expect(steady.moved(65_536, second * 1_000)).toBe(true)
})

test('NET-33: what came before a pause counts for it', () => {
  const cut = new Pace(0)
  expect(cut.moved(20 * 65_536, 1_000)).toBe(true)
  expect(cut.moved(1, 49_000)).toBe(true)
  expect(cut.moved(1, 51_000)).toBe(false)
})

import { expect, test } from 'vitest'
import { clockConformance } from '../../../test/conformance/clock.ts'
import { systemClock, systemEntropy } from '../src/system/index.ts'
import { VirtualClock } from './virtual-clock.ts'

clockConformance('the clock of the machine', () => ({ clock: systemClock(), until: (promise) => promise }))

clockConformance('the clock of the tests', () => {
  const clock = new VirtualClock()
  return { clock, until: (promise) => clock.until(promise) }
})

test('entropy is fresh', () => {
  expect(systemEntropy().bytes(32)).not.toEqual(systemEntropy().bytes(32))
  expect(systemEntropy().bytes(7)).toHaveLength(7)
})

test('all that came together is handed out before the clock of the machine has breathed', async () => {
  const order: string[] = []
  const breath = systemClock()
    .breathe()
    .then(() => order.push('breathed'))
  for (let step = 0; step < 50; step += 1) await Promise.resolve()
  order.push('handed out')
  await breath
  expect(order).toEqual(['handed out', 'breathed'])
})

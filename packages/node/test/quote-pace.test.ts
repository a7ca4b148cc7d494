import type { AgentKey } from '@haggle/protocol'
import { expect, test } from 'vitest'
import { QuotePace } from '../src/quote-pace.ts'
import { VirtualClock } from './virtual-clock.ts'

// Keys are only compared here.
const keyOf = (name: string): AgentKey => name.padEnd(64, '0') as AgentKey

function play(partner?: AgentKey): {
  readonly clock: VirtualClock
  readonly answered: AgentKey[]
  readonly pace: QuotePace<{ readonly requester: AgentKey }>
} {
  const clock = new VirtualClock()
  const answered: AgentKey[] = []
  const pace = new QuotePace<{ readonly requester: AgentKey }>({
    clock,
    isPartner: (key) => key === partner,
    answer: ({ requester }) => answered.push(requester),
  })
  return { clock, answered, pace }
}

test('NET-64: strangers are answered at a pace, and all of them in time', async () => {
  const { clock, answered, pace } = play()
  for (let n = 0; n < 1_000; n += 1) pace.take({ requester: keyOf(`k${n % 10}`) })
  expect(answered).toHaveLength(64)
  await clock.pass(1_000)
  expect(answered.length).toBeGreaterThan(130)
  expect(answered.length).toBeLessThan(170)
  await clock.pass(10_000)
  expect(answered).toHaveLength(1_000)
  expect(clock.armed).toBe(0)
})

test('NET-64: who asks for the first time goes before those who had their answers, and a partner before all', async () => {
  const [partner, stranger] = [keyOf('p'), keyOf('s')]
  const { clock, answered, pace } = play(partner)
  for (let n = 0; n < 1_000; n += 1) pace.take({ requester: keyOf(`k${n % 10}`) })
  answered.length = 0
  pace.take({ requester: stranger })
  pace.take({ requester: partner })
  expect(answered).toEqual([partner])
  await clock.pass(250)
  expect(answered[1]).toBe(stranger)
})

test('NET-64: what waits at the stop is dropped', async () => {
  const { clock, answered, pace } = play()
  for (let n = 0; n < 100; n += 1) pace.take({ requester: keyOf('k') })
  pace.stop()
  expect(clock.armed).toBe(0)
  await clock.pass(1_000)
  expect(answered).toHaveLength(64)
})

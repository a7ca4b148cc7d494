import type { AgentKey } from '@haggle/protocol'
import { expect, test } from 'vitest'
import { Breaks } from '../src/breaks.ts'
import { FairTurns } from '../src/fair-turns.ts'
import { VirtualClock } from './virtual-clock.ts'

// Keys are only compared here.
const [ada, bob, cyd] = ['ada', 'bob', 'cyd'].map((name) => name.padEnd(64, '0') as AgentKey) as [
  AgentKey,
  AgentKey,
  AgentKey,
]

interface Played {
  readonly clock: VirtualClock
  readonly stop: AbortController
  readonly order: string[]
  readonly take: (name: string, when?: 'first' | 'then') => void
  readonly setRoom: (is: boolean) => void
  /** How long everybody's next turns last. */
  readonly setTurn: (spanMs: number) => void
}

function play(): Played {
  const keys: Readonly<Record<string, AgentKey>> = { a: ada, b: bob, c: cyd }
  const clock = new VirtualClock()
  const stop = new AbortController()
  const order: string[] = []
  let hasRoom = true
  let turnMs = 0
  let release = (): void => {}
  const room = (): Promise<void> => (hasRoom ? Promise.resolve() : new Promise((resolve) => (release = resolve)))
  const turns = new FairTurns({ clock, signal: stop.signal, room })
  return {
    clock,
    stop,
    order,
    take: (name, when = 'then') => {
      void turns.take(keys[name] ?? ada, when).then((comes) => {
        order.push(comes ? name : `${name} never`)
        clock.block(turnMs)
      })
    },
    setRoom: (is) => {
      hasRoom = is
      if (is) release()
    },
    setTurn: (spanMs) => (turnMs = spanMs),
  }
}

test('NET-63: each who waits has one turn in each round, however many it waits for', async () => {
  const { clock, order, take } = play()
  for (const name of 'aaaaabbc') take(name)
  await clock.settle()
  expect(order.join('')).toBe('abcabaaa')
})

test('NET-63: what goes first waits for nothing that comes then, nor for the engine', async () => {
  const { clock, order, take, setRoom } = play()
  setRoom(false)
  for (const name of 'aab') take(name)
  await clock.settle()
  expect(order).toEqual([])
  take('c', 'first')
  await clock.settle()
  expect(order.join('')).toBe('c')
  setRoom(true)
  await clock.settle()
  expect(order.join('')).toBe('caba')
})

test('NET-63: after some turns in one go everything else has its own', async () => {
  const { clock, order, take } = play()
  for (let n = 0; n < 40; n += 1) take('a')
  await clock.settle()
  expect(order).toHaveLength(32)
  await clock.pass(1)
  expect(order).toHaveLength(40)
})

test('NET-63: who waits when the agent stops is told so, and leaves nothing behind', async () => {
  const { clock, stop, order, take } = play()
  for (let n = 0; n < 40; n += 1) take('a')
  await clock.settle()
  stop.abort()
  take('b')
  await clock.settle()
  expect(order.filter((each) => each === 'a never')).toHaveLength(8)
  expect(order).toContain('b never')
  expect(clock.armed).toBe(0)
})

/** More than few: what comes then rests while so many wait. */
const MANY = 200
const FEW = 64

test('NET-67: of much that comes then each two milliseconds are followed by a rest of four', async () => {
  const { clock, order, take, setTurn } = play()
  setTurn(1)
  for (let n = 0; n < MANY; n += 1) take('a')
  await clock.settle()
  expect(order).toHaveLength(2)
  const before = clock.mono()
  await clock.until(new Promise<void>((resolve) => clock.alarm(before + 90, resolve)))
  expect(order.length).toBeGreaterThanOrEqual(30)
  expect(order.length).toBeLessThanOrEqual(34)
})

test('NET-67: few that wait are looked at without a rest', async () => {
  const { clock, order, take, setTurn } = play()
  setTurn(1)
  for (let n = 0; n < FEW + 10; n += 1) take('a')
  await clock.pass(2 * 10 + 2 * (FEW + 10))
  expect(order).toHaveLength(FEW + 10)
})

test('NET-67: what goes first waits for no rest, and ends none', async () => {
  const { clock, order, take, setTurn } = play()
  setTurn(1)
  for (let n = 0; n < MANY; n += 1) take('a')
  await clock.settle()
  expect(order.join('')).toBe('aa')
  setTurn(0)
  take('b', 'first')
  await clock.settle()
  expect(order.join('')).toBe('aab')
})

test('NET-67: work with enough time between its pieces needs no rest, and one that took long needs no long one', () => {
  const breaks = new Breaks(0)
  for (let at = 0; at < 300; at += 3) expect(breaks.after(at, at + 1)).toBe(at + 1)
  // Whatever waited for a disk or for a processor did not work meanwhile.
  expect(breaks.after(1_000, 2_000)).toBe(2_008)
})

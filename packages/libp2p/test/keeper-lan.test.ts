import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AgentKey } from '@haggle/protocol'
import { Keeper } from '../src/keeper.ts'

// A key is lower-case hexadecimal of 32 bytes.
const own = '00'.repeat(32) as AgentKey
const other = '11'.repeat(32) as AgentKey
const address = '/ip4/10.77.0.2/tcp/4001'

/** A keeper whose dials all fail, on a clock that the test moves: no libp2p runs below it. */
function lonely(): { readonly keeper: Keeper; readonly dials: number[] } {
  const dials: number[] = []
  const keeper = new Keeper({
    own,
    bootstrap: [],
    maxPeers: 8,
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    dial: () => {
      dials.push(performance.now())
      return Promise.reject(new Error('nobody answers'))
    },
    isConnected: () => false,
    connectedCount: () => 0,
    chosenCount: () => 0,
  })
  keeper.start()
  return { keeper, dials }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Runs until so many dials have failed. */
async function tired(dials: readonly number[], failures: number): Promise<void> {
  while (dials.length < failures) await vi.advanceTimersByTimeAsync(10)
}

test('NET-31: a peer that announces itself is dialled at once, however long the wait had grown', async () => {
  const { keeper, dials } = lonely()
  keeper.heardOf(other, [address], true)
  // After the seventh failure the next dial is at least 6.4 s away.
  await tired(dials, 7)
  await vi.advanceTimersByTimeAsync(5_100)
  expect(dials).toHaveLength(7)
  keeper.heardOf(other, [address], false)
  await vi.advanceTimersByTimeAsync(50)
  expect(dials).toHaveLength(7)
  keeper.heardOf(other, [address], true)
  await vi.advanceTimersByTimeAsync(50)
  expect(dials).toHaveLength(8)
  keeper.stop()
})

test('NET-31: a peer that is announced without end is dialled every five seconds at most', async () => {
  const { keeper, dials } = lonely()
  keeper.heardOf(other, [address], true)
  await tired(dials, 6)
  const before = dials.length
  for (let spoken = 0; spoken < 100; spoken += 1) {
    keeper.heardOf(other, [address], true)
    await vi.advanceTimersByTimeAsync(20)
  }
  expect(dials.length - before).toBeLessThanOrEqual(1)
  keeper.stop()
})

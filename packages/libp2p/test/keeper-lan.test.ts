import { createServer } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { AgentKey } from '@haggle/protocol'
import { ANSWERED } from '../src/host.ts'
import { Keeper } from '../src/keeper.ts'
import { agent } from './support/agents.ts'
import { stranger } from './support/stranger.ts'

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

test('NET-31: a peer that says again what it has said is dialled at once as well; one that is not known is to be read', async () => {
  const { keeper, dials } = lonely()
  expect(keeper.spokeAgain(other)).toBe(false)
  keeper.heardOf(other, [address], true)
  await tired(dials, 7)
  await vi.advanceTimersByTimeAsync(5_100)
  expect(dials).toHaveLength(7)
  expect(keeper.spokeAgain(other)).toBe(true)
  await vi.advanceTimersByTimeAsync(50)
  expect(dials).toHaveLength(8)
  keeper.stop()
})

interface Dial {
  readonly address: string
  readonly answered: () => void
}

/** A keeper whose dials never end by themselves: what it dials, and who took the connection of which dial, is seen and said here. */
function waiting(): { readonly keeper: Keeper; readonly dials: Dial[] } {
  const dials: Dial[] = []
  const keeper = new Keeper({
    own,
    bootstrap: [],
    maxPeers: 64,
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    dial: ([at = ''], signal, answered) => {
      dials.push({ address: at, answered })
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('in vain'))))
    },
    isConnected: () => false,
    connectedCount: () => 0,
    chosenCount: () => 0,
  })
  keeper.start()
  return { keeper, dials }
}

function hearOf(keeper: Keeper, count: number): void {
  for (let n = 1; n <= count; n += 1)
    keeper.heardOf(n.toString(16).padStart(64, '0') as AgentKey, [`/ip4/10.77.1.${n}/tcp/4001`], true)
}

test('NET-70: addresses at which nobody takes a connection keep nobody else waiting for long', async () => {
  const { keeper, dials } = waiting()
  hearOf(keeper, 20)
  await vi.advanceTimersByTimeAsync(250)
  expect(dials).toHaveLength(4)
  keeper.heardOf(other, [address], true)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(dials.map((dial) => dial.address)).toContain(address)
  keeper.stop()
})

test('NET-70: where somebody took the connection the dial keeps its place, and of silent ones 32 are borne', async () => {
  const { keeper, dials } = waiting()
  hearOf(keeper, 100)
  await vi.advanceTimersByTimeAsync(250)
  for (const dial of dials) dial.answered()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(dials).toHaveLength(4)
  keeper.stop()

  const deaf = waiting()
  hearOf(deaf.keeper, 100)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(deaf.dials).toHaveLength(32 + 4)
  deaf.keeper.stop()
})

test('NET-70: whoever takes a connection has answered, before it says anything', async () => {
  vi.useRealTimers()
  const mute = createServer((socket) => void socket.on('error', () => undefined))
  const port = await new Promise<number>((resolve) => {
    mute.listen(0, '127.0.0.1', () => {
      const at = mute.address()
      resolve(typeof at === 'object' ? (at?.port ?? 0) : 0)
    })
  })
  onTestFinished(() => void mute.close())
  const host = await stranger(await agent('somebody'))
  const given = new AbortController()
  const dial = new Promise<string>((resolve, reject) => {
    const onProgress = ({ type }: { readonly type: string }): void => void (type === ANSWERED && resolve(type))
    host.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`), { onProgress, signal: given.signal }).catch(reject)
  })
  await expect(dial).resolves.toBe(ANSWERED)
  given.abort()
})

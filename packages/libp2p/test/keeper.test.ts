import { createHash } from 'node:crypto'
import type { AgentKey } from '@haggle/protocol'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Keeper } from '../src/keeper.ts'
import { silent } from './support/agents.ts'

// Any 32 bytes are a key to the keeper.
const keyOf = (name: string): AgentKey => createHash('sha256').update(name).digest('hex') as AgentKey

/** A keeper whose dials succeed at once; an address is the key that answers there. */
function keeperOf(maxPeers: number): { keeper: Keeper; connected: Set<AgentKey> } {
  const connected = new Set<AgentKey>()
  const keeper = new Keeper({
    own: keyOf('own'),
    bootstrap: [],
    maxPeers,
    logger: silent,
    dial: ([address]) => {
      // What is dialled here is what was heard of above: keys.
      const key = address as AgentKey
      connected.add(key)
      return Promise.resolve(key)
    },
    isConnected: (key) => connected.has(key),
    connectedCount: () => connected.size,
    chosenCount: () => connected.size,
  })
  onTestFinished(() => keeper.stop())
  return { keeper, connected }
}

function hearOf(keeper: Keeper, count: number): readonly AgentKey[] {
  const keys = Array.from({ length: count }, (_, number) => keyOf(`peer ${number}`))
  for (const key of keys) keeper.heardOf(key, [key], false)
  return keys
}

test('NET-22: twelve that are heard of are all dialled; of thirty, a few', async () => {
  const few = keeperOf(64)
  hearOf(few.keeper, 12)
  const many = keeperOf(64)
  hearOf(many.keeper, 30)
  await vi.waitFor(() => expect(few.connected.size).toBe(12))
  await vi.waitFor(() => expect(many.connected.size).toBeGreaterThanOrEqual(6))
  expect(many.connected.size).toBeLessThanOrEqual(12)
})

test('NET-51: who is to be told something is dialled although there are enough peers', async () => {
  const { keeper, connected } = keeperOf(64)
  const keys = hearOf(keeper, 30)
  await vi.waitFor(() => expect(connected.size).toBeGreaterThanOrEqual(6))
  const other = keys.find((key) => !connected.has(key))
  if (other === undefined) throw new Error('a node of thirty does not know everybody')
  keeper.want(other)
  await vi.waitFor(() => expect(connected).toContain(other))
})

test('NET-51: who is to be told something and is not heard of yet is dialled when it is', async () => {
  const { keeper, connected } = keeperOf(64)
  hearOf(keeper, 30)
  await vi.waitFor(() => expect(connected.size).toBeGreaterThanOrEqual(6))
  const other = keyOf('somebody else')
  keeper.want(other)
  keeper.heardOf(other, [other], false)
  await vi.waitFor(() => expect(connected).toContain(other))
})

test('NET-51: a full node dials nobody', async () => {
  const { keeper, connected } = keeperOf(2)
  const keys = hearOf(keeper, 3)
  await vi.waitFor(() => expect(connected.size).toBe(2))
  for (const key of keys) keeper.want(key)
  expect(connected.size).toBe(2)
})

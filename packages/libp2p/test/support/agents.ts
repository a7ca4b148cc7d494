import { createHash } from 'node:crypto'
import type { AgentKey, PayloadHash } from '@haggle/protocol'
import type { BlobSource, GossipVerdict, Hello, Logger, NetworkHandlers, PeerInfo } from '@haggle/ports'
import { onTestFinished, vi } from 'vitest'
import { libp2pNetwork } from '../../src/index.ts'
import type { Libp2pNetwork, Libp2pNetworkInit } from '../../src/index.ts'

// Real sockets on a machine that does other things: the bound is for what hangs, not for what is slow.
vi.setConfig({ testTimeout: 20_000 })

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export function seedOf(name: string): Uint8Array {
  return createHash('sha256').update(name).digest()
}

export function helloOf(over: Partial<Hello> = {}): Hello {
  return {
    network: 'lab',
    networkId: 'ab'.repeat(32),
    params: { lease: 1, ack: 2 },
    version: '0.1.0',
    time: Date.now(),
    ...over,
  }
}

export interface Seen {
  readonly ups: PeerInfo[]
  readonly downs: AgentKey[]
  readonly frames: { from: AgentKey; bytes: Uint8Array }[]
  readonly gossip: { topic: string; from: AgentKey; text: string }[]
  readonly mismatches: { network: string; differing: readonly string[] }[]
}

export interface Agent {
  readonly net: Libp2pNetwork
  readonly seen: Seen
  readonly key: AgentKey
  readonly address: string
  /** Resolves when the condition holds, looked at after every event. */
  until(holds: () => boolean): Promise<void>
}

export interface AgentOptions extends Partial<Libp2pNetworkInit> {
  readonly says?: Partial<Hello>
  readonly verdict?: (text: string) => GossipVerdict
  readonly frame?: (from: AgentKey, bytes: Uint8Array) => void | Promise<void>
  readonly blob?: (hash: PayloadHash) => BlobSource | undefined
}

/** An agent's network on 127.0.0.1, stopped when the test ends. */
export async function agent(name: string, options: AgentOptions = {}): Promise<Agent> {
  const { says, verdict, frame, blob, ...init } = options
  const seen: Seen = { ups: [], downs: [], frames: [], gossip: [], mismatches: [] }
  const waiters = new Set<() => void>()
  const changed = (): void => {
    for (const waiter of waiters) waiter()
  }
  const handlers: NetworkHandlers = {
    gossip: (topic, from, bytes) => {
      const text = Buffer.from(bytes).toString()
      seen.gossip.push({ topic, from, text })
      changed()
      return verdict?.(text) ?? 'accept'
    },
    frame: async (from, bytes) => {
      seen.frames.push({ from, bytes })
      changed()
      await frame?.(from, bytes)
    },
    blob: (_from, hash) => Promise.resolve(blob?.(hash)),
    peerUp: (peer) => {
      seen.ups.push(peer)
      changed()
    },
    peerDown: (key) => {
      seen.downs.push(key)
      changed()
    },
    mismatch: (_key, network, differing) => {
      seen.mismatches.push({ network, differing })
      changed()
    },
  }
  const net = libp2pNetwork({
    privateKeySeed: seedOf(name),
    hello: () => helloOf(says),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap: [],
    mdns: false,
    networkName: 'lab',
    logger: silent,
    ...init,
  })
  onTestFinished(() => net.stop())
  await net.start(handlers)
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return
        waiters.delete(look)
        resolve()
      }
      waiters.add(look)
      look()
    })
  return { net, seen, key: keyOf(net), address: net.addresses()[0] ?? '', until }
}

/** Two agents that know each other. */
export async function pair(
  options: AgentOptions = {},
  other: AgentOptions = options,
): Promise<readonly [Agent, Agent]> {
  const [ada, bob] = await Promise.all([agent('ada', options), agent('bob', other)])
  await ada.net.dial(bob.address)
  await Promise.all([met(ada, bob), met(bob, ada)])
  return [ada, bob]
}

export function met(one: Agent, other: Agent): Promise<void> {
  return one.until(() => one.net.peers().some(({ key }) => key === other.key))
}

function keyOf(net: Libp2pNetwork): AgentKey {
  const { key } = net
  if (key === undefined) throw new Error('the network runs')
  return key
}

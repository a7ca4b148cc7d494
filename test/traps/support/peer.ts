import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { libp2pNetwork, type Libp2pNetwork, type Libp2pNetworkInit } from '@haggle/libp2p'
import type { BlobSource, GossipVerdict } from '@haggle/ports'
import type { AgentKey, PayloadHash } from '@haggle/protocol'
import { within } from '../../process/support/limit.ts'

/** What a wait of a regression may take: no more, since a regression whose fix is gone usually ends by it. */
export const WAIT_MS = 15_000

export const TOPIC = 'haggle/1/lab/market/7'

export interface Seen {
  readonly gossip: string[]
  readonly frames: AgentKey[]
  readonly mismatches: string[]
  downs: number
}

export interface PeerOptions extends Partial<Libp2pNetworkInit> {
  readonly verdict?: (text: string) => GossipVerdict
  readonly blob?: (hash: PayloadHash) => BlobSource | undefined
}

/** A network of ours on real sockets, and what it told. */
export interface Peer {
  readonly net: Libp2pNetwork
  readonly seen: Seen
  readonly address: string
  readonly key: AgentKey
  /** Resolves when the condition holds, looked at after every event. */
  until(what: string, holds: () => boolean, limitMs?: number): Promise<void>
}

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export function seedOf(name: string): Uint8Array {
  return createHash('sha256').update(name).digest()
}

export async function peer(name: string, options: PeerOptions = {}): Promise<Peer> {
  const { verdict, blob, ...init } = options
  const seen: Seen = { gossip: [], frames: [], mismatches: [], downs: 0 }
  const looks = new Set<() => void>()
  const changed = (): void => {
    for (const look of looks) look()
  }
  const network = init.networkName ?? 'lab'
  const net = libp2pNetwork({
    privateKeySeed: seedOf(name),
    hello: () => ({ network, networkId: 'ab'.repeat(32), params: { lease: 1 }, version: '0.1.0', time: Date.now() }),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap: [],
    mdns: false,
    networkName: network,
    logger: quiet,
    ...init,
  })
  await net.start({
    gossip(_topic, _from, bytes) {
      const text = Buffer.from(bytes).toString()
      seen.gossip.push(text)
      changed()
      return verdict?.(text) ?? 'accept'
    },
    frame(from) {
      seen.frames.push(from)
      changed()
    },
    blob: (_from, hash) => Promise.resolve(blob?.(hash)),
    peerUp: changed,
    peerDown() {
      seen.downs += 1
      changed()
    },
    mismatch(_key, other) {
      seen.mismatches.push(other)
      changed()
    },
  })
  const until = (what: string, holds: () => boolean, limitMs = WAIT_MS): Promise<void> => {
    let look = (): void => undefined
    const held = new Promise<void>((resolve) => {
      look = () => {
        if (holds()) resolve()
      }
      looks.add(look)
      look()
    })
    return within(held, what, limitMs).finally(() => looks.delete(look))
  }
  const { key } = net
  assert(key !== undefined, 'a network that runs has a key')
  return { net, seen, key, address: net.addresses()[0] ?? '', until }
}

export function met(one: Peer, other: Peer): Promise<void> {
  return one.until('two peers to meet', () => one.net.peers().some(({ key }) => key === other.key))
}

/** Two that know each other. */
export async function pair(options: PeerOptions = {}, other: PeerOptions = options): Promise<readonly [Peer, Peer]> {
  const [ada, bob] = await Promise.all([peer('ada', options), peer('bob', other)])
  await ada.net.dial(bob.address)
  await Promise.all([met(ada, bob), met(bob, ada)])
  return [ada, bob]
}

export function heard(one: Peer, text: string, limitMs?: number): Promise<void> {
  return one.until(`"${text.slice(0, 20)}" by gossip`, () => one.seen.gossip.includes(text), limitMs)
}

export function listening(one: Peer, count: number, topic = TOPIC): Promise<void> {
  return within(one.net.listening(topic, count), `${count} peers that listen`, WAIT_MS)
}

export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text)
}

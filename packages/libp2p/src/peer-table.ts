import type { AgentKey } from '@haggle/protocol'
import type { PeerInfo } from '@haggle/ports'
import type { Connection } from '@libp2p/interface'
import type { KnownPeer } from './peer-exchange.ts'
import type { Link } from './link.ts'

/** Somebody we have a connection with. */
export interface PeerEntry {
  readonly key: AgentKey
  readonly connections: Set<Connection>
  readonly since: number
  /** Where it says it listens. */
  addresses: readonly string[]
  link: LinkState
  /** Streams of this peer that ended, forgotten as they age: an unsteady peer is not worth the work. */
  losses: number
  /** When it was last told of others. */
  toldAt: number
  /** Runs out when the handshake takes too long. */
  deadline: NodeJS.Timeout | undefined
}

/** What the stream with a peer waits for. */
export type LinkState =
  | { readonly kind: 'none' }
  | { readonly kind: 'waiting'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'opening'; readonly abort: AbortController }
  | { readonly kind: 'greeting'; readonly link: Link }
  | { readonly kind: 'up'; readonly link: Link; readonly info: PeerInfo }
  /** Being left: nothing more is read, sent or opened. */
  | { readonly kind: 'leaving' }

/** Up to `count` peers in random order, none of them `except`: what one peer is told of the others. */
export function randomPeers(entries: Iterable<PeerEntry>, count: number, except: AgentKey): readonly KnownPeer[] {
  const known = [...entries].filter(
    (entry) => entry.link.kind === 'up' && entry.key !== except && entry.addresses.length > 0,
  )
  return shuffled(known).slice(0, count)
}

/** A fair shuffle (Fisher-Yates). */
export function shuffled<T>(items: readonly T[]): T[] {
  const left = [...items]
  const drawn: T[] = []
  while (left.length > 0) drawn.push(...left.splice(Math.floor(Math.random() * left.length), 1))
  return drawn
}

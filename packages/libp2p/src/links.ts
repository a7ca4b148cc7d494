import { performance } from 'node:perf_hooks'
import type { AgentKey } from '@haggle/protocol'
import type { Hello, Logger, PeerInfo } from '@haggle/ports'
import type { Connection, Stream } from '@libp2p/interface'
import { ipOf } from './addresses.ts'
import { differingParams, helloBytes } from './hello.ts'
import type { WireHello } from './hello.ts'
import { channels, FrameViolation, Link, PeerStalled } from './link.ts'
import type { Handshake, LinkHooks } from './link.ts'
import { networkOf } from './misuse.ts'
import { PEERS_TOLD, peersBytes, peersFrom } from './peer-exchange.ts'
import type { KnownPeer } from './peer-exchange.ts'
import { keyOfPeer } from './peer-key.ts'
import { randomPeers } from './peer-table.ts'
import type { PeerEntry } from './peer-table.ts'
import { jitter, timings } from './timings.ts'

export const DIRECT_PROTOCOL = '/haggle/direct/1'

/** NET-05: connections with one peer; a dial from both sides at once makes two. More would take the places of others. */
const CONNECTIONS = 4

/** Lost streams that a peer may pile up before it is let go; one is forgiven with each sweep. */
const LOSSES = 8

export interface LinksInit {
  readonly own: AgentKey
  readonly maxPeers: number
  readonly logger: Logger
  hello(): Hello
  addresses(): readonly string[]
  frame(from: AgentKey, bytes: Uint8Array): void | Promise<void>
  peerUp(info: PeerInfo): void
  peerDown(key: AgentKey): void
  mismatch(key: AgentKey, network: string, differing: readonly string[]): void
  /** Peers that a peer told us of; `teller` is its connection. */
  told(peers: readonly KnownPeer[], teller: Connection): void
  /** A peer is not to be dialled again for a while. */
  shunned(key: AgentKey): void
  /** A connection was made for nothing: its peer is not one to keep. */
  vain(connection: Connection): void
  /** Nothing connects us with this peer any more. */
  gone(key: AgentKey): void
}

/** Everybody we are connected with, and the one stream with each (NET-18). */
export class Links {
  readonly #init: LinksInit
  readonly #entries = new Map<AgentKey, PeerEntry>()
  #open = true

  constructor(init: LinksInit) {
    this.#init = init
  }

  entries(): IterableIterator<PeerEntry> {
    return this.#entries.values()
  }

  entry(key: AgentKey): PeerEntry | undefined {
    return this.#entries.get(key)
  }

  peers(): PeerInfo[] {
    return [...this.#entries.values()].flatMap(({ link }) => (link.kind === 'up' ? [link.info] : []))
  }

  /** NET-74: the address of a peer, of IPv6 the network of its host; null when it is gone or has to go. */
  originOf(key: AgentKey): string | null {
    const entry = this.#entries.get(key)
    const [connection] = entry?.connections ?? []
    if (connection === undefined || entry?.link.kind === 'leaving') return null
    const ip = ipOf(connection.remoteAddr)
    return ip === undefined ? '' : networkOf(ip)
  }

  send(to: AgentKey, frame: Uint8Array): boolean {
    const link = this.#entries.get(to)?.link
    return link?.kind === 'up' && link.link.send(channels.app, frame)
  }

  async room(to: AgentKey): Promise<boolean> {
    const link = this.#entries.get(to)?.link
    return link?.kind === 'up' && link.link.room()
  }

  connected(connection: Connection): void {
    const key = keyOfPeer(connection.remotePeer)
    if (!this.#open || key === undefined) {
      connection.abort(new Error('not an agent'))
      return
    }
    const entry = this.#ensure(key)
    entry.connections.add(connection)
    const [oldest] = entry.connections
    // The oldest goes: of a peer whose network came and went, it is the one that is dead already.
    if (entry.connections.size > CONNECTIONS) oldest?.abort(new Error('too many connections of one peer'))
    if (entry.link.kind === 'leaving') leave(connection)
    else if (entry.link.kind === 'none') this.#reopen(entry, 0)
  }

  disconnected(connection: Connection): void {
    const key = keyOfPeer(connection.remotePeer)
    const entry = key === undefined ? undefined : this.#entries.get(key)
    if (entry === undefined || !entry.connections.delete(connection)) return
    if (entry.connections.size > 0) return
    // NET-06: what arrived before the end is still read, above all a hello that says why the other side left; then the link ends by itself.
    if (entry.link.kind === 'greeting' || entry.link.kind === 'up') this.#arm(entry)
    else this.#remove(entry)
  }

  /** A stream that the other side opened. */
  accept(stream: Stream, connection: Connection): void {
    const key = keyOfPeer(connection.remotePeer)
    // NET-18: the agent with the smaller key opens; a stream from the wrong side would make two.
    if (!this.#open || key === undefined || key > this.#init.own) {
      stream.abort(new Error('this side opens the stream'))
      return
    }
    const entry = this.#ensure(key)
    entry.connections.add(connection)
    if (entry.link.kind === 'leaving') {
      stream.abort(new Error('this peer is being left'))
      return
    }
    // Only one stream is ever open on the opener's side, so a second one means that the first is dead there.
    this.#close(entry, new Error('the peer opened a new stream'))
    this.#attach(entry, stream, connection)
  }

  /** Leaves a peer: closes its connections, in good order when it still has something to read from us; `at once` reads nothing more of it. */
  leave(key: AgentKey, reason: string, how: 'in order' | 'at once' = 'in order'): void {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.link.kind === 'leaving') return
    this.#init.logger.debug('net.peer-left', { reason })
    const { link } = entry
    clearTimeout(entry.deadline)
    if (link.kind === 'waiting') clearTimeout(link.timer)
    if (link.kind === 'opening') link.abort.abort()
    if (link.kind === 'greeting' || link.kind === 'up') link.link.flush()
    entry.link = { kind: 'leaving' }
    for (const connection of entry.connections) {
      if (link.kind !== 'up') this.#init.vain(connection)
      if (how === 'in order') leave(connection)
      else connection.abort(new Error(reason))
    }
    if (link.kind === 'up') this.#init.peerDown(key)
    if (entry.connections.size === 0) this.#remove(entry)
  }

  /** Tells every peer that we live, and now and then of some others; lets go who says nothing any more, and forgives old losses. */
  refresh(): void {
    const now = performance.now()
    for (const entry of this.#entries.values()) {
      entry.losses = Math.max(0, entry.losses - 1)
      if (entry.link.kind !== 'up') continue
      const { link } = entry.link
      // NET-30: a host whose cable is out says no goodbye, and TCP alone would wait for it for a quarter of an hour.
      if (link.isSilent()) this.leave(entry.key, 'silent')
      else if (now - entry.toldAt < timings.tellMs || !this.#tell(entry, link))
        link.send(channels.pulse, new Uint8Array())
    }
  }

  stop(): void {
    this.#open = false
    for (const entry of this.#entries.values()) this.#close(entry, new Error('the network stops'))
    this.#entries.clear()
  }

  #remove(entry: PeerEntry): void {
    if (this.#entries.get(entry.key) !== entry) return
    this.#entries.delete(entry.key)
    this.#close(entry, new Error('the connection is gone'))
    this.#init.gone(entry.key)
  }

  #ensure(key: AgentKey): PeerEntry {
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    const entry: PeerEntry = {
      key,
      connections: new Set(),
      since: performance.now(),
      addresses: [],
      link: { kind: 'none' },
      losses: 0,
      toldAt: Number.NEGATIVE_INFINITY,
      deadline: undefined,
    }
    this.#entries.set(key, entry)
    this.#arm(entry)
    return entry
  }

  #arm(entry: PeerEntry): void {
    clearTimeout(entry.deadline)
    entry.deadline = setTimeout(() => this.leave(entry.key, 'handshake-timeout'), timings.handshakeMs)
  }

  // NET-18: a lost stream is opened again while a connection lives, by the side that opens, each time a little later.
  #reopen(entry: PeerEntry, delayMs: number): void {
    if (!this.#open || entry.key < this.#init.own) return
    if (delayMs === 0) void this.#dialStream(entry)
    else entry.link = { kind: 'waiting', timer: setTimeout(() => void this.#dialStream(entry), delayMs) }
  }

  async #dialStream(entry: PeerEntry): Promise<void> {
    const connection = [...entry.connections].find(({ status }) => status === 'open')
    if (connection === undefined) {
      entry.link = { kind: 'none' }
      return
    }
    const abort = new AbortController()
    const opening = { kind: 'opening', abort } as const
    entry.link = opening
    try {
      const stream = await connection.newStream(DIRECT_PROTOCOL, { signal: abort.signal })
      if (entry.link === opening) this.#attach(entry, stream, connection)
      else stream.abort(new Error('no longer wanted'))
    } catch (error) {
      if (entry.link !== opening) return
      entry.link = { kind: 'none' }
      if (error instanceof Error && error.name === 'UnsupportedProtocolError') {
        this.#init.shunned(entry.key)
        this.leave(entry.key, 'not-haggle')
      } else this.#lost(entry)
    }
  }

  #attach(entry: PeerEntry, stream: Stream, connection: Connection): void {
    const link: Link = new Link(
      stream,
      this.#hooks(entry, connection, () => link),
    )
    entry.link = { kind: 'greeting', link }
  }

  #hooks(entry: PeerEntry, connection: Connection, self: () => Link): LinkHooks {
    const isCurrent = (): boolean => 'link' in entry.link && entry.link.link === self()
    return {
      hello: () => {
        const hello = this.#init.hello()
        return { bytes: helloBytes(hello, this.#init.addresses()), time: hello.time }
      },
      greeted: (hello) => isCurrent() && this.#greeted(entry, hello),
      ready: (handshake) => {
        if (isCurrent()) this.#ready(entry, self(), handshake)
      },
      peers: (bytes) => {
        const peers = peersFrom(bytes)
        if (peers === undefined) throw new FrameViolation('a list of peers that is none')
        this.#init.told(peers, connection)
      },
      frame: (bytes) => (isCurrent() ? this.#init.frame(entry.key, bytes) : undefined),
      ended: (reason) => {
        if (isCurrent()) this.#ended(entry, reason)
      },
    }
  }

  #greeted(entry: PeerEntry, hello: WireHello): boolean {
    const ours = this.#init.hello()
    if (hello.network === ours.network && hello.networkId === ours.networkId) return true
    // NET-19: one name and other params: both sides say which; another name: the two have nothing to say to each other.
    const differs = hello.network === ours.network ? differingParams(ours.params, hello.params) : []
    const named = hello.network === ours.network && differs.length === 0 ? ['networkId'] : differs
    this.#init.shunned(entry.key)
    this.leave(entry.key, 'mismatch')
    this.#init.mismatch(entry.key, hello.network, named)
    return false
  }

  #ready(entry: PeerEntry, link: Link, { hello, rttMs, clockSkewMs }: Handshake): void {
    clearTimeout(entry.deadline)
    entry.addresses = hello.addresses
    this.#tell(entry, link)
    // NET-08: a full node still tells a newcomer of others before they part.
    if (this.peers().length >= this.#init.maxPeers) {
      this.#init.shunned(entry.key)
      this.leave(entry.key, 'full')
      return
    }
    const info: PeerInfo = { key: entry.key, addresses: hello.addresses, clockSkewMs, rttMs }
    entry.link = { kind: 'up', link, info }
    this.#init.logger.debug('net.peer-up', { rttMs: Math.round(rttMs), clockSkewMs, peers: this.peers().length })
    this.#init.peerUp(info)
  }

  // NET-21: on first contact and from time to time.
  #tell(entry: PeerEntry, link: Link): boolean {
    entry.toldAt = performance.now()
    const peers = randomPeers(this.#entries.values(), PEERS_TOLD, entry.key)
    return peers.length > 0 && link.send(channels.peers, peersBytes(peers))
  }

  #ended(entry: PeerEntry, reason: Error | undefined): void {
    const wasUp = entry.link.kind === 'up'
    entry.link = { kind: 'none' }
    if (wasUp) this.#init.peerDown(entry.key)
    if (reason instanceof FrameViolation) {
      // NET-25: who breaks the framing is dropped and not dialled for a while.
      this.#init.logger.warn('net.frame-violation', { reason: reason.message })
      this.#init.shunned(entry.key)
      this.leave(entry.key, 'violation')
      return
    }
    // NET-16: a new stream on the same connection would take no more bytes than the old one.
    if (reason instanceof PeerStalled) this.leave(entry.key, 'stalled')
    else this.#lost(entry)
  }

  #lost(entry: PeerEntry): void {
    if (entry.connections.size === 0) {
      this.#remove(entry)
      return
    }
    entry.losses += 1
    if (entry.losses > LOSSES) {
      this.leave(entry.key, 'unsteady')
      return
    }
    this.#arm(entry)
    this.#reopen(entry, jitter(50, 100) * 2 ** entry.losses)
  }

  #close(entry: PeerEntry, reason: Error): void {
    const { link } = entry
    clearTimeout(entry.deadline)
    entry.link = { kind: 'none' }
    if (link.kind === 'waiting') clearTimeout(link.timer)
    if (link.kind === 'opening') link.abort.abort()
    if (link.kind === 'greeting' || link.kind === 'up') link.link.cut(reason)
    if (link.kind === 'up') this.#init.peerDown(entry.key)
  }
}

/** Closes a connection so that what was sent still arrives; cuts it when that takes too long. */
function leave(connection: Connection): void {
  connection.close({ signal: AbortSignal.timeout(timings.closeMs) }).catch((error: unknown) => {
    connection.abort(error instanceof Error ? error : new Error('left'))
  })
}

import { HaggleError, type AgentKey, type PayloadHash } from '@haggle/protocol'
import type { GossipVerdict, Network, NetworkHandlers, PeerInfo } from '@haggle/ports'
import type { Tamper } from '../agents/byzantine/tamper.ts'
import type { Connection } from './connection.ts'
import type { Ether } from './ether.ts'

/** What a wire asks of the process that it belongs to. */
export interface WireOwner {
  readonly key: AgentKey
  /** The agent's number in the Plan: links are between agents. */
  readonly place: number
  /** Names its dice. */
  readonly id: number
  /** Something leaves the process; false: it is dead, by this or before. */
  op(name: string): boolean
  wallMs(): number
  /** A handler threw, which it must not. */
  broke(error: unknown): void
  sent(to: AgentKey, bytes: Uint8Array): void
  received(from: AgentKey, bytes: Uint8Array): void
  published(topic: string, bytes: Uint8Array): void
  heard(from: AgentKey, topic: string, bytes: Uint8Array): void
  /** This end knows that its connection with a peer is over. */
  parted(peer: AgentKey): void
  /** What a cheat says instead; undefined for who does not cheat. */
  readonly tamper: Tamper | undefined
}

interface Peer {
  readonly connection: Connection
  readonly info: PeerInfo
  /** From then on it is known what the other end listens to. */
  readonly gossipAt: number
}

/** The Network port of one process. */
export class Wire implements Network {
  readonly #ether: Ether
  readonly #owner: WireOwner
  readonly #peers = new Map<AgentKey, Peer>()
  readonly #topics = new Set<string>()
  #seen = new Set<number>()
  #seenBefore = new Set<number>()
  #seenTurned = 0
  #handlers: NetworkHandlers | undefined

  constructor(ether: Ether, owner: WireOwner) {
    this.#ether = ether
    this.#owner = owner
  }

  get key(): AgentKey {
    return this.#owner.key
  }

  get place(): number {
    return this.#owner.place
  }

  get id(): number {
    return this.#owner.id
  }

  get isUp(): boolean {
    return this.#handlers !== undefined
  }

  get connections(): readonly Connection[] {
    return [...this.#peers.values()].map(({ connection }) => connection)
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    if (!this.#owner.op('start')) return
    this.#handlers = handlers
    this.#ether.join(this)
  }

  async stop(): Promise<void> {
    this.end(false)
  }

  /** No more of this process: in order, or all of a sudden; when `quiet` nobody is told. */
  end(quiet: boolean): void {
    if (this.#handlers === undefined) return
    this.#handlers = undefined
    this.#ether.leave(this, quiet)
    this.#peers.clear()
  }

  addresses(): readonly string[] {
    return [`/sim/${this.place}`]
  }

  peers(): readonly PeerInfo[] {
    return [...this.#peers.values()].map(({ info }) => info)
  }

  async dial(multiaddr: string): Promise<void> {
    if (await this.#ether.dial(this, multiaddr)) return
    throw new HaggleError('net/dial-failed', `nobody answers at ${multiaddr}`, {
      next: 'Look whether that agent runs, and whether anything is cut between the two.',
    })
  }

  subscribe(topic: string): void {
    this.#topics.add(topic)
  }

  unsubscribe(topic: string): void {
    this.#topics.delete(topic)
  }

  listensTo(topic: string): boolean {
    return this.#topics.has(topic)
  }

  listeners(topic: string): number {
    return this.#listening(topic).length
  }

  async publish(topic: string, bytes: Uint8Array): Promise<{ readonly recipients: number }> {
    if (!this.#owner.op('publish')) return new Promise(() => {})
    const { tamper } = this.#owner
    const said = tamper?.publishing === undefined ? [bytes] : tamper.publishing(topic, bytes)
    let recipients = 0
    for (const each of said) recipients = Math.max(recipients, this.spread(topic, each))
    return { recipients }
  }

  /** Gossips these bytes, whatever they are. */
  spread(topic: string, bytes: Uint8Array): number {
    this.#owner.published(topic, bytes)
    this.#ether.remember(topic, bytes)
    const id = this.#ether.gossipId(topic, bytes)
    // NET-14: what reached nobody may be published again; what was heard is not said twice.
    if (this.hasSeen(id)) return 0
    const recipients = this.#pass(topic, bytes, null)
    if (recipients > 0) this.#isNew(id)
    return recipients
  }

  send(to: AgentKey, frame: Uint8Array): boolean {
    if (!this.#owner.op('send')) return true
    const peer = this.#peers.get(to)
    if (peer === undefined) {
      // NET-51: somebody here has something to tell that agent.
      this.#ether.want(this, to)
      return false
    }
    const { tamper } = this.#owner
    if (tamper?.outgoing === undefined) return this.#put(peer, to, frame)
    for (const each of tamper.outgoing(to, frame)) this.#put(peer, to, each)
    return true
  }

  /** Sends these bytes, whatever they are. */
  inject(to: AgentKey, bytes: Uint8Array): void {
    const peer = this.#peers.get(to)
    if (peer !== undefined) this.#put(peer, to, bytes)
  }

  #put(peer: Peer, to: AgentKey, bytes: Uint8Array): boolean {
    if (!peer.connection.from(this).send(bytes)) return false
    this.#owner.sent(to, bytes)
    return true
  }

  room(to: AgentKey): Promise<boolean> {
    return this.#peers.get(to)?.connection.from(this).room() ?? Promise.resolve(false)
  }

  async fetchBlob(
    from: AgentKey,
    hash: PayloadHash,
    offset: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const peer = this.#peers.get(from)
    if (peer === undefined) throw notConnected()
    return this.#ether.fetch(this, peer.connection, hash, offset, signal)
  }

  // What the ether calls.

  isConnectedWith(other: Wire): boolean {
    return this.#peers.get(other.key)?.connection.other(this) === other
  }

  /** Whether another process with the key of this one is connected here; a dead one is let go. */
  isTakenBy(other: Wire): boolean {
    const peer = this.#peers.get(other.key)
    if (peer === undefined || peer.connection.other(this) === other) return false
    if (peer.connection.broken) this.lost(peer.connection, peer.connection.other(this))
    return this.#peers.has(other.key)
  }

  /** Gossip messages are remembered for two minutes, as gossip does. */
  hasSeen(id: number): boolean {
    const span = Math.floor(this.#ether.now / 60_000_000)
    if (span !== this.#seenTurned) {
      this.#seenBefore = span === this.#seenTurned + 1 ? this.#seen : new Set()
      this.#seen = new Set()
      this.#seenTurned = span
    }
    return this.#seen.has(id) || this.#seenBefore.has(id)
  }

  connected(connection: Connection, rttUs: number, gossipAt: number): void {
    if (this.#handlers === undefined || connection.broken) return
    const other = connection.other(this)
    if (this.#peers.has(other.key)) {
      // Another process with that key was faster.
      connection.break(0, 1_000)
      return
    }
    const info: PeerInfo = {
      key: other.key,
      addresses: other.addresses(),
      clockSkewMs: other.wallMs() - this.wallMs() - Math.floor(rttUs / 2_000),
      rttMs: Math.ceil(rttUs / 1_000),
    }
    this.#peers.set(other.key, { connection, info, gossipAt })
    this.#handlers.peerUp(info)
  }

  /** This end has noticed that a connection is over. */
  lost(connection: Connection, other: Wire): void {
    if (this.#peers.get(other.key)?.connection !== connection) return
    this.#peers.delete(other.key)
    this.#owner.parted(other.key)
    this.#handlers?.peerDown(other.key)
  }

  receive(from: Wire, bytes: Uint8Array): Promise<void> | undefined {
    if (this.#handlers === undefined) return undefined
    this.#owner.received(from.key, bytes)
    this.#owner.tamper?.incoming?.(from.key, bytes)
    return this.#handlers.frame(from.key, bytes) ?? undefined
  }

  /** One gossip message from a neighbour, or once more from long ago. */
  gossiped(topic: string, from: AgentKey, bytes: Uint8Array, again = false): void {
    const handlers = this.#handlers
    if (handlers === undefined || !this.#topics.has(topic)) return
    if (!this.#isNew(this.#ether.gossipId(topic, bytes)) && !again) return
    this.#owner.heard(from, topic, bytes)
    this.#owner.tamper?.overheard?.(topic, bytes)
    const verdict = handlers.gossip(topic, from, bytes)
    const passOn = (told: GossipVerdict): void => {
      if (told === 'accept' && this.#handlers === handlers) this.#pass(topic, bytes, from)
    }
    if (typeof verdict === 'string') passOn(verdict)
    else verdict.then(passOn, (error: unknown) => this.#owner.broke(error))
  }

  opens(from: AgentKey, hash: PayloadHash): ReturnType<NetworkHandlers['blob']> {
    if (this.#owner.tamper?.keepsBytes === true) return Promise.resolve(undefined)
    return this.#handlers?.blob(from, hash) ?? Promise.resolve(undefined)
  }

  wallMs(): number {
    return this.#owner.wallMs()
  }

  broke(error: unknown): void {
    this.#owner.broke(error)
  }

  #pass(topic: string, bytes: Uint8Array, except: AgentKey | null): number {
    const to = this.#listening(topic).filter((connection) => connection.other(this).key !== except)
    for (const connection of to) this.#ether.gossip(this, connection, topic, bytes)
    return to.length
  }

  #listening(topic: string): Connection[] {
    const now = this.#ether.now
    const out: Connection[] = []
    for (const { connection, gossipAt } of this.#peers.values())
      if (gossipAt <= now && connection.other(this).listensTo(topic)) out.push(connection)
    return out
  }

  #isNew(id: number): boolean {
    if (this.hasSeen(id)) return false
    this.#seen.add(id)
    return true
  }
}

export function notConnected(): HaggleError {
  return new HaggleError('net/not-connected', 'There is no connection with the peer that holds the payload.', {
    next: 'Wait until the peer is back, or ask another.',
  })
}

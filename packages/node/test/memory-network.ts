import { createHash } from 'node:crypto'
import { HaggleError, type AgentKey, type PayloadHash } from '@haggle/protocol'
import type { Network, NetworkHandlers, PeerInfo } from '@haggle/ports'

/** Frames waiting for one peer; beyond it `send` says no, as a full stream does. */
const QUEUE = 1_024

/** A wire in memory on which agents meet: everybody who starts is connected with everybody, until a test cuts them. */
export class MemoryHub {
  readonly #nodes = new Map<AgentKey, MemoryNetwork>()
  readonly #cut = new Set<string>()

  /** A network port for one agent on this wire. */
  network(key: AgentKey): MemoryNetwork {
    return new MemoryNetwork(this, key)
  }

  join(node: MemoryNetwork): void {
    this.#nodes.set(node.key, node)
    for (const other of this.#nodes.values()) if (other !== node && !this.#isCut(node.key, other.key)) link(node, other)
  }

  leave(node: MemoryNetwork): void {
    if (this.#nodes.get(node.key) !== node) return
    this.#nodes.delete(node.key)
    for (const other of this.#nodes.values()) unlink(node, other)
  }

  /** Cuts two agents apart; neither hears anything of the other until `heal`. */
  cut(a: AgentKey, b: AgentKey): void {
    this.#cut.add(pair(a, b))
    this.#both(a, b, unlink)
  }

  heal(a: AgentKey, b: AgentKey): void {
    this.#cut.delete(pair(a, b))
    this.#both(a, b, link)
  }

  find(address: string): MemoryNetwork | undefined {
    return [...this.#nodes.values()].find((node) => node.addresses().includes(address))
  }

  #isCut(a: AgentKey, b: AgentKey): boolean {
    return this.#cut.has(pair(a, b))
  }

  #both(a: AgentKey, b: AgentKey, act: (a: MemoryNetwork, b: MemoryNetwork) => void): void {
    const one = this.#nodes.get(a)
    const other = this.#nodes.get(b)
    if (one !== undefined && other !== undefined) act(one, other)
  }
}

interface Link {
  readonly peer: MemoryNetwork
  readonly queue: Uint8Array[]
  readonly forRoom: ((isThere: boolean) => void)[]
  draining: boolean
}

/** The Network port over queues in this process: gossip floods with verdicts and ids by content, frames keep their order. */
export class MemoryNetwork implements Network {
  readonly key: AgentKey
  readonly #hub: MemoryHub
  readonly #links = new Map<AgentKey, Link>()
  readonly #topics = new Set<string>()
  readonly #seen = new Set<string>()
  #handlers: NetworkHandlers | undefined
  /** What left, in order: for tests that look at the wire. */
  readonly sent: { readonly to: AgentKey | null; readonly bytes: Uint8Array }[] = []
  /** How far the others find this agent's wall clock to be ahead of theirs. */
  clockAheadMs = 0
  /** Looks at everything before it leaves; a throw stops it. */
  tap: ((bytes: Uint8Array) => void) | undefined

  constructor(hub: MemoryHub, key: AgentKey) {
    this.#hub = hub
    this.key = key
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    this.#handlers = handlers
    this.#hub.join(this)
  }

  async stop(): Promise<void> {
    this.#hub.leave(this)
    this.#handlers = undefined
  }

  addresses(): readonly string[] {
    return [`/memory/${this.key}`]
  }

  peers(): readonly PeerInfo[] {
    return [...this.#links.values()].map(({ peer }) => peer.info())
  }

  async dial(multiaddr: string): Promise<void> {
    const other = this.#hub.find(multiaddr)
    if (other === undefined)
      throw new HaggleError('net/dial-failed', `nobody answers at ${multiaddr}`, {
        next: 'Look whether that agent runs.',
      })
    link(this, other)
  }

  subscribe(topic: string): void {
    this.#topics.add(topic)
  }

  unsubscribe(topic: string): void {
    this.#topics.delete(topic)
  }

  listeners(topic: string): number {
    return this.#listening(topic).length
  }

  async publish(topic: string, bytes: Uint8Array): Promise<{ readonly recipients: number }> {
    const id = idOf(topic, bytes)
    const recipients = this.#seen.has(id) ? [] : this.#listening(topic)
    this.#leaves(null, bytes)
    // What reached nobody may be published again.
    if (recipients.length > 0) this.#seen.add(id)
    for (const { peer } of recipients) peer.gossiped(topic, this.key, bytes)
    return { recipients: recipients.length }
  }

  send(to: AgentKey, frame: Uint8Array): boolean {
    const held = this.#links.get(to)
    if (held === undefined || held.queue.length >= QUEUE) return false
    this.#leaves(to, frame)
    held.queue.push(Uint8Array.from(frame))
    void this.#drain(held)
    return true
  }

  room(to: AgentKey): Promise<boolean> {
    const held = this.#links.get(to)
    if (held === undefined || held.queue.length < QUEUE) return Promise.resolve(held !== undefined)
    return new Promise((resolve) => held.forRoom.push(resolve))
  }

  async fetchBlob(
    from: AgentKey,
    hash: PayloadHash,
    offset: number,
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const held = this.#links.get(from)
    if (held === undefined)
      throw new HaggleError('net/not-connected', 'the peer is not connected', { next: 'Ask another peer.' })
    const given = new Promise<never>((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('the asker gave up')), { once: true })
    })
    const source = await Promise.race([held.peer.opens(this.key, hash), given])
    if (source === undefined)
      throw new HaggleError('net/blob-missing', 'the peer does not give this payload', { next: 'Ask another peer.' })
    return source.read(offset)
  }

  // What the other end of a wire calls.

  info(): PeerInfo {
    return { key: this.key, addresses: this.addresses(), clockSkewMs: this.clockAheadMs, rttMs: 0 }
  }

  connected(peer: MemoryNetwork): void {
    if (this.#links.has(peer.key)) return
    this.#links.set(peer.key, { peer, queue: [], forRoom: [], draining: false })
    this.#handlers?.peerUp(peer.info())
  }

  disconnected(peer: MemoryNetwork): void {
    const held = this.#links.get(peer.key)
    if (held === undefined) return
    held.queue.length = 0
    for (const resolve of held.forRoom.splice(0)) resolve(false)
    this.#links.delete(peer.key)
    this.#handlers?.peerDown(peer.key)
  }

  opens(from: AgentKey, hash: PayloadHash): ReturnType<NetworkHandlers['blob']> {
    return this.#handlers?.blob(from, hash) ?? Promise.resolve(undefined)
  }

  gossiped(topic: string, from: AgentKey, bytes: Uint8Array): void {
    const id = idOf(topic, bytes)
    if (this.#seen.has(id) || !this.#topics.has(topic)) return
    this.#seen.add(id)
    void this.#pass(topic, from, Uint8Array.from(bytes))
  }

  async receive(from: AgentKey, frame: Uint8Array): Promise<void> {
    await this.#handlers?.frame(from, frame)
  }

  async #pass(topic: string, from: AgentKey, bytes: Uint8Array): Promise<void> {
    await Promise.resolve()
    if ((await this.#handlers?.gossip(topic, from, bytes)) !== 'accept') return
    for (const { peer } of this.#listening(topic)) if (peer.key !== from) peer.gossiped(topic, this.key, bytes)
  }

  #leaves(to: AgentKey | null, bytes: Uint8Array): void {
    this.tap?.(bytes)
    this.sent.push({ to, bytes })
  }

  #listening(topic: string): Link[] {
    return [...this.#links.values()].filter(({ peer }) => peer.#topics.has(topic))
  }

  async #drain(held: Link): Promise<void> {
    if (held.draining) return
    held.draining = true
    await Promise.resolve()
    for (let frame = held.queue.shift(); frame !== undefined; frame = held.queue.shift()) {
      await held.peer.receive(this.key, frame)
      for (const resolve of held.forRoom.splice(0)) resolve(true)
    }
    held.draining = false
  }
}

function link(a: MemoryNetwork, b: MemoryNetwork): void {
  a.connected(b)
  b.connected(a)
}

function unlink(a: MemoryNetwork, b: MemoryNetwork): void {
  a.disconnected(b)
  b.disconnected(a)
}

function pair(a: AgentKey, b: AgentKey): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

function idOf(topic: string, bytes: Uint8Array): string {
  return createHash('sha256').update(topic).update('\0').update(bytes).digest('hex')
}

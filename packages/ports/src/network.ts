import type { AgentKey, DurationMs, PayloadHash, Timestamp } from '@haggle/protocol'

/** What two peers tell each other first. Peers of one name and other params print which params differ and part. */
export interface Hello {
  readonly network: string
  /** Hash of name and params, hexadecimal: signed in every record, never sent beside one. */
  readonly networkId: string
  readonly params: Readonly<Record<string, number>>
  readonly version: string
  /** The sender's wall clock. */
  readonly time: Timestamp
}

/** A peer that finished the handshake. */
export interface PeerInfo {
  readonly key: AgentKey
  readonly addresses: readonly string[]
  /** Their wall clock less ours, as the handshake showed it. */
  readonly clockSkewMs: DurationMs
  /** Round trip of the handshake. */
  readonly rttMs: DurationMs
}

/**
 * What gossip does with a message: pass on, drop silently, drop as more than was asked for (who brings too many such is let go), or drop
 * and hold it against the sender.
 */
export type GossipVerdict = 'accept' | 'ignore' | 'waste' | 'reject'

/** A payload that can be read from any offset; `size` is the whole size in bytes. */
export interface BlobSource {
  readonly size: number
  read(offset: number): AsyncIterable<Uint8Array>
}

/** What the network asks of its user. Nothing here throws: a throw is the user's bug and stops the network. */
export interface NetworkHandlers {
  /** Checks a gossip message before it is passed on. Called once per distinct message. */
  gossip(topic: string, from: AgentKey, bytes: Uint8Array): GossipVerdict | Promise<GossipVerdict>
  /** One frame from a peer's long-lived stream. Awaited before the next frame of that peer is read: back-pressure. */
  frame(from: AgentKey, bytes: Uint8Array): void | Promise<void>
  /** Opens a payload for a peer that asks by hash, or undefined: not held, or not for this peer. */
  blob(from: AgentKey, hash: PayloadHash): Promise<BlobSource | undefined>
  /** A peer finished the handshake and can be sent to. */
  peerUp(peer: PeerInfo): void
  peerDown(key: AgentKey): void
  /** A peer of another network or with other params was met and left; `differing` names the params. */
  mismatch(key: AgentKey, network: string, differing: readonly string[]): void
  /** A peer wasted too much of our time: it was disconnected, and is not let in again before so many milliseconds are over. */
  letGo?(key: AgentKey, outMs: DurationMs): void
  /** A gossip message was dropped unseen: more of its peer waited already than may wait. */
  overrun?(from: AgentKey): void
}

/** Bytes of all sockets since the start, encryption and multiplexing included. */
export interface SocketBytes {
  readonly out: number
  readonly in: number
}

/**
 * Carries bytes between agents: gossip by topic, frames to one peer in order, payloads by hash. It decides nothing.
 * Peers are found, dialled and kept by the network itself.
 */
export interface Network {
  /** Starts to listen and to look for peers; resolves when listening. */
  start(handlers: NetworkHandlers, signal?: AbortSignal): Promise<void>
  /** Leaves no timer, socket or stream behind. */
  stop(): Promise<void>
  /** Multiaddrs at which others reach us, our PeerId included. */
  addresses(): readonly string[]
  peers(): readonly PeerInfo[]
  /** From where a peer is connected, a text that its neighbours share; null: it is gone. Absent where the transport cannot tell. */
  originOf?(peer: AgentKey): string | null
  /** Makes a connection now; rejects with a coded error when nobody answers there. */
  dial(multiaddr: string, signal?: AbortSignal): Promise<void>
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  /** Peers known to listen to a topic: 0 means a publish reaches nobody yet. */
  listeners(topic: string): number
  /** Gossips bytes; `recipients` is how many peers it went to directly. */
  publish(topic: string, bytes: Uint8Array): Promise<{ readonly recipients: number }>
  /** Queues a frame to a connected peer, in order. False: its queue is full, or it is not connected, which is then tried. */
  send(to: AgentKey, frame: Uint8Array): boolean
  /** Resolves when the queue to a peer has room for what is not urgent: true, or false when the peer is gone. */
  room(to: AgentKey): Promise<boolean>
  /** Streams a payload from a peer, from `offset` on. The caller checks the hash. Rejects with a coded error. */
  fetchBlob(from: AgentKey, hash: PayloadHash, offset: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** What went through the sockets; absent, or undefined, where the transport cannot tell. */
  socketBytes?(): SocketBytes | undefined
}

import './shim.ts'
import { setMaxListeners } from 'node:events'
import { performance } from 'node:perf_hooks'
import { agentFromText, agentText, HaggleError, limits } from '@haggle/protocol'
import type { AgentKey, PayloadHash } from '@haggle/protocol'
import type { NetworkHandlers, PeerInfo, SocketBytes } from '@haggle/ports'
import type { Connection, PeerId, PeerInfo as Discovered } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { addressesOf, ipOf, isSameHost, ownInterfaces, peerTextOf, worthDialling } from './addresses.ts'
import { asError } from './as-error.ts'
import { BlobFetcher } from './blob-fetch.ts'
import { BLOB_PROTOCOL } from './blob-messages.ts'
import { BlobServer } from './blob-server.ts'
import { Gossip } from './gossip.ts'
import { ANSWERED, createHost } from './host.ts'
import type { Host } from './host.ts'
import { Keeper } from './keeper.ts'
import { DIRECT_PROTOCOL, Links } from './links.ts'
import { untilListening } from './listening.ts'
import { Misuse } from './misuse.ts'
import type { FilledInit } from './network-init.ts'
import type { KnownPeer } from './peer-exchange.ts'
import { keyOfPeer } from './peer-key.ts'
import { SocketMeter } from './socket-meter.ts'
import { gossipStreams, StallWatch } from './stall-watch.ts'
import { jitter, timings } from './timings.ts'
import { wasteWatch } from './waste-watch.ts'

/** A network that runs: the libp2p node and ours around it. */
export class Running {
  readonly key: AgentKey
  readonly gossip: Gossip
  readonly #init: FilledInit
  readonly #handlers: NetworkHandlers
  readonly #host: Host
  readonly #meter: SocketMeter
  readonly #misuse: Misuse
  readonly #wasted: (from: AgentKey) => void
  readonly #links: Links
  readonly #keeper: Keeper
  readonly #blobs: BlobServer
  readonly #fetcher: BlobFetcher
  readonly #broke: () => void
  readonly #stopping = new AbortController()
  readonly #stalls = new StallWatch()
  #sweeper: NodeJS.Timeout | undefined
  #stallLook: NodeJS.Timeout | undefined

  /** Listens, or rejects with nothing left open (NET-02). `broke` is called when a handler threw. */
  static async start(init: FilledInit, handlers: NetworkHandlers, broke: () => void): Promise<Running> {
    const listen = init.listen.map((text) => parse(text).toString())
    const bootstrap = init.bootstrap.map((text) => parse(text).toString())
    const subscribed = new Set<string>()
    const meter = new SocketMeter()
    const misuse = new Misuse()
    let running: Running | undefined
    const host = await createHost({
      ...init,
      listen,
      version: init.hello().version,
      subscribed,
      own: ownInterfaces(),
      meter,
      misuse,
      discovered: (peer) => running?.discovered(peer),
      spokeAgain: (peer) => running?.spokeAgain(peer) ?? false,
      peerCount: () => running?.peers().length ?? 0,
    })
    running = new Running({ ...init, listen, bootstrap }, handlers, host, { subscribed, meter, misuse }, broke)
    await running.#open()
    return running
  }

  private constructor(
    init: FilledInit,
    handlers: NetworkHandlers,
    host: Host,
    { subscribed, meter, misuse }: { subscribed: Set<string>; meter: SocketMeter; misuse: Misuse },
    broke: () => void,
  ) {
    const key = keyOfPeer(host.peerId)
    if (key === undefined) throw new Error('an Ed25519 seed makes an Ed25519 PeerId')
    this.key = key
    this.#init = init
    this.#handlers = handlers
    this.#host = host
    this.#meter = meter
    this.#misuse = misuse
    this.#broke = broke
    setMaxListeners(0, this.#stopping.signal)
    this.gossip = new Gossip(host.services.pubsub, subscribed, {
      handle: (topic, from, bytes) => this.#guarded(() => handlers.gossip(topic, from, bytes), 'ignore'),
      wasted: (from) => this.#wasted(from),
      overrun: (from) => void this.#guarded(() => handlers.overrun?.(from), undefined),
    })
    this.#links = this.#createLinks()
    this.#keeper = this.#createKeeper()
    this.#wasted = wasteWatch({
      ...{ misuse, links: this.#links, keeper: this.#keeper, logger: init.logger },
      told: (peer, outMs) => void this.#guarded(() => handlers.letGo?.(peer, outMs), undefined),
    })
    this.#fetcher = new BlobFetcher(init.blobConcurrency)
    this.#blobs = new BlobServer({
      concurrency: init.blobConcurrency,
      logger: init.logger,
      open: (from, hash) => this.#guarded(() => handlers.blob(from, hash), undefined),
    })
  }

  /** Begins to look for peers and to keep them. */
  keep(): void {
    this.#keeper.start()
    this.#sweep()
    this.#stallLook = setInterval(() => this.#leaveStalled(), timings.stallLookMs)
  }

  addresses(): readonly string[] {
    return this.#host.getMultiaddrs().map(String)
  }

  socketBytes(): SocketBytes {
    return this.#meter.bytes()
  }

  peers(): readonly PeerInfo[] {
    return this.#links.peers()
  }

  originOf(key: AgentKey): string | null {
    return this.#links.originOf(key)
  }

  async dial(text: string, signal?: AbortSignal): Promise<void> {
    const address = parse(text)
    signal?.throwIfAborted()
    try {
      // A connection whose stream was just lost may be about to end: who asks for one now gets one of its own.
      await this.#connect([address], this.#hasLostStream(address), signal)
    } catch (error) {
      signal?.throwIfAborted()
      // NET-03: one code for every way in which nobody answers; the cause has the details.
      const isForeign = error instanceof Error && error.name === 'EncryptionFailedError'
      const what = isForeign
        ? `Who answers at ${text} speaks no word that we understand.`
        : `Nobody answered at ${text}.`
      throw new HaggleError('net/dial-failed', what, {
        next: isForeign
          ? 'Check that both sides have the same secret (--secret FILE), or both none.'
          : 'Check the address and that the peer runs; both must be on networks that reach each other.',
        detail: { address: text },
        cause: error,
      })
    }
  }

  send(to: AgentKey, frame: Uint8Array): boolean {
    if (frame.length > limits.frameBytes) {
      throw new HaggleError('net/too-large', `A frame of ${frame.length} bytes; at most ${limits.frameBytes} pass.`, {
        next: 'Send payloads above the inline limit by hash.',
        detail: { size: frame.length, limit: limits.frameBytes },
      })
    }
    if (this.#links.send(to, frame)) return true
    // NET-51: the frame is lost; who sent it sends again what still matters when the peer is up.
    this.#keeper.want(to)
    return false
  }

  room(to: AgentKey): Promise<boolean> {
    return this.#links.room(to)
  }

  async fetchBlob(
    from: AgentKey,
    hash: PayloadHash,
    offset: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const entry = this.#links.entry(from)
    const connection = [...(entry?.connections ?? [])].find(({ status }) => status === 'open')
    if (entry?.link.kind !== 'up' || connection === undefined) {
      throw new HaggleError('net/not-connected', 'There is no connection with the peer that holds the payload.', {
        next: 'Wait until the peer is back, or ask another.',
      })
    }
    return this.#fetcher.fetch(connection, hash, offset, signal)
  }

  listening(topic: string, count: number, signal?: AbortSignal): Promise<void> {
    const stopping = this.#stopping.signal
    return untilListening(this.gossip, topic, count, signal === undefined ? [stopping] : [signal, stopping])
  }

  /** NET-24: ends within two seconds, and leaves no timer, socket or stream. */
  async stop(): Promise<void> {
    clearTimeout(this.#sweeper)
    clearInterval(this.#stallLook)
    this.#stopping.abort(
      new HaggleError('net/stopped', 'The network stopped.', { next: 'Create a new network and start it.' }),
    )
    this.#keeper.stop()
    this.#fetcher.stop()
    this.#blobs.stop()
    this.#links.stop()
    this.gossip.stop()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        for (const connection of this.#host.getConnections()) connection.abort(new Error('the network stops'))
        resolve()
      }, timings.stopMs)
    })
    const stopped = Promise.resolve(this.#host.stop()).catch((error: unknown) => {
      this.#init.logger.warn('net.stop-failed', { reason: asError(error).name })
    })
    await Promise.race([stopped, late])
    clearTimeout(timer)
  }

  discovered(peer: Discovered): void {
    const key = keyOfPeer(peer.id)
    if (key === undefined || this.#stopping.signal.aborted || this.#keeper.isReached(key)) return
    const addresses = addressesOf(agentText(key), peer.multiaddrs.slice(0, 16).map(String))
    // NET-20: mDNS reaches other machines too, so a peer that names only a loopback address is believed to be here.
    this.#keeper.heardOf(key, worthDialling(addresses, ownInterfaces(), true).map(String), true)
  }

  spokeAgain(peer: PeerId): boolean {
    const key = keyOfPeer(peer)
    return key === undefined || this.#stopping.signal.aborted || this.#keeper.spokeAgain(key)
  }

  async #open(): Promise<void> {
    const host = this.#host
    host.addEventListener('connection:open', (event) => this.#links.connected(event.detail))
    host.addEventListener('connection:close', (event) => this.#disconnected(event.detail))
    await host.handle(DIRECT_PROTOCOL, (stream, connection) => this.#links.accept(stream, connection), {
      maxInboundStreams: 4,
      maxOutboundStreams: 4,
    })
    await host.handle(BLOB_PROTOCOL, (stream, connection) => this.#blobs.accept(stream, connection), {
      maxInboundStreams: this.#init.blobConcurrency * 2,
      maxOutboundStreams: this.#init.blobConcurrency * 2,
    })
    try {
      await host.start()
    } catch (error) {
      await this.stop()
      throw new HaggleError('net/listen-failed', `Cannot listen on ${this.#init.listen.join(', ')}.`, {
        next: 'Choose another port with --listen, or end the program that has it.',
        detail: { addresses: this.#init.listen.join(' ') },
        cause: error,
      })
    }
  }

  #createLinks(): Links {
    const handlers = this.#handlers
    const guarded = this.#guarded.bind(this)
    return new Links({
      own: this.key,
      maxPeers: this.#init.maxPeers,
      logger: this.#init.logger,
      hello: () => this.#init.hello(),
      addresses: () => this.addresses(),
      frame: (from, bytes) => guarded(() => handlers.frame(from, bytes), undefined),
      peerUp: (info) => void guarded(() => handlers.peerUp(info), undefined),
      peerDown: (key) => void guarded(() => handlers.peerDown(key), undefined),
      mismatch: (key, network, differing) => void guarded(() => handlers.mismatch(key, network, differing), undefined),
      told: (peers, teller) => this.#told(peers, teller),
      shunned: (key) => this.#keeper.shun(key),
      vain: ({ direction, remoteAddr }) => {
        if (direction === 'inbound') this.#misuse.cameInVain(ipOf(remoteAddr), performance.now())
      },
      gone: (key) => this.#keeper.lost(key),
    })
  }

  #createKeeper(): Keeper {
    return new Keeper({
      own: this.key,
      bootstrap: this.#init.bootstrap.filter((text) => peerTextOf(multiaddr(text)) !== agentText(this.key)),
      maxPeers: this.#init.maxPeers,
      logger: this.#init.logger,
      dial: (to, signal, answered) => this.#connect(to.map(parse), false, signal, answered),
      isConnected: (key) => (this.#links.entry(key)?.connections.size ?? 0) > 0,
      connectedCount: () => [...this.#links.entries()].filter(({ connections }) => connections.size > 0).length,
      chosenCount: () =>
        [...this.#links.entries()].filter(({ connections }) => [...connections].some(isOutbound)).length,
    })
  }

  #hasLostStream(address: Multiaddr): boolean {
    const text = peerTextOf(address)
    const key = text === undefined ? undefined : agentFromText(text)
    const state = key === undefined ? undefined : this.#links.entry(key)?.link.kind
    return state === 'none' || state === 'waiting'
  }

  async #connect(to: Multiaddr[], force: boolean, signal?: AbortSignal, answered?: () => void): Promise<AgentKey> {
    const onProgress = ({ type }: { readonly type: string }): void => void (type === ANSWERED && answered?.())
    const connection = await this.#host.dial(to, { force, onProgress, ...(signal === undefined ? {} : { signal }) })
    const key = keyOfPeer(connection.remotePeer)
    if (key === undefined) {
      connection.abort(new Error('not an agent'))
      throw new Error('who answered is not an agent')
    }
    return key
  }

  #told(peers: readonly KnownPeer[], teller: Connection): void {
    const own = ownInterfaces()
    const here = isSameHost(teller.remoteAddr, own)
    for (const { key, addresses } of peers) {
      // Everybody tells everybody of the same few: most of them are reached already.
      if (this.#keeper.isReached(key)) continue
      this.#keeper.heardOf(key, worthDialling(addressesOf(agentText(key), addresses), own, here).map(String), false)
    }
  }

  #disconnected(connection: Connection): void {
    this.#links.disconnected(connection)
    const key = keyOfPeer(connection.remotePeer)
    // NET-09: of two connections with a peer, the one that carried its gossip may be the one that closed.
    const entry = key === undefined ? undefined : this.#links.entry(key)
    if (entry !== undefined && entry.link.kind === 'up' && lacksGossip(entry.connections))
      this.#links.leave(entry.key, 'no-gossip')
  }

  #sweep(): void {
    this.#sweeper = setTimeout(
      () => {
        const now = performance.now()
        // NET-09: gossip opens its stream once per connection and never again; a peer without one is reconnected.
        for (const { key, link, connections, since } of this.#links.entries()) {
          if (link.kind === 'up' && now - since > timings.gossipGraceMs && lacksGossip(connections))
            this.#links.leave(key, 'no-gossip')
        }
        this.#links.refresh()
        this.#sweep()
      },
      timings.sweepMs * jitter(0.8, 1.2),
    )
  }

  #leaveStalled(): void {
    const now = performance.now()
    for (const { key, connections } of this.#links.entries()) {
      if (this.#stalls.isStalled(connections, now)) this.#links.leave(key, 'stalled')
    }
  }

  // NET-07: the port says that no handler throws; one that does is a bug of its owner, and nothing may go on as if it had worked.
  async #guarded<T>(handle: () => T | Promise<T>, otherwise: T): Promise<T> {
    if (this.#stopping.signal.aborted) return otherwise
    try {
      return await handle()
    } catch (error) {
      this.#init.logger.error('net.handler-threw', { reason: asError(error).message })
      this.#broke()
      return otherwise
    }
  }
}

function parse(text: string): Multiaddr {
  try {
    return multiaddr(text)
  } catch (error) {
    throw new HaggleError('net/bad-address', `Not a multiaddr: ${JSON.stringify(text)}.`, {
      next: 'Write it as /ip4/192.168.1.7/tcp/4001 or /ip4/…/tcp/…/p2p/PEER.',
      detail: { address: text },
      cause: error,
    })
  }
}

function isOutbound(connection: Connection): boolean {
  return connection.direction === 'outbound'
}

function lacksGossip(connections: ReadonlySet<Connection>): boolean {
  return connections.size > 0 && [...connections].flatMap(gossipStreams).length === 0
}

import './shim.ts'
import { HaggleError, bounds } from '@haggle/protocol'
import type { AgentKey } from '@haggle/protocol'
import type { Network, NetworkHandlers, SocketBytes } from '@haggle/ports'
import type { FilledInit, Libp2pNetworkInit } from './network-init.ts'
import { Running } from './running.ts'

/** The port, and what only this adapter can say. */
export interface Libp2pNetwork extends Network {
  /** Resolves when at least `count` peers listen to the topic; rejects when the signal aborts or the network stops. */
  listening(topic: string, count: number, signal?: AbortSignal): Promise<void>
  /** The agent that these peers know us as. */
  readonly key: AgentKey | undefined
}

/**
 * The Network port on libp2p: TCP, noise, yamux, gossipsub, mDNS (docs/spec/transport.md).
 *
 * Errors: `net/listen-failed`, `net/bad-address`, `net/dial-failed`, `net/not-connected`, `net/blob-missing`, `net/blob-broken`,
 * `net/too-large`, `net/stopped`.
 */
export function libp2pNetwork(init: Libp2pNetworkInit): Libp2pNetwork {
  return new Libp2p({ ...init, maxPeers: init.maxPeers ?? bounds.peers, blobConcurrency: init.blobConcurrency ?? 8 })
}

type State =
  | { readonly kind: 'new' }
  | { readonly kind: 'starting'; readonly started: Promise<Running> }
  | { readonly kind: 'running'; readonly running: Running }
  | { readonly kind: 'stopped'; readonly done: Promise<void> }

class Libp2p implements Libp2pNetwork {
  readonly #init: FilledInit
  #state: State = { kind: 'new' }
  /** Counts on after the stop: whoever closes its books does so then. */
  #ran: Running | undefined

  constructor(init: FilledInit) {
    this.#init = init
  }

  get key(): AgentKey | undefined {
    return this.#state.kind === 'running' ? this.#state.running.key : undefined
  }

  async start(handlers: NetworkHandlers, signal?: AbortSignal): Promise<void> {
    if (this.#state.kind !== 'new') throw stopped('A network starts once.')
    signal?.throwIfAborted()
    const started = Running.start(this.#init, handlers, () => void this.stop())
    this.#state = { kind: 'starting', started }
    let running: Running
    try {
      running = await started
    } catch (error) {
      this.#state = { kind: 'stopped', done: Promise.resolve() }
      throw error
    }
    // NET-02: who gives up while it starts gets a network that never ran.
    if (signal?.aborted === true) await this.stop()
    signal?.throwIfAborted()
    if (!this.#isStarting()) throw stopped('The network was stopped while it started.')
    this.#state = { kind: 'running', running }
    this.#ran = running
    running.keep()
  }

  async stop(): Promise<void> {
    const state = this.#state
    if (state.kind === 'stopped') return state.done
    this.#state = { kind: 'stopped', done: end(state) }
    await this.#state.done
  }

  addresses(): readonly string[] {
    return this.#state.kind === 'running' ? this.#state.running.addresses() : []
  }

  peers(): ReturnType<Network['peers']> {
    return this.#state.kind === 'running' ? this.#state.running.peers() : []
  }

  originOf(peer: AgentKey): string | null {
    return this.#state.kind === 'running' ? this.#state.running.originOf(peer) : null
  }

  async dial(multiaddr: string, signal?: AbortSignal): Promise<void> {
    await this.#running().dial(multiaddr, signal)
  }

  subscribe(topic: string): void {
    this.#running().gossip.subscribe(topic)
  }

  unsubscribe(topic: string): void {
    this.#running().gossip.unsubscribe(topic)
  }

  listeners(topic: string): number {
    return this.#state.kind === 'running' ? this.#state.running.gossip.listeners(topic) : 0
  }

  async listening(topic: string, count: number, signal?: AbortSignal): Promise<void> {
    await this.#running().listening(topic, count, signal)
  }

  async publish(topic: string, bytes: Uint8Array): ReturnType<Network['publish']> {
    return this.#running().gossip.publish(topic, bytes)
  }

  send(to: AgentKey, frame: Uint8Array): boolean {
    return this.#state.kind === 'running' && this.#state.running.send(to, frame)
  }

  socketBytes(): SocketBytes | undefined {
    return this.#ran?.socketBytes()
  }

  room(to: AgentKey): Promise<boolean> {
    return this.#state.kind === 'running' ? this.#state.running.room(to) : Promise.resolve(false)
  }

  async fetchBlob(...request: Parameters<Network['fetchBlob']>): ReturnType<Network['fetchBlob']> {
    return this.#running().fetchBlob(...request)
  }

  #isStarting(): boolean {
    return this.#state.kind === 'starting'
  }

  #running(): Running {
    if (this.#state.kind !== 'running') throw stopped('The network does not run.')
    return this.#state.running
  }
}

async function end(state: State): Promise<void> {
  if (state.kind === 'running') return state.running.stop()
  if (state.kind !== 'starting') return
  const running = await state.started.catch(() => undefined)
  await running?.stop()
}

function stopped(message: string): HaggleError {
  return new HaggleError('net/stopped', message, { next: 'Create a new network and start it.' })
}

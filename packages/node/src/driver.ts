import { agentText, HaggleError, networkIdOf, protocolParams } from '@haggle/protocol'
import type { AgentKey, ControlFrame, DurationMs, HaggleRecord, NetworkId, RecordId, Timestamp } from '@haggle/protocol'
import type { Blobs, Clock, Entropy, Journal, Logger, Metrics, Network, PeerInfo, Signer, Verify } from '@haggle/ports'
import type { Answer, AppRequest, Command, Engine, EngineEvent, Handled, Identity } from '@haggle/core'
import { armAlarm } from './alarm.ts'
import type { NodeEvent } from './agent-types.ts'
import { Batch } from './batch.ts'
import { Carrier } from './carrier.ts'
import { EventLog } from './event-log.ts'
import { Gate, type DecodeRecord } from './gate.ts'
import { bug, closed } from './halt-error.ts'
import { Inbox, type Pending } from './inbox.ts'
import { Intake, type IntakeParts } from './intake.ts'
import { watchLag } from './lag-watch.ts'
import { OfferPace } from './offer-pace.ts'
import { PayloadFetch } from './payload-fetch.ts'
import { SealDesk } from './seal-desk.ts'
import { SnapshotKeeper } from './snapshot-keeper.ts'
import { watchSteps } from './step-watch.ts'
import { TaskIndex } from './task-index.ts'
import { Waits } from './waits.ts'

/** Every part of a driver; nothing else comes in. */
export interface DriverComponents {
  readonly createEngine: (init: Identity) => Engine
  readonly network: Network
  readonly journal: Journal
  readonly blobs: Blobs
  readonly clock: Clock
  readonly entropy: Entropy
  readonly signer: Signer
  readonly verify: Verify
  /** Absent: each record is read where it comes in. */
  readonly decode?: DecodeRecord
  readonly logger: Logger
  readonly metrics: Metrics
}

/** What a driver tells its agent, and what it must know beside its components. */
export interface DriverInit {
  readonly network: string
  /** The lease of the agent's profile: an event loop blocked for more than half of it is worth a word. */
  readonly leaseMs: DurationMs
  /** ε of the agent's profile: a wall clock that jumps by more is looked at. */
  readonly epsilonMs: DurationMs
  /** The network's anchors, roots of everybody's scores; default none. */
  readonly anchors?: readonly AgentKey[]
  /** Rows of the log from one snapshot to the next; undefined: as many as usual. */
  readonly snapshotEvery: number | undefined
  /** With whom this agent has had contracts: filled here, and asked by whoever answers offers. */
  readonly partners: IntakeParts['partners']
  /** What the engine needs the application for. Called after everything before it is on disk; must not throw. */
  readonly onRequest: (request: AppRequest) => void
  /** After a batch in which something ended: the tasks, and the events of the batch. */
  readonly onEnded: (tasks: ReadonlySet<RecordId>, events: readonly EngineEvent[]) => void
  /** Called when nothing is handled or sent any more, just before the journal closes. Must not reject. */
  readonly onStopping: () => Promise<void>
}

/** Bytes of one `entropy` of a command. */
const ENTROPY_BYTES = 64
/** Commits that nobody waits for, under way at a time. */
const MOST_UNWRITTEN = 32
/** Inputs that share one sync at most: a batch stays well below the shortest window. */
const BATCH = 256

/**
 * Drives one engine on any ports: a sequential inbox, the engine, its effects in order. Inputs that wait while a commit is
 * under way form the next batch and share its sync. Nothing after a `persist` leaves before that batch is on disk.
 */
export class Driver {
  readonly engine: Engine
  readonly events: EventLog
  readonly networkId: NetworkId
  /** Resolves when the driver has stopped, with what stopped it if that was a failure. */
  readonly stopped: Promise<Error | undefined>
  readonly #parts: DriverComponents
  readonly #init: DriverInit
  readonly #inbox = new Inbox(BATCH)
  readonly #index = new TaskIndex()
  readonly #carrier: Carrier
  readonly #intake: Intake
  readonly #payloads: PayloadFetch
  readonly #seals: SealDesk
  readonly #snapshots: SnapshotKeeper
  readonly #waits: Waits
  readonly #stop = new AbortController()
  readonly #unwritten = new Set<Promise<void>>()
  #resolveStopped: (cause: Error | undefined) => void = () => {}
  #state: 'new' | 'starting' | 'running' | 'stopping' | 'stopped' = 'new'
  #halt: Error | undefined
  #pump: Promise<void> | undefined
  #cancelAlarm = (): void => {}
  #cancelLag = (): void => {}
  #cancelSteps = (): void => {}
  #met = 0

  constructor(parts: DriverComponents, init: DriverInit) {
    this.#parts = parts
    this.#init = init
    const networkId = networkIdOf(init.network, protocolParams)
    this.networkId = networkId
    const { signer, network, blobs, clock, logger, metrics, journal, verify } = parts
    this.engine = parts.createEngine({
      ...{ self: signer.key, networkId },
      sign: (message) => signer.sign(message),
      epsilonMs: init.epsilonMs,
      anchors: init.anchors ?? [],
    })
    this.events = new EventLog(journal, signer.key)
    this.#snapshots = new SnapshotKeeper({
      ...{ journal, logger, engine: this.engine, index: this.#index, networkId },
      every: init.snapshotEvery,
    })
    this.#waits = new Waits(metrics)
    this.stopped = new Promise((resolve) => (this.#resolveStopped = resolve))
    this.#payloads = new PayloadFetch({ network, blobs, clock, logger }, (hash, held) =>
      this.#post({ input: (now) => ({ kind: 'payload', now, hash, held }) }),
    )
    this.#seals = new SealDesk({ blobs, signer, logger }, (input) => this.#post({ input }))
    this.#carrier = new Carrier({
      ...{ network, blobs, logger, metrics, networkId, index: this.#index, seals: this.#seals },
      fetch: (wanted) => this.#payloads.want(wanted),
    })
    this.#intake = new Intake({
      ...{ networkId, clock, logger, metrics, partners: init.partners },
      gate: new Gate({
        ...{ networkId, verify, decode: parts.decode, offers: new OfferPace(network, init.partners) },
        hasRoomFor: (author) => this.engine.hasRoomFor(author),
      }),
      index: this.#index,
      payloads: this.#payloads,
      record: (from, record, droppable) => this.#record(from, record, droppable),
      frame: (from, frame) => this.#frame(from, frame),
      report: (peer, violation) => this.#carrier.report(peer, violation, null),
      room: (below) => this.#inbox.room(below),
      signal: this.#stop.signal,
    })
  }

  /** Peers met since the start: with none, nobody can have seen an offer. */
  get met(): number {
    return this.#met
  }

  /** Inputs that wait for their turn. */
  get waiting(): number {
    return this.#inbox.size
  }

  /** What made the driver stop for good, if something did. */
  get halted(): Error | undefined {
    return this.#halt
  }

  /** The error with which everything is refused once the driver stops; undefined while it runs. */
  get over(): Error | undefined {
    const running = this.#halt === undefined && this.#state !== 'stopping' && this.#state !== 'stopped'
    return running ? undefined : this.#overError()
  }

  now(): { readonly wall: Timestamp; readonly mono: number } {
    return { wall: this.#parts.clock.wall(), mono: this.#parts.clock.mono() }
  }

  /** Replays the log, starts the network, and lets the engine derive its timeouts before anything is sent. */
  async start(signal?: AbortSignal): Promise<void> {
    this.#state = 'starting'
    try {
      await this.#snapshots.restore(signal)
      // The first input of all: peers that come while the network starts wait behind it.
      const entropy = Uint8Array.from(this.#parts.entropy.bytes(ENTROPY_BYTES))
      this.#inbox.push({ input: (now) => ({ kind: 'started', now, entropy }) })
      await this.#parts.network.start(this.#handlers(), signal)
    } catch (error) {
      await this.stop('start failed')
      throw error
    }
    this.#state = 'running'
    this.#cancelLag = watchLag(this.#parts.clock, this.#init.leaseMs / 2, (blockedMs) => this.#lagging(blockedMs))
    // TIME-25: an engine that waits for nothing would not look at its clocks; and what was due by the old time may be due now.
    this.#cancelSteps = watchSteps(this.#parts.clock, this.#init.epsilonMs / 2, () =>
      this.#post({ input: (now) => ({ kind: 'alarm', now }) }),
    )
    const { signer, clock, network } = this.#parts
    await this.note({ event: 'ready', at: clock.wall(), peerId: agentText(signer.key), addresses: network.addresses() })
  }

  /** Hands a command to the engine; resolves when everything it caused is on disk and on its way. */
  async command(command: Command): Promise<Answer> {
    const { over } = this
    if (over !== undefined) throw over
    const bytes = Uint8Array.from(this.#parts.entropy.bytes(ENTROPY_BYTES))
    return new Promise((resolve, reject) => {
      this.#post({
        input: (now) => ({ kind: 'command', now, command, entropy: bytes }),
        done: (handled) => resolve(handled.answer),
        dropped: () => reject(this.#overError()),
      })
    })
  }

  /** Stores and tells an event of the node itself. */
  async note(event: NodeEvent): Promise<void> {
    if (this.#halt !== undefined) return
    await new Promise<void>((resolve) => this.#post({ note: event, done: () => resolve(), dropped: () => resolve() }))
  }

  /** Tells an event that is not worth keeping. */
  tell(event: NodeEvent): void {
    this.events.tell(event)
  }

  /** Carries out what is queued, then leaves network and journal with no timer, socket or stream behind. Idempotent. */
  async stop(reason: string): Promise<void> {
    if (this.#state === 'stopping' || this.#state === 'stopped') {
      await this.stopped
      return
    }
    const wasRunning = this.#state === 'running'
    if (wasRunning) await this.note({ event: 'stopping', at: this.#parts.clock.wall(), reason })
    this.#state = 'stopping'
    this.#stop.abort()
    this.#cancelLag()
    this.#cancelSteps()
    // What is queued is still carried out; nothing new is taken.
    await this.#pump
    await Promise.allSettled([...this.#unwritten, this.#snapshots.stop()])
    this.#cancelAlarm()
    this.#inbox.dropAll()
    await Promise.all([this.#payloads.stop(), this.#seals.stop()])
    await this.#parts.network.stop().catch((error: unknown) => this.#logFailure('network-stop-failed', error))
    this.events.close()
    await this.#init.onStopping()
    await this.#parts.journal.close().catch((error: unknown) => this.#logFailure('journal-close-failed', error))
    this.#state = 'stopped'
    this.#resolveStopped(this.#halt)
  }

  #handlers(): Parameters<Network['start']>[0] {
    return {
      gossip: (topic, from, bytes) => this.#intake.gossip(topic, from, bytes),
      frame: (from, bytes) => this.#intake.frame(from, bytes),
      blob: async (from, hash) => {
        if (!this.engine.sharesPayload(from, hash)) return undefined
        const { blobs } = this.#parts
        // A disk that answers no more costs this one payload; a handler that throws would end the network.
        const size = await blobs.size(hash).catch((error: unknown) => this.#logFailure('payload-unreadable', error))
        return size === undefined ? undefined : { size, read: (offset) => blobs.read(hash, offset) }
      },
      peerUp: (peer) => this.#peerUp(peer),
      peerDown: (key) => this.#peerDown(key),
      letGo: (key) => this.#parts.metrics.tally('peers-let-go', key),
      overrun: (from) => this.#parts.metrics.tally('quota-refusals', from),
      mismatch: (key, network, differing) =>
        this.#parts.logger.warn('peer-of-another-network', { peer: key, network, differing: differing.join(' ') }),
    }
  }

  #peerUp({ key, addresses, clockSkewMs, rttMs }: PeerInfo): void {
    this.#met += 1
    this.tell({ event: 'peer', at: this.#parts.clock.wall(), peer: key, up: true, addresses })
    this.#post({ input: (now) => ({ kind: 'peer-up', now, peer: key, clockSkewMs, rttMs }) })
  }

  #peerDown(key: AgentKey): void {
    this.tell({ event: 'peer', at: this.#parts.clock.wall(), peer: key, up: false, addresses: [] })
    this.#post({ input: (now) => ({ kind: 'peer-down', now, peer: key }) })
  }

  #record(from: AgentKey, record: HaggleRecord, gossiped: boolean): Promise<Handled | null> {
    // Gossip gives way first: it comes again by digest, while a contract's entry would have to be sent again.
    if (gossiped && this.#inbox.isFull) {
      this.#parts.metrics.tally('inbox-drops')
      return Promise.resolve(null)
    }
    return new Promise((resolve) => {
      this.#post({
        input: (now) => ({ kind: 'record', now, from, record, gossiped }),
        ...{ looked: resolve, dropped: () => resolve(null), hasTime: gossiped },
      })
    })
  }

  #frame(from: AgentKey, frame: ControlFrame): void {
    this.#post({ input: (now) => ({ kind: 'frame', now, from, frame }) })
  }

  #post(pending: Pending): void {
    if (this.over !== undefined) {
      pending.dropped?.()
      return
    }
    this.#inbox.push(pending)
    if (this.#state !== 'running') return
    this.#pump ??= this.#drain(pending.hasTime === true)
  }

  /** Batch after batch until the inbox is empty. Never rejects: what fails here halts the agent. */
  async #drain(hasTime: boolean): Promise<void> {
    // What arrives together shares the batch: a packet of gossip brings many records, and each batch has its price.
    await (hasTime ? this.#parts.clock.breathe() : Promise.resolve())
    while (this.#inbox.size > 0 && this.#halt === undefined) {
      const taken = this.#inbox.take()
      try {
        await this.#turn(taken)
      } catch (error) {
        this.#haltFor(error, taken)
      }
    }
    // In the same turn as the last look at the inbox: what comes after starts the next pump.
    this.#pump = undefined
  }

  async #turn(taken: readonly Pending[]): Promise<void> {
    const batch = new Batch(this.#parts.signer.key, this.#index, this.#parts.metrics)
    // One moment for the whole batch: its inputs waited together, and clocks are looked at once.
    const now = this.now()
    for (const pending of taken) {
      const handled = pending.note === undefined ? this.engine.handle(pending.input(now)) : batch.note(pending.note)
      batch.add(pending, handled, this.events)
      pending.looked?.(handled)
    }
    // What binds us is on disk before anything that follows from it leaves; what binds nobody need not be waited for.
    const written = this.#write(batch)
    this.#snapshots.appended(batch.logRows, written)
    if (batch.durable || this.#unwritten.size > MOST_UNWRITTEN) await written
    await this.#perform(batch)
    for (const event of batch.events) this.#waits.take(event)
    this.#parts.metrics.turn()
    for (const { pending, handled } of batch.handled) pending.done?.(handled)
    if (batch.ended.size > 0) this.#init.onEnded(batch.ended, batch.events)
    this.#arm()
  }

  /** Commits a batch and tells its events; a failure halts the agent, and rejects for who waits. */
  #write(batch: Batch): Promise<void> {
    if (batch.writes.length === 0) return Promise.resolve()
    const written = this.#commit(batch)
    this.#unwritten.add(written)
    written.then(
      () => this.#unwritten.delete(written),
      (error: unknown) => {
        this.#unwritten.delete(written)
        this.#haltFor(error, [])
      },
    )
    return written
  }

  async #commit(batch: Batch): Promise<void> {
    const seqs = await this.#parts.journal.commit(batch.writes, batch.durable)
    const events = batch.eventRows(seqs)
    if (events.length > 0) await this.events.stored(events)
  }

  async #perform(batch: Batch): Promise<void> {
    for (const { handled } of batch.handled) {
      for (const effect of handled.effects) {
        if (effect.kind === 'persist' || effect.kind === 'notify') continue
        if (effect.kind === 'request') this.#init.onRequest(effect.request)
        else await this.#carrier.carry(effect)
      }
    }
  }

  #arm(): void {
    this.#cancelAlarm()
    if (this.#stop.signal.aborted) return
    this.#cancelAlarm = armAlarm(this.#parts.clock, this.engine.nextWakeup(), () =>
      this.#post({ input: (now) => ({ kind: 'alarm', now }) }),
    )
  }

  #lagging(blockedMs: DurationMs): void {
    void this.note({ event: 'lagging', at: this.#parts.clock.wall(), blockedMs, leaseMs: this.#init.leaseMs })
  }

  /** Nobody knows what the disk holds, or our own engine broke: from here on nothing is signed, sent or promised. */
  #haltFor(cause: unknown, taken: readonly Pending[]): void {
    const halt = cause instanceof HaggleError ? cause : bug(cause)
    const first = this.#halt === undefined
    this.#halt ??= halt
    for (const pending of taken) pending.dropped?.()
    if (!first) return
    this.#parts.logger.error('halted', { code: halt.code, message: halt.message })
    this.#inbox.dropAll()
    this.tell({ event: 'stopping', at: this.#parts.clock.wall(), reason: halt.code })
    void this.stop(halt.code)
  }

  #overError(): Error {
    return this.#halt ?? closed()
  }

  #logFailure(event: string, error: unknown): undefined {
    this.#parts.logger.warn(event, { code: error instanceof HaggleError ? error.code : 'unknown' })
  }
}

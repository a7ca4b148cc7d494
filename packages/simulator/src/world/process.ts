import {
  createEngine,
  profiles,
  type Answer,
  type AppRequest,
  type Command,
  type Effect,
  type Engine,
  type Identity,
} from '@haggle/core'
import { Driver, noMetrics, Partners, quietLogger } from '@haggle/node'
import { payloadHashOf, type AgentKey, type PayloadHash } from '@haggle/protocol'
import type { Signer } from '@haggle/ports'
import { tamperOf } from '../agents/byzantine/tampers.ts'
import type { Cheat, Tamper } from '../agents/byzantine/tamper.ts'
import { readRow } from '../oracle/row.ts'
import type { Moment, SeenStep, Who } from '../oracle/observer.ts'
import type { AgentPlan, Tail } from '../plan/plan.ts'
import { stream, type Random } from '../random.ts'
import type { Seed } from '../seed.ts'
import { hashOf } from '../trace.ts'
import { SimBlobs } from './blobs.ts'
import type { Commit, Disk } from './disk.ts'
import type { Host, Tally } from './host.ts'
import { NETWORK } from './host.ts'
import { SimJournal } from './journal.ts'
import { NodeClock, type Oscillator } from './node-clock.ts'
import { Wire } from './wire.ts'

/** Kinds of happenings, for the trace. */
const kinds = {
  start: 1,
  end: 2,
  commit: 3,
  sent: 4,
  received: 5,
  published: 6,
  heard: 7,
  command: 8,
  request: 9,
} as const

/** Entries of the log between two snapshots of an agent that takes many: those of two or three contracts. */
const OFTEN = 32

export interface ProcessInit {
  readonly who: Who
  /** The how many-th process of its agent. */
  readonly nth: number
  readonly plan: AgentPlan
  readonly signer: Signer
  readonly hardware: Oscillator
  readonly disk: Disk
  readonly onRequest: (request: AppRequest) => void
}

/** One life of an agent: the product's own driver and engine on ports of this world, until it is stopped or dies. */
export class Process {
  readonly who: Who
  readonly clock: NodeClock
  readonly disk: Disk
  readonly wire: Wire
  readonly driver: Driver
  readonly #host: Host
  readonly #init: ProcessInit
  readonly #entropy: Random
  readonly #tamper: Tamper | undefined
  #over = false
  #ops = 0
  #fuse: { readonly ops: number; readonly blow: () => void } | null = null

  constructor(host: Host, init: ProcessInit) {
    this.#host = host
    this.#init = init
    this.who = init.who
    this.disk = init.disk
    this.#entropy = stream(host.seed, 'entropy', init.plan.id, init.nth)
    const { byzantine } = init.plan
    this.#tamper = byzantine === null ? undefined : tamperOf(byzantine, this.#cheat())
    this.clock = new NodeClock(host.time, init.hardware, this.#entropy.between(1_000, 1_000_000))
    this.wire = new Wire(host.ether, this.#wireOwner())
    this.driver = this.#driver()
  }

  /** It has ended; nothing of it reaches the world any more. */
  get isOver(): boolean {
    return this.#over
  }

  get key(): AgentKey {
    return this.who.key
  }

  /** Wraps keys of seals, as its signer does. */
  get wrap(): Signer['wrap'] {
    return this.#init.signer.wrap
  }

  now(): Moment {
    return { at: this.#host.time.now / 1_000, wall: this.clock.wall(), mono: this.clock.mono() }
  }

  /** Resolves when it runs; false when it died or failed before. */
  async start(): Promise<boolean> {
    this.#host.trace.note(kinds.start, this.who.agent, this.#host.time.now, this.who.life)
    this.#host.oracle.started(this.who, this.now())
    void this.driver.stopped.then((cause) => {
      if (cause !== undefined && !this.#over) this.#halted(cause)
    })
    try {
      await this.driver.start()
    } catch (error) {
      this.#host.broke(this, error)
      return false
    }
    this.#meddle()
    return !this.#over
  }

  /** Null when the process died or stopped before there was an answer. */
  async command(command: Command): Promise<Answer | null> {
    if (this.#over) return null
    try {
      const answer = await this.driver.command(command)
      this.#host.trace.note(kinds.command, this.who.agent, this.#host.time.now, answer.ok ? 1 : 0)
      this.#host.oracle.commanded(this.who, this.now(), command.kind, answer.ok ? null : answer.refusal)
      return answer
    } catch {
      return null
    }
  }

  /** Keeps a payload; null when the process is dead. */
  hold(bytes: Uint8Array): PayloadHash | null {
    const hash = payloadHashOf(bytes)
    if (!this.op('hold')) return null
    this.disk.hold(hash, bytes, false)
    this.#host.oracle.held(this.who, this.now(), hash)
    return hash
  }

  /** The power goes at the n-th thing that it does outside from here on. */
  light(ops: number, blow: () => void): void {
    this.#fuse = { ops: this.#ops + ops, blow }
  }

  /** No power cut is to come. */
  defuse(): void {
    this.#fuse = null
  }

  /** It dies where it stands. */
  crash(tail: Tail, quiet: boolean): void {
    if (this.#over) return
    this.#end('crash', quiet)
    this.disk.loseTail(tail, this.#entropy)
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    if (this.#over) return
    await this.driver.stop('asked')
    if (!this.#over) this.#end('stop', false)
  }

  /** One thing that it does outside; false: it is dead, by this or before. */
  op(_name: string): boolean {
    if (this.#over) return false
    this.#ops += 1
    if (this.#fuse !== null && this.#ops >= this.#fuse.ops) {
      const { blow } = this.#fuse
      this.#fuse = null
      blow()
    }
    return !this.#over
  }

  #halted(cause: Error): void {
    this.#end('halt', false)
    this.#host.halted(this, cause)
  }

  #end(how: 'crash' | 'stop' | 'halt', quiet: boolean): void {
    this.#over = true
    const now = this.now()
    this.clock.end()
    this.wire.end(quiet)
    this.#host.trace.note(kinds.end, this.who.agent, this.#host.time.now, how.length)
    this.#host.oracle.ended(this.who, now, how)
  }

  /** A cheat has thoughts of its own now and then. */
  #meddle(): void {
    const { everyMs, idle } = this.#tamper ?? {}
    if (this.#over || everyMs === undefined || idle === undefined) return
    idle()
    this.#host.time.after(everyMs * 1_000, () => this.#meddle())
  }

  #cheat(): Cheat {
    const { seed, networkId, library } = this.#host
    const { plan, nth } = this.#init
    return {
      ...{ networkId, signer: this.#init.signer, random: stream(seed, 'byz', plan.id, nth) },
      recordOf: (wire) => library.recordOf(wire),
      recordsOf: (frame) => library.frameOf(frame).records,
      peers: () => this.wire.peers().map(({ key }) => key),
      inject: (to, frame) => this.wire.inject(to, frame),
      spread: (topic, bytes) => this.wire.spread(topic, bytes),
      wallMs: () => this.clock.wall(),
    }
  }

  #driver(): Driver {
    const { host, init } = { host: this.#host, init: this.#init }
    const profile = profiles[init.plan.profile]
    const op = (name: string): boolean => this.op(name)
    const owner = {
      op,
      committed: (commit: Commit) => this.#committed(commit),
      synced: (next: Readonly<Record<string, number>>) => host.oracle.synced(this.who, this.now(), next),
    }
    return new Driver(
      {
        createEngine: (identity) => counted(identity, host.tally, (effects) => this.#decided(effects)),
        network: this.wire,
        journal: new SimJournal(init.disk, host.time, owner, init.plan.syncUs, this.#entropy),
        blobs: new SimBlobs(init.disk, op, (hash) => host.oracle.held(this.who, this.now(), hash)),
        clock: this.clock,
        entropy: { bytes: (length) => this.#entropy.bytes(length) },
        signer: init.signer,
        verify: host.verify,
        decode: (wire) => host.library.decode(wire),
        logger: quietLogger,
        metrics: noMetrics,
      },
      {
        network: NETWORK,
        leaseMs: profile.leaseMs,
        epsilonMs: profile.epsilonMs,
        snapshotEvery: snapshotEvery(host.seed, init.plan.id),
        partners: new Partners(),
        onRequest: (request) => this.#requested(request),
        onEnded: () => {},
        onStopping: () => Promise.resolve(),
      },
    )
  }

  #decided(effects: readonly Effect[]): void {
    const steps = effects.flatMap(stepsOf)
    if (steps.length > 1) this.#host.oracle.decided(this.who, this.now(), steps)
  }

  #committed(commit: Commit): void {
    const { trace, oracle, library, time } = this.#host
    for (const row of commit.rows) trace.note(kinds.commit, this.who.agent, time.now, hashOf(row.bytes))
    const rows = commit.rows.map(({ table, seq, bytes }) =>
      readRow(table, seq, bytes, (wire) => library.recordOf(wire)),
    )
    oracle.committed(this.who, this.now(), rows)
  }

  #requested(request: AppRequest): void {
    if (this.#over) return
    const subject = 'contract' in request ? request.contract : request.task
    this.#host.trace.note(kinds.request, this.who.agent, this.#host.time.now, request.kind.length)
    this.#host.oracle.requested(this.who, this.now(), request.kind, subject)
    this.#init.onRequest(request)
  }

  #wireOwner(): ConstructorParameters<typeof Wire>[1] {
    const { host, who } = { host: this.#host, who: this.who }
    const note = (kind: number, bytes: Uint8Array): void =>
      host.trace.note(kind, who.agent, host.time.now, hashOf(bytes))
    return {
      key: who.key,
      place: who.agent,
      id: this.#init.plan.id,
      tamper: this.#tamper,
      op: (name) => this.op(name),
      wallMs: () => this.clock.wall(),
      broke: (error) => host.broke(this, error),
      sent: (to, bytes) => {
        host.tally.frames += 1
        host.tally.frameBytes += bytes.length
        note(kinds.sent, bytes)
        host.oracle.sent({ from: who, to, bytes, ...host.library.frameOf(bytes) }, this.now())
      },
      received: (from, bytes) => {
        note(kinds.received, bytes)
        const sender = { agent: host.placeOf(from), key: from, life: -1, disk: -1 }
        host.oracle.received({ from: sender, to: who.key, bytes, ...host.library.frameOf(bytes) }, who, this.now())
      },
      parted: (peer) => host.oracle.parted(who, peer, this.now()),
      published: (topic, bytes) => {
        note(kinds.published, bytes)
        host.oracle.published(who, { topic, bytes, record: host.library.recordOf(bytes) }, this.now())
      },
      heard: (from, topic, bytes) => {
        host.tally.gossip += 1
        host.tally.gossipBytes += bytes.length
        note(kinds.heard, bytes)
        host.oracle.heard(who, from, { topic, bytes, record: host.library.recordOf(bytes) }, this.now())
      },
    }
  }
}

/** Every fourth agent takes a snapshot of itself so often that its restarts begin with one; no other lives long enough for any. */
function snapshotEvery(seed: Seed, agent: number): number | undefined {
  return stream(seed, 'snapshots', agent).below(4) === 0 ? OFTEN : undefined
}

function stepsOf(effect: Effect): readonly SeenStep[] {
  switch (effect.kind) {
    case 'persist':
      return effect.entry.kind === 'record' ? [{ does: 'keeps', record: effect.entry.record }] : []
    case 'publish':
      return [{ does: 'says', record: effect.record }]
    case 'send':
      return effect.records.map((record) => ({ does: 'says', record }))
    default:
      return []
  }
}

/** The product's engine; counts what changed something or was refused, and tells what it wants done. */
function counted(identity: Identity, tally: Tally, tell: (effects: readonly Effect[]) => void): Engine {
  const engine = createEngine(identity)
  return {
    ...engine,
    handle: (input) => {
      const handled = engine.handle(input)
      tally.calls += 1
      if (handled.effects.length > 0 || !handled.answer.ok) tally.events += 1
      if (handled.effects.length > 1) tell(handled.effects)
      return handled
    },
  }
}

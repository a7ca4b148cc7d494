import { payloadHashOf, type AgentKey, type PayloadHash, type RecordId } from '@haggle/protocol'
import {
  createEngine,
  type Answer,
  type AppRequest,
  type Command,
  type Effect,
  type Engine,
  type EngineEvent,
  type Handled,
  type Input,
  type LogEntry,
  type Now,
  type SnapshotPart,
} from '@haggle/core'
import { bytesOf, fakeSign, networkId } from './identity.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

/** How an agent behaves: as worker per mille of its work, as requester per mille of its reviews. */
export interface Temper {
  readonly fails: number
  readonly withdraws: number
  readonly ghosts: number
  readonly garbles: number
  readonly rejects: number
  readonly neverReviews: number
  readonly declinesQuotes: number
  /** Signs a second delivery or rejection beside the first. */
  readonly forks: number
}

export const honest: Temper = {
  fails: 0,
  withdraws: 0,
  ghosts: 0,
  garbles: 0,
  rejects: 0,
  neverReviews: 0,
  declinesQuotes: 0,
  forks: 0,
}

/** One agent of a world: an engine, a log that survives crashes, and an application with a temper. */
export class Agent {
  readonly key: AgentKey
  readonly temper: Temper
  readonly skills: readonly string[]
  readonly log: LogEntry[] = []
  readonly events: EngineEvent[] = []
  readonly payloads = new Set<PayloadHash>()
  /** It sits on panels, and offers nothing where it does nothing else. */
  role: 'party' | 'witness' | 'both' = 'party'
  /** Ids of the records in the log. */
  readonly logged = new Set<RecordId>()
  up = true
  engine: Engine
  /** Effects decided but not carried out: what a crash loses. */
  pending: Effect[] = []
  /** Called before an input while the log holds all that the engine remembers. */
  onlooker: (agent: Agent) => void = () => {}
  readonly #world: World
  readonly #random: Random

  constructor(world: World, key: AgentKey, temper: Temper, skills: readonly string[], random: Random) {
    this.#world = world
    this.#random = random
    this.key = key
    this.temper = temper
    this.skills = skills
    this.engine = this.#freshEngine()
  }

  #freshEngine(): Engine {
    return createEngine({ self: this.key, networkId, sign: fakeSign(this.key) })
  }

  /** An engine that remembers this log, and nothing else. */
  replay(log: readonly LogEntry[]): Engine {
    const engine = this.#freshEngine()
    for (const entry of log) engine.handle({ kind: 'restored', entry })
    return engine
  }

  /** An engine that remembers a snapshot and what was written later. */
  recall(snapshot: readonly SnapshotPart[], later: readonly LogEntry[]): Engine {
    const engine = this.#freshEngine()
    for (const part of snapshot) engine.handle({ kind: 'recalled', part })
    for (const entry of later) engine.handle({ kind: 'restored', entry })
    return engine
  }

  /** Everybody else in the world. */
  acquaintances(): AgentKey[] {
    return this.#world.agents.map((agent) => agent.key).filter((key) => key !== this.key)
  }

  now(): Now {
    return this.#world.clockOf(this)
  }

  handle(input: Input): Handled {
    if (!this.pending.some((effect) => effect.kind === 'persist')) this.onlooker(this)
    const handled = this.engine.handle(input)
    this.pending.push(...handled.effects)
    this.#world.saw(this, handled.answer)
    return handled
  }

  command(command: Command): Answer {
    return this.handle({ kind: 'command', now: this.now(), command, entropy: this.#random.bytes(64) }).answer
  }

  /** Carries out the next decided effect; false when there is none. */
  step(): boolean {
    const effect = this.pending.shift()
    if (effect === undefined) return false
    this.#carryOut(effect)
    return true
  }

  settleEffects(): void {
    for (let steps = 0; this.step(); steps += 1) {
      if (steps === 10_000) throw new Error(`effects without end, next: ${JSON.stringify(this.pending[0]?.kind)}`)
    }
  }

  crash(): void {
    this.up = false
    this.pending = []
  }

  restart(): void {
    this.up = true
    this.engine = this.replay(this.log)
    this.handle({ kind: 'started', now: this.now() })
    this.serve()
  }

  serve(): void {
    if (this.role !== 'party') this.command({ kind: 'witness', maxBytes: 1_000_000 })
    if (this.skills.length === 0) return
    const skills = this.skills.map((name) => ({ name, version: 1, note: null, unitPrice: null }))
    this.command({ kind: 'serve', skills, slots: 2 })
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'persist':
        this.log.push(effect.entry)
        if (effect.entry.kind === 'record') this.logged.add(effect.entry.record.id)
        return
      case 'publish':
        this.#world.publish(this, effect.record)
        return
      case 'send':
        this.#world.send(this, effect.to, effect.records, effect.payload)
        return
      case 'send-frame':
        this.#world.sendFrame(this, effect.to, effect.frame)
        return
      case 'fetch':
        this.#world.fetch(this, effect.hash, effect.from)
        return
      case 'open-seal':
      case 'find-key':
        throw new Error('nothing is sealed in these worlds')
      case 'notify':
        this.events.push(effect.event)
        return
      case 'request':
        this.#application(effect.request)
        return
      case 'report':
        this.#world.reports.push({ by: this.key, peer: effect.peer, violation: effect.violation })
        return
      case 'subscribe':
      case 'unsubscribe':
    }
  }

  #application(request: AppRequest): void {
    switch (request.kind) {
      case 'quote':
        if (this.#random.chance(this.temper.declinesQuotes / 1_000)) return
        this.#later((random) => ({
          kind: 'bid',
          task: request.task,
          generation: request.generation,
          price: 1 + random.below(request.value),
          etaMs: random.below(2_000),
          leaseMs: random.chance(0.2) ? 1_000 : null,
        }))
        return
      case 'work':
        this.#work(request)
        return
      case 'review':
        this.#review(request)
        return
      case 'recheck': {
        const { contract } = request
        const word = this.#random.pick(['pass', 'fail', 'unknown', null] as const)
        if (word !== null) this.#later(() => ({ kind: 'rechecked', contract, word }))
        return
      }
      case 'stop':
      case 'progress':
    }
  }

  #work(request: Extract<AppRequest, { kind: 'work' }>): void {
    const { contract, milestone } = request
    const dice = this.#random.below(1_000)
    const { ghosts, fails, withdraws, garbles } = this.temper
    // Its own word on how far it is, now and then after the end of what it speaks of.
    const progress = { kind: 'progress', contract, permille: dice, note: dice % 2 === 0 ? 'so far' : null } as const
    if (dice % 3 === 0) this.#world.after(this, dice, () => this.command(progress))
    if (dice < ghosts) return
    if (dice < ghosts + fails) this.#later(() => ({ kind: 'fail', contract, milestone, code: 'exit-1', note: 'no' }))
    else if (dice < ghosts + fails + withdraws) this.#later(() => ({ kind: 'withdraw', contract, reason: 'busy' }))
    else {
      const good = dice >= ghosts + fails + withdraws + garbles
      const result = good
        ? goodResult(request.terms.input.hash)
        : payloadHashOf(Uint8Array.of(0, this.#random.below(256)))
      this.payloads.add(result)
      this.#later(() => ({ kind: 'deliver', contract, milestone, resultHash: result, size: 1, mediaType: null }))
    }
  }

  #review(request: Extract<AppRequest, { kind: 'review' }>): void {
    const { contract, index } = request
    const dice = this.#random.below(1_000)
    if (dice < this.temper.neverReviews) return
    const { acceptance } = request.milestone
    const wrong = acceptance.kind === 'hash' && request.resultHash !== null && request.resultHash !== acceptance.hash
    if (wrong) this.#later(() => ({ kind: 'reject', contract, milestone: index, reason: 'check', note: 'wrong hash' }))
    else if (acceptance.kind !== 'hash' && dice < this.temper.neverReviews + this.temper.rejects) {
      this.#later(() => ({ kind: 'reject', contract, milestone: index, reason: 'check', note: 'I do not like it' }))
    } else this.#later(() => ({ kind: 'approve', contract, milestone: index }))
  }

  #later(make: (random: Random) => Command): void {
    const command = make(this.#random)
    this.#world.after(this, this.#random.below(400), () => this.command(command))
  }
}

/** The one right answer to an input: its hash once more. */
export function goodResult(input: PayloadHash): PayloadHash {
  return payloadHashOf(bytesOf(input))
}

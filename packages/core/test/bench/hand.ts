import type { AgentKey, ControlFrame, HaggleRecord, PayloadHash, RecordId, RecordType, Topic } from '@haggle/protocol'
import {
  createEngine,
  profiles,
  type Answer,
  type AppRequest,
  type Command,
  type ContractView,
  type Effect,
  type Engine,
  type EngineEvent,
  type Input,
  type LogEntry,
  type Now,
  type OfferedSkill,
  type RefusalCode,
  type TaskView,
} from '@haggle/core'
import { fakeSign, networkId } from '../world/identity.ts'
import type { Bench } from './bench.ts'

/** Payloads that stay on their way until a test says otherwise. */
const unfetchable = new Set<PayloadHash>()
export function makeUnfetchable(hash: PayloadHash): void {
  unfetchable.add(hash)
}

/** Seals that do not open, whoever tries. */
const unopenable = new Set<PayloadHash>()
export function makeUnopenable(hash: PayloadHash): void {
  unopenable.add(hash)
}

/** One engine driven by hand: every input is a call, every effect can be looked at. */
export class Hand {
  readonly key: AgentKey
  readonly log: LogEntry[] = []
  readonly events: EngineEvent[] = []
  readonly requests: AppRequest[] = []
  readonly reports: Extract<Effect, { kind: 'report' }>[] = []
  /** Records that went out, directly and by gossip. */
  readonly sent: { readonly to: AgentKey | null; readonly record: HaggleRecord }[] = []
  /** Whom it asked for payloads, in order. */
  readonly fetched: AgentKey[] = []
  /** Seals that it looked at, and keys of its own that it has not lost. */
  readonly tried: Extract<Effect, { kind: 'open-seal' }>[] = []
  readonly keys = new Map<PayloadHash, Uint8Array>()
  /** To whom a message with records went, in order: one for all the records that it holds. */
  readonly letters: AgentKey[] = []
  /** What it listens to: a shard of the market, or adverts. */
  readonly topics = new Set<number | 'adverts'>()
  readonly frames: { readonly to: AgentKey; readonly frame: ControlFrame }[] = []
  /** What the newest input caused. */
  last: readonly Effect[] = []
  /** How far this hand's wall clock is ahead of the bench's; its monotonic one goes on as it was. */
  wallAhead = 0
  engine: Engine
  readonly #bench: Bench
  #inputs = 0

  constructor(bench: Bench, key: AgentKey) {
    this.#bench = bench
    this.key = key
    this.engine = this.#fresh()
  }

  #fresh(): Engine {
    return createEngine({ self: this.key, networkId, sign: fakeSign(this.key), epsilonMs: profiles.test.epsilonMs })
  }

  now(): Now {
    return { wall: this.#bench.time + this.wallAhead, mono: this.#bench.time - 1_749_999_000_000 }
  }

  handle(input: Input): Answer {
    const { answer, effects } = this.engine.handle(input)
    this.last = effects
    for (const effect of effects) this.#carryOut(effect)
    return answer
  }

  record(from: AgentKey, record: HaggleRecord, gossiped = false): Answer {
    return this.handle({ kind: 'record', now: this.now(), from, record, gossiped })
  }

  frame(from: AgentKey, frame: ControlFrame): Answer {
    return this.handle({ kind: 'frame', now: this.now(), from, frame })
  }

  command(command: Command): Answer {
    this.#inputs += 1
    const entropy = Uint8Array.from({ length: 64 }, (_, n) => (this.#inputs * 31 + (this.#inputs >> 8) + n * 7) & 0xff)
    entropy[0] = this.#inputs & 0xff
    entropy[32] = this.#inputs & 0xff
    entropy[33] = this.#inputs >> 8
    return this.handle({ kind: 'command', now: this.now(), command, entropy })
  }

  alarm(): Answer {
    return this.handle({ kind: 'alarm', now: this.now() })
  }

  payload(hash: PayloadHash, held: boolean): Answer {
    return this.handle({ kind: 'payload', now: this.now(), hash, held })
  }

  peerUp(peer: AgentKey, clockSkewMs = 0, rttMs = 0): void {
    this.handle({ kind: 'peer-up', now: this.now(), peer, clockSkewMs, rttMs })
  }

  peerDown(peer: AgentKey): void {
    this.handle({ kind: 'peer-down', now: this.now(), peer })
  }

  serve(skill: string, slots = 1, more: Partial<OfferedSkill> = {}, allow?: readonly AgentKey[]): Answer {
    return this.command({
      kind: 'serve',
      skills: [{ name: skill, version: 1, note: null, unitPrice: null, ...more }],
      slots,
      ...(allow === undefined ? {} : { allow }),
    })
  }

  /** A new process on the same disk; it meets nobody yet. */
  restart(entries: readonly LogEntry[] = this.log): void {
    this.engine = this.#fresh()
    for (const entry of entries) this.engine.handle({ kind: 'restored', entry })
    this.handle({ kind: 'started', now: this.now() })
  }

  wakeTime(): number | null {
    const { wall, mono } = this.engine.nextWakeup()
    const clock = this.now()
    const byMono = mono === null ? null : clock.wall + (mono - clock.mono)
    const next = wall === null || byMono === null ? (wall ?? byMono) : Math.min(wall, byMono)
    return next === null ? null : next - this.wallAhead
  }

  task(id: RecordId): TaskView {
    const view = this.engine.tasks().find((each) => each.task === id)
    if (view === undefined) throw new Error(`no task ${id}`)
    return view
  }

  contract(id: RecordId): ContractView {
    const view = this.engine.contracts().find((each) => each.contract === id)
    if (view === undefined) throw new Error(`no contract ${id}`)
    return view
  }

  /** The newest record of a type that we signed. */
  newest<T extends RecordType>(type: T): HaggleRecord<T> {
    const found = this.all(type).at(-1)
    if (found === undefined) throw new Error(`no ${type} was signed`)
    return found
  }

  /** Every record of a type that we signed and wrote down, in order. */
  all<T extends RecordType>(type: T): HaggleRecord<T>[] {
    const records = this.log.flatMap((entry) => (entry.kind === 'record' ? [entry.record] : []))
    const found = records.filter((record) => record.type === type && record.author === this.key)
    // The type was just compared: the compiler cannot carry that through the type parameter.
    return found as HaggleRecord<T>[]
  }

  told(event: EngineEvent['event']): number {
    return this.events.filter((each) => each.event === event).length
  }

  #carryOut(effect: Effect): void {
    const bench = this.#bench
    switch (effect.kind) {
      case 'persist':
        this.log.push(effect.entry)
        return
      case 'publish':
        this.sent.push({ to: null, record: effect.record })
        for (const to of bench.hands) if (to !== this) this.#post(to, effect.record, true)
        return
      case 'send':
        this.letters.push(effect.to)
        for (const record of effect.records) {
          this.sent.push({ to: effect.to, record })
          const to = bench.hands.find((hand) => hand.key === effect.to)
          if (to !== undefined && bench.reaches(this, to)) this.#post(to, record)
        }
        return
      case 'send-frame': {
        const { frame } = effect
        this.frames.push({ to: effect.to, frame })
        const to = bench.hands.find((hand) => hand.key === effect.to)
        if (to !== undefined && bench.reaches(this, to))
          bench.post({ from: this, to, record: null, carry: () => void to.frame(this.key, frame) })
        return
      }
      case 'fetch':
        this.fetched.push(effect.from)
        bench.mail.push({
          from: this,
          to: this,
          record: null,
          carry: () => {
            if (!unfetchable.has(effect.hash)) void this.payload(effect.hash, true)
          },
        })
        return
      case 'open-seal': {
        const { contract, record, sealedHash } = effect
        const word = unopenable.has(sealedHash) ? 'fail' : 'pass'
        this.tried.push(effect)
        const carry = (): void => void this.handle({ kind: 'seal-opened', now: this.now(), contract, record, word })
        bench.mail.push({ from: this, to: this, record: null, carry })
        return
      }
      case 'find-key': {
        const { contract, keyHash } = effect
        const key = this.keys.get(keyHash) ?? null
        const carry = (): void => void this.handle({ kind: 'key-found', now: this.now(), contract, keyHash, key })
        bench.mail.push({ from: this, to: this, record: null, carry })
        return
      }
      case 'notify':
        this.events.push(effect.event)
        return
      case 'request':
        this.requests.push(effect.request)
        return
      case 'report':
        this.reports.push(effect)
        return
      case 'subscribe':
        this.topics.add(topicText(effect.topic))
        return
      case 'unsubscribe':
        this.topics.delete(topicText(effect.topic))
    }
  }

  #post(to: Hand, record: HaggleRecord, gossiped = false): void {
    this.#bench.post({
      from: this,
      to,
      record,
      isGossip: gossiped,
      carry: () => void to.record(this.key, record, gossiped),
    })
  }
}

function topicText(topic: Topic): number | 'adverts' {
  return topic.kind === 'market' ? topic.shard : 'adverts'
}

/** The code of a refusal, or `ok`. */
export function codeOf(answer: Answer): RefusalCode | 'ok' {
  return answer.ok ? 'ok' : answer.refusal
}

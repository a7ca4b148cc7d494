import type { AgentKey, ControlFrame, HaggleRecord, PayloadHash, RecordId, Violation } from '@haggle/protocol'
import type { Answer, Input, Now } from '@haggle/core'
import { Agent, type Temper } from './agent.ts'
import { forkOf } from './fork.ts'
import { keyOf } from './identity.ts'
import { Random } from './random.ts'
import { differsAfterReplay, differsWhenDoubled } from './scrutiny.ts'

type Parcel =
  | {
      readonly kind: 'record'
      readonly from: Agent
      readonly to: Agent
      readonly record: HaggleRecord
      readonly payload: PayloadHash | null
    }
  | { readonly kind: 'frame'; readonly from: Agent; readonly to: Agent; readonly frame: ControlFrame }
  | { readonly kind: 'deed'; readonly to: Agent; readonly life: number; readonly act: () => void }

interface Due {
  readonly at: number
  readonly order: number
  readonly parcel: Parcel
}

/** What may go wrong on the way: per mille of parcels. */
export interface Weather {
  readonly loss: number
  readonly duplicate: number
  readonly delayMs: number
}

/** More moments than this in one stretch: something answers itself for ever. */
const MOST_STEPS = 20_000

/** Several agents on virtual clocks and a network that loses, doubles and reorders. */
export class World {
  readonly random: Random
  readonly agents: Agent[] = []
  readonly reports: { readonly by: AgentKey; readonly peer: AgentKey; readonly violation: Violation }[] = []
  /** Every record that ever left an agent, in order. */
  readonly sent: { readonly by: Agent; readonly record: HaggleRecord }[] = []
  readonly refusals = new Map<string, number>()
  readonly stages = new Map<string, number>()
  /** Broken promises as they were seen, in words. */
  readonly broken: string[] = []
  /** What was tried on the engines, and how often. */
  readonly tried = new Map<string, number>()
  /** Keys with which somebody else signed: reports about them are right. */
  readonly suspects = new Set<AgentKey>()
  weather: Weather
  time = 1_750_000_000_000
  /** Dice of the onlooker: looking closer changes nothing about the world. */
  readonly #scrutiny: Random
  readonly #due: Due[] = []
  readonly #forked = new Set<RecordId>()
  readonly #lives = new Map<Agent, number>()
  #order = 0

  constructor(seed: number, weather: Weather) {
    this.random = new Random(seed)
    this.#scrutiny = new Random(seed + 77)
    this.weather = weather
  }

  add(temper: Temper, skills: readonly string[]): Agent {
    const agent = new Agent(this, keyOf(7, this.agents.length), temper, skills, new Random(this.random.below(2 ** 31)))
    this.agents.push(agent)
    this.#lives.set(agent, 0)
    return agent
  }

  /** Everybody meets everybody, and says what it serves. */
  open(): void {
    for (const agent of this.agents) for (const other of this.agents) if (agent !== other) this.meet(agent, other)
    for (const agent of this.agents) {
      agent.serve()
      agent.settleEffects()
    }
  }

  meet(agent: Agent, other: Agent): void {
    if (agent.up && other.up)
      agent.handle({ kind: 'peer-up', now: agent.now(), peer: other.key, clockSkewMs: 0, rttMs: 0 })
  }

  clockOf(agent: Agent): Now {
    // Monotonic clocks start anywhere; wall clocks agree here, skew is the simulator's trade.
    return { wall: this.time, mono: this.time - 1_749_999_000_000 + this.agents.indexOf(agent) * 1_000 }
  }

  crash(agent: Agent): void {
    agent.crash()
    this.#lives.set(agent, (this.#lives.get(agent) ?? 0) + 1)
    for (const other of this.agents) {
      if (other !== agent && other.up) other.handle({ kind: 'peer-down', now: other.now(), peer: agent.key })
    }
  }

  restart(agent: Agent): void {
    agent.restart()
    for (const other of this.agents) {
      if (other === agent || !other.up) continue
      this.meet(agent, other)
      this.meet(other, agent)
    }
  }

  after(agent: Agent, delayMs: number, act: () => void): void {
    this.#push(delayMs, { kind: 'deed', to: agent, life: this.#lives.get(agent) ?? 0, act })
  }

  publish(from: Agent, record: HaggleRecord): void {
    this.#checkLogged(from, record)
    for (const to of this.agents) if (to !== from) this.#carry({ kind: 'record', from, to, record, payload: null })
  }

  send(from: Agent, to: AgentKey, records: readonly HaggleRecord[], payload: PayloadHash | null): void {
    const target = this.agents.find((agent) => agent.key === to)
    for (const record of records) {
      this.#checkLogged(from, record)
      if (target === undefined) continue
      this.#carry({ kind: 'record', from, to: target, record, payload })
      const fork = this.#forked.has(record.id) ? null : forkOf(from, record, this.random)
      this.#forked.add(record.id)
      if (fork !== null) this.#carry({ kind: 'record', from, to: target, record: fork, payload: null })
    }
  }

  sendFrame(from: Agent, to: AgentKey, frame: ControlFrame): void {
    const target = this.agents.find((agent) => agent.key === to)
    if (target !== undefined) this.#carry({ kind: 'frame', from, to: target, frame })
  }

  fetch(agent: Agent, hash: PayloadHash, from: AgentKey): void {
    const holder = this.agents.find((each) => each.key === from)
    this.after(agent, 5, () => {
      const held = agent.payloads.has(hash) || (holder?.up === true && holder.payloads.has(hash))
      if (held) agent.payloads.add(hash)
      agent.handle({ kind: 'payload', now: agent.now(), hash, held })
    })
  }

  saw(agent: Agent, answer: Answer): void {
    if (!answer.ok) count(this.refusals, answer.refusal)
    for (const view of agent.engine.contracts()) {
      const name = view.outcome === null ? view.state : `end:${view.outcome.end}`
      count(this.stages, name)
    }
  }

  /** Delivers everything that is due within the span, with alarms, agent by agent and effect by effect. */
  run(spanMs: number, between?: () => void): void {
    const end = this.time + spanMs
    for (let steps = 0; ; steps += 1) {
      if (steps === MOST_STEPS) throw new Error(`the world does not come to rest by ${this.time}: ${this.#restless()}`)
      for (const agent of this.agents) if (agent.up) agent.settleEffects()
      const next = this.#nextMoment()
      if (next === null || next > end) break
      this.time = Math.max(this.time, next)
      this.#deliverDue()
      for (const agent of this.agents) this.#alarm(agent)
      between?.()
    }
    this.time = end
  }

  #restless(): string {
    const sent = this.sent.slice(-12).map(({ by, record }) => `${by.key.slice(0, 4)} ${record.type}`)
    return `${this.#due.length} parcels under way, last sent: ${sent.join(', ')}`
  }

  #nextMoment(): number | null {
    let next: number | null = null
    for (const due of this.#due) next = next === null ? due.at : Math.min(next, due.at)
    for (const agent of this.agents) {
      const wake = agent.up ? this.wakeTime(agent) : null
      if (wake !== null) next = next === null ? wake : Math.min(next, wake)
    }
    return next
  }

  wakeTime(agent: Agent): number | null {
    const { wall, mono } = agent.engine.nextWakeup()
    const clock = this.clockOf(agent)
    const byMono = mono === null ? null : this.time + (mono - clock.mono)
    if (wall === null) return byMono
    return byMono === null ? wall : Math.min(wall, byMono)
  }

  /** Alarms until nothing is due; an alarm that leaves its own cause standing would spin a real agent. */
  #alarm(agent: Agent): void {
    for (let alarms = 0; agent.up; alarms += 1) {
      const wake = this.wakeTime(agent)
      if (wake === null || wake > this.time) return
      if (alarms === 4)
        throw new Error(
          `alarms at ${this.time} leave a wake-up at ${wake}: ${JSON.stringify(agent.engine.nextWakeup())}`,
        )
      agent.handle({ kind: 'alarm', now: agent.now() })
      agent.settleEffects()
    }
  }

  #deliverDue(): void {
    const now = this.#due.filter((due) => due.at <= this.time).toSorted((a, b) => a.at - b.at || a.order - b.order)
    for (const due of now) this.#due.splice(this.#due.indexOf(due), 1)
    for (const { parcel } of now) this.#deliver(parcel)
  }

  #deliver(parcel: Parcel): void {
    const { to } = parcel
    if (!to.up) return
    if (parcel.kind === 'deed') {
      if (parcel.life === this.#lives.get(to)) parcel.act()
    } else if (parcel.kind === 'frame') {
      this.#bring(to, { kind: 'frame', now: to.now(), from: parcel.from.key, frame: parcel.frame })
    } else {
      if (parcel.payload !== null) to.payloads.add(parcel.payload)
      this.#bring(to, { kind: 'record', now: to.now(), from: parcel.from.key, record: parcel.record })
    }
  }

  /** An input from outside; now and then it comes twice at once, and now and then the log is held against the engine. */
  #bring(to: Agent, input: Input & { kind: 'record' | 'frame' }): void {
    to.handle(input)
    if (this.#scrutiny.chance(0.1)) this.#note('handled twice', differsWhenDoubled(to, input))
    if (this.#scrutiny.chance(0.02)) this.#note('replayed', differsAfterReplay(to))
  }

  #note(trial: string, difference: string | null): void {
    count(this.tried, trial)
    if (difference !== null) this.broken.push(`${trial}: ${difference}`)
  }

  /** A parcel on its way: lost, late or doubled as the weather has it. */
  #carry(parcel: Parcel): void {
    const { loss, duplicate, delayMs } = this.weather
    if (this.random.chance(loss / 1_000)) return
    this.#push(1 + this.random.below(delayMs), parcel)
    if (this.random.chance(duplicate / 1_000)) this.#push(1 + this.random.below(delayMs * 20), parcel)
  }

  #push(delayMs: number, parcel: Parcel): void {
    this.#order += 1
    this.#due.push({ at: this.time + delayMs, order: this.#order, parcel })
  }

  /** Persist before send: what binds its author must stand in the author's log by now. */
  #checkLogged(from: Agent, record: HaggleRecord): void {
    if (record.author !== from.key) return
    this.sent.push({ by: from, record })
    if (record.type !== 'advert' && !from.logged.has(record.id))
      this.broken.push(`sent before it was logged: ${record.type} ${record.id} of ${from.key}`)
  }
}

export function count(table: Map<string, number>, name: string): void {
  table.set(name, (table.get(name) ?? 0) + 1)
}

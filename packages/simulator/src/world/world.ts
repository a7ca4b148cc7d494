import { networkIdOf, protocolParams, type AgentKey, type PayloadHash } from '@haggle/protocol'
import { isSealOf } from '@haggle/node/pure'
import type { Verify } from '@haggle/ports'
import type { Cast, Finding, Invariant, Observer, WorldEnd } from '../oracle/observer.ts'
import { Oracle } from '../oracle/oracle.ts'
import type { Plan } from '../plan/plan.ts'
import { Bookkeeper, type Ledger } from '../run/ledger.ts'
import { Sometimes } from '../sometimes/sometimes.ts'
import { Trace } from '../trace.ts'
import { stream } from '../random.ts'
import { Actor } from './actor.ts'
import { Archive } from './archive.ts'
import { castOf } from './cast.ts'
import { Ether } from './ether.ts'
import { strike } from './faults.ts'
import { NETWORK, type Host, type Tally } from './host.ts'
import { filesOf } from './files.ts'
import { leaksOf } from './leaks.ts'
import { EPOCH_MS } from './node-clock.ts'
import { Library } from './library.ts'
import { failedProbes, probe, type Probe } from './probes.ts'
import { keyring } from './signers.ts'
import { Time } from './time.ts'
import { Weather } from './weather.ts'

/** How long the core may take for the probes. */
const PROBES_MS = 60_000
/** After an agent halted by itself its user starts it again. */
const RESTARTED_MS = 700
/** When the second process of a double begins. */
const DOUBLED_US = 300_000
/** What is still on its way when nothing is to be done any more arrives within this. */
const TRAILING_MS = 3_000
const FETCHES_MS = 60_000

/** Who looks on while a Plan is played out. */
export interface WorldOptions {
  readonly invariants: readonly Invariant[]
  /** They look on too, and promise nothing. */
  readonly observers?: readonly Observer[]
  /** The first finding ends the run. */
  readonly stopAtFinding: boolean
  /** Ends the run where it is. */
  readonly signal?: AbortSignal
}

/** What came of a run. */
export interface RunResult {
  readonly traceHash: string
  readonly findings: readonly Finding[]
  readonly tally: Readonly<Tally>
  readonly ledger: Ledger
  /** How often each occasion was met that a batch must meet now and then; empty when nobody counted. */
  readonly sometimes: Readonly<Record<string, number>>
  readonly virtualMs: number
}

/** A Plan, played out. */
export class World {
  readonly actors: readonly Actor[]
  readonly host: Host
  readonly #books = new Bookkeeper()
  readonly #archive = new Archive()
  readonly #plan: Plan
  readonly #options: WorldOptions
  readonly #opensSeal: ReturnType<typeof isSealOf>
  readonly #core: ReadonlySet<number>
  readonly #broken: Finding[] = []
  readonly #time = new Time()
  readonly #trace = new Trace()
  #healed = false

  constructor(plan: Plan, options: WorldOptions) {
    const seed = BigInt(plan.seed)
    this.#plan = plan
    this.#options = options
    this.#core = new Set(plan.phases.core)
    const keys = keyring(seed, plan.signer)
    const tally = noTally()
    const verify: Verify = (...what) => {
      tally.verifications += 1
      return keys.verify(...what)
    }
    this.#opensSeal = isSealOf(keys.wrap)
    const signers = plan.agents.map((agent) => keys.signer(agent.id))
    const places = new Map<AgentKey, number>(signers.map(({ key }, agent) => [key, agent]))
    const networkId = networkIdOf(NETWORK, protocolParams)
    const cast: Cast = castOf(plan, [...places.keys()])
    this.host = {
      ...{ seed, networkId, time: this.#time, trace: this.#trace, verify, tally },
      ether: new Ether(
        seed,
        this.#time,
        new Weather(
          seed,
          plan.agents.map(({ id }) => id),
          plan.weather,
          plan.links,
        ),
        plan.agents.length,
      ),
      oracle: new Oracle(options.invariants, cast, [this.#books, this.#archive, ...(options.observers ?? [])]),
      library: new Library(networkId, verify),
      halted: (process) => {
        const actor = this.actors[process.who.agent]
        if (actor !== undefined) this.#restart(actor, RESTARTED_MS)
      },
      broke: (process, error) => this.#broke(process.who.agent, error),
      placeOf: (key) => places.get(key) ?? -1,
    }
    const counter = { life: 0, disk: 0 }
    const numbers = { life: () => (counter.life += 1), disk: () => (counter.disk += 1) }
    this.actors = plan.agents.flatMap((agent, index) => {
      const signer = signers[index]
      return signer === undefined ? [] : [new Actor(this.host, index, agent, signer, numbers)]
    })
  }

  async run(): Promise<RunResult> {
    const { safetyMs, livenessMs, probes } = this.#plan.phases
    this.#schedule()
    await this.#pass(safetyMs)
    this.#heal()
    const livenessUntil = safetyMs + livenessMs
    await this.#pass(livenessUntil, () => this.#isQuiet())
    const tried = probes && !this.#isOver() ? probe(this.#coreActors()) : []
    const probesUntil = this.#nowMs() + PROBES_MS
    await this.#pass(probesUntil, () => failedProbes(tried).length === 0 && this.#isQuiet())
    await this.#pass(this.#nowMs() + TRAILING_MS)
    // What still fetches a payload gives up after half a minute.
    await this.#pass(this.#nowMs() + FETCHES_MS, () => this.#leaks().length === 0)
    return this.#result(livenessUntil, tried)
  }

  #schedule(): void {
    for (const actor of this.actors) {
      const startUs = actor.plan.startMs * 1_000
      this.#time.at(startUs, () => actor.start())
      if (actor.plan.byzantine === 'double') this.#time.at(startUs + DOUBLED_US, () => actor.beginClone())
    }
    for (const fault of this.#plan.faults) {
      this.#time.at(fault.atMs * 1_000, () => {
        this.host.oracle.fault(fault.atMs, fault.kind, 'agent' in fault ? fault.agent : null)
        strike(
          {
            time: this.#time,
            ether: this.host.ether,
            actors: this.actors,
            restart: (...which) => this.#restart(...which),
          },
          fault,
        )
      })
    }
    for (const deed of this.#plan.work) {
      this.#time.at(deed.atMs * 1_000, () => this.actors[deed.agent]?.act(deed))
    }
  }

  /** The core is whole again; whoever is down outside of it stays so. */
  #heal(): void {
    if (this.#isOver()) return
    this.#healed = true
    this.host.oracle.fault(this.#nowMs(), 'heal', null)
    this.host.ether.heal(this.#core)
    for (const actor of this.#coreActors()) {
      actor.endClone()
      actor.hardware.mend()
      for (const process of actor.processes) process.defuse()
      actor.disk.failing = null
      actor.disk.full = false
      actor.start()
    }
  }

  #restart(actor: Actor, afterMs: number): void {
    this.#time.after(afterMs * 1_000, () => {
      if (!this.#healed || this.#core.has(actor.agent)) actor.start()
    })
  }

  #coreActors(): readonly Actor[] {
    return this.actors.filter(({ agent }) => this.#core.has(agent))
  }

  /** Nothing is open any more at any agent of the core. */
  #isQuiet(): boolean {
    return this.#coreActors().every(({ process }) => {
      if (process === null || process.driver.waiting > 0) return false
      const { engine } = process.driver
      const busy = engine
        .tasks()
        .some(({ role, state }) => role === 'requester' && (state === 'open' || state === 'assigned'))
      return !busy && engine.contracts().every(({ outcome, overtaken }) => outcome !== null || overtaken)
    })
  }

  /** Time passes until then, or until `enough` holds, which is looked at now and then. */
  #pass(untilMs: number, enough: () => boolean = () => false): Promise<void> {
    const everyUs = 250_000 + this.actors.length * 5_000
    let nextLook = this.#time.now
    return this.#time.pass(untilMs * 1_000, () => {
      if (this.#isOver()) return true
      if (this.#time.now < nextLook) return false
      nextLook = this.#time.now + everyUs
      return enough()
    })
  }

  #nowMs(): number {
    return Math.floor(this.#time.now / 1_000)
  }

  #isOver(): boolean {
    const { stopAtFinding, signal } = this.#options
    const found = stopAtFinding && this.host.oracle.findings.length > 0
    return found || this.#broken.length > 0 || signal?.aborted === true
  }

  #broke(agent: number, error: unknown): void {
    const text = `agent ${agent} broke: ${error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error)}`
    this.#broken.push({ invariant: 'assertion', text, proof: [], at: this.#nowMs() })
  }

  #leaks(): readonly string[] {
    const cheats = this.#plan.agents.filter(({ byzantine }) => byzantine !== null).length
    return leaksOf(this.#coreActors(), this.host.ether, cheats)
  }

  /** A payload, whoever holds it. */
  #payload(hash: PayloadHash): Uint8Array | undefined {
    for (const { disk } of this.actors) {
      const bytes = disk.payload(hash)
      if (bytes !== undefined) return bytes
    }
    return undefined
  }

  #sometimes(): Readonly<Record<string, number>> {
    const counting = this.#options.invariants.find((each) => each instanceof Sometimes)
    return counting?.counts() ?? {}
  }

  #result(livenessUntil: number, tried: readonly Probe[]): RunResult {
    const over = this.#isOver()
    const end: WorldEnd = {
      at: this.#nowMs(),
      wall: EPOCH_MS + this.#nowMs(),
      livenessUntil: over ? null : livenessUntil,
      healedAt: this.#plan.phases.safetyMs,
      leaks: over ? [] : this.#leaks(),
      failedProbes: over ? [] : failedProbes(tried),
      files: over ? null : filesOf(this.#coreActors(), this.#opensSeal),
      proven: over
        ? null
        : this.#archive.proves(
            { payload: (hash) => this.#payload(hash), opensSeal: this.#opensSeal },
            stream(this.host.seed, 'orders'),
          ),
    }
    const findings = [...this.#broken, ...this.host.oracle.finish(end)]
    for (const actor of this.actors) for (const process of actor.processes) process.crash('whole', false)
    return {
      ...{
        findings,
        tally: this.host.tally,
        ledger: this.#books.ledger,
        sometimes: this.#sometimes(),
        virtualMs: this.#nowMs(),
      },
      traceHash: this.#trace.hash(),
    }
  }
}

function noTally(): Tally {
  return { calls: 0, events: 0, frames: 0, frameBytes: 0, gossip: 0, gossipBytes: 0, verifications: 0 }
}

import type { AgentKey } from '@haggle/protocol'
import type { Signer } from '@haggle/ports'
import { Application, type Wishes } from '../agents/application.ts'
import type { AgentPlan, Deed, Tail } from '../plan/plan.ts'
import { Disk } from './disk.ts'
import type { Host } from './host.ts'
import { Oscillator } from './node-clock.ts'
import { Process } from './process.ts'

/** Numbers that no two of a world share. */
export interface Numbers {
  life(): number
  disk(): number
}

/** A process of an agent, with the application on top. */
interface Seat {
  readonly process: Process
  readonly application: Application
  isUp: boolean
}

/** One agent of the Plan over all its lives: its hardware, its directory, its user's wishes, and what runs of it now. */
export class Actor {
  readonly agent: number
  readonly plan: AgentPlan
  readonly hardware: Oscillator
  readonly #host: Host
  readonly #signer: Signer
  readonly #numbers: Numbers
  readonly #wishes: Wishes
  #disk: Disk
  #lives = 0
  #seat: Seat | null = null
  #clone: Seat | null = null
  /** Its time has come to join. */
  joined = false

  constructor(host: Host, agent: number, plan: AgentPlan, signer: Signer, numbers: Numbers) {
    this.agent = agent
    this.plan = plan
    this.#host = host
    this.#signer = signer
    this.#numbers = numbers
    this.#disk = new Disk(numbers.disk())
    this.hardware = new Oscillator(host.time, plan.clock.aheadMs, plan.clock.driftPpm)
    this.#wishes = {
      ...{ offers: new Map(), cancels: new Set(), tasks: new Map() },
      ...{ skills: plan.skills, slots: plan.slots },
    }
  }

  get key(): AgentKey {
    return this.#signer.key
  }

  get disk(): Disk {
    return this.#disk
  }

  /** What runs now of its own directory. */
  get process(): Process | null {
    return this.#seat?.isUp === true && !this.#seat.process.isOver ? this.#seat.process : null
  }

  /** Everything of it that runs, starting or not. */
  get processes(): readonly Process[] {
    return [this.#seat, this.#clone].flatMap((seat) => (seat === null || seat.process.isOver ? [] : [seat.process]))
  }

  /** Begins a new life on its directory, unless one is under way. */
  start(): void {
    this.joined = true
    if (this.#seat !== null && !this.#seat.process.isOver) return
    this.#disk.full = false
    this.#disk.failing = null
    this.#host.oracle.survived(this.#disk.number, this.#moment(), { ...this.#disk.next })
    this.#seat = this.#begin(this.#disk)
  }

  act(deed: Deed): void {
    const seat = this.#seat
    const isUp = seat !== null && seat.isUp && !seat.process.isOver
    const application = seat?.application ?? this.#application(() => null)
    application.act(deed, isUp)
  }

  /** The task of a job, by its key. */
  taskOf(key: string): ReturnType<Wishes['tasks']['get']> {
    return this.#wishes.tasks.get(key)
  }

  crash(tail: Tail, quiet: boolean): void {
    this.#seat?.process.crash(tail, quiet)
  }

  async stop(): Promise<void> {
    await this.#seat?.process.stop()
  }

  /** Puts back what the directory held a while ago. */
  rollBack(agoMs: number): void {
    this.crash('whole', false)
    this.#disk.rollBack(this.#host.time.now - agoMs * 1_000)
  }

  /** A second process on a copy of the directory. */
  beginClone(): void {
    if (this.#clone !== null && !this.#clone.process.isOver) return
    const copy = this.#disk.copy(this.#numbers.disk())
    this.#host.oracle.copied(this.#disk.number, copy.number, { ...copy.next })
    this.#clone = this.#begin(copy)
  }

  endClone(): void {
    this.#clone?.process.crash('whole', false)
    this.#clone = null
  }

  #begin(disk: Disk): Seat {
    let application: Application | undefined
    const who = { agent: this.agent, key: this.key, life: this.#numbers.life(), disk: disk.number }
    const process: Process = new Process(this.#host, {
      ...{ who, nth: (this.#lives += 1), plan: this.plan, signer: this.#signer, hardware: this.hardware, disk },
      onRequest: (request) => application?.request(request),
    })
    application = this.#application(() => process)
    const seat: Seat = { process, application, isUp: false }
    void process.start().then((runs) => {
      seat.isUp = runs
      if (runs) seat.application.started()
    })
    return seat
  }

  #application(process: () => Process | null): Application {
    const { time, seed } = this.#host
    return new Application({
      ...{ seed, time, plan: this.plan, wishes: this.#wishes },
      process: () => {
        const running = process()
        if (running === null) throw new TypeError('an agent that is down does nothing')
        return running
      },
    })
  }

  #moment(): { at: number; wall: number; mono: number } {
    return { at: this.#host.time.now / 1_000, wall: this.hardware.wallMs(), mono: 0 }
  }
}

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { linesOf, type Running } from '../../process/support/running.ts'
import type { Host } from './host.ts'

const SCRIPT = fileURLToPath(new URL('member.mjs', import.meta.url))

export interface Plan {
  readonly slots: number
  readonly workMs: readonly [number, number]
  readonly jobs: readonly { readonly key: string; readonly at: number }[]
  /** Whether a flight record is kept. */
  readonly flight: boolean
  /** What every hire says beside its key. */
  readonly terms: Readonly<Record<string, unknown>>
}

export interface Status {
  readonly over: boolean
  /** How each job ended that did: `settled`, or the code of its error. */
  readonly ended: Readonly<Record<string, string>>
}

/** One agent of a storm: a process that comes back in the same directory. */
export class Member {
  readonly host: Host
  readonly name: string
  readonly plan: Plan
  readonly #others: readonly Host[]
  #running: Running | undefined
  restarts = 0

  constructor(host: Host, others: readonly Host[], plan: Plan) {
    this.host = host
    this.name = `member-${host.number}`
    this.plan = plan
    this.#others = others
  }

  get directory(): string {
    return this.host.stage.path(this.name)
  }

  async prepare(): Promise<void> {
    const peers = this.#others.map((other) => {
      const { host, port } = this.host.wayTo(other)
      return `/ip4/${host}/tcp/${port}`
    })
    const plan = { ...this.plan, listen: [this.host.listen], peers }
    await writeFile(this.host.stage.path('plan.json'), JSON.stringify(plan))
  }

  start(): Running {
    const { stage } = this.host
    this.#running = stage.spawn(process.execPath, [SCRIPT, stage.home, this.name, stage.path('plan.json')])
    this.restarts += 1
    return this.#running
  }

  get running(): Running | undefined {
    return this.#running
  }

  async kill(): Promise<void> {
    await this.#running?.kill()
    this.#running = undefined
  }

  /** Lets it close its agent and leave. */
  async leave(): Promise<number | null> {
    this.#running?.signal('SIGTERM')
    const ended = await this.#running?.ended()
    this.#running = undefined
    return ended?.code ?? null
  }

  async status(): Promise<Status> {
    const text = await readFile(this.host.stage.path(`${this.name}.status.json`), 'utf8').catch(() => '{}')
    return { over: false, ended: {}, ...(JSON.parse(text) as Partial<Status>) }
  }

  /** Runs its flight record again; gives what was not the same, and how many segments were. */
  async replay(): Promise<{ readonly segments: number; readonly problems: readonly string[] }> {
    const { stage } = this.host
    const { stdout, stderr } = await stage.run(['replay', stage.path('flight'), '--json'], '', 300_000)
    const all = linesOf(stdout).map((line) => JSON.parse(line) as { readonly same: boolean })
    const problems = all.filter(({ same }) => !same).map((each) => `${this.name}: ${JSON.stringify(each)}`)
    return { segments: all.length, problems: stderr === '' ? problems : [...problems, `${this.name}: ${stderr}`] }
  }

  /** Keys of the jobs that it said were durable. */
  async hired(): Promise<readonly string[]> {
    const text = await readFile(this.host.stage.path(`${this.name}.hired`), 'utf8').catch(() => '')
    return text.split('\n').filter((line) => line !== '')
  }
}

import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { within } from './limit.ts'

export interface Ended {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** One line that a command prints under --json. */
export interface Told {
  readonly event: string
  readonly [field: string]: unknown
}

/** A command that was started: what it says, and how it ends. */
export class Running {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #title: string
  readonly #stdout: Buffer[] = []
  readonly #stderr: Buffer[] = []
  readonly #waiting = new Set<() => void>()
  readonly #end: Promise<Ended>
  #ended = false

  constructor(child: ChildProcessWithoutNullStreams, title: string) {
    this.#child = child
    this.#title = title
    child.stdout.on('data', (chunk: Buffer) => this.#heard(this.#stdout, chunk))
    child.stderr.on('data', (chunk: Buffer) => this.#heard(this.#stderr, chunk))
    // A command may leave without reading its input.
    child.stdin.on('error', () => undefined)
    this.#end = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => {
        this.#ended = true
        resolve({ code, stdout: Buffer.concat(this.#stdout), stderr: this.stderr })
        this.#wake()
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Whether it has ended, by itself or not. */
  get over(): boolean {
    return this.#ended
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString()
  }

  /** How it ended; rejects when it does not end within the limit. */
  ended(limitMs?: number): Promise<Ended> {
    return within(this.#end, `the end of: ${this.#title}`, limitMs, () => this.#said())
  }

  /** The first event of this name that has these fields, from the start on. */
  event(name: string, fields: Readonly<Record<string, unknown>> = {}, limitMs?: number): Promise<Told> {
    const what = `the event "${name}"${Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`}`
    return this.#seen(what, () => this.events(name, fields)[0], limitMs)
  }

  /** Resolves when so many events of this name were told. */
  async many(name: string, count: number, limitMs?: number): Promise<void> {
    await this.#seen(`${count} events "${name}"`, () => this.events(name).length >= count || undefined, limitMs)
  }

  /** The events told so far; lines that are not JSON are left out. */
  events(name?: string, fields: Readonly<Record<string, unknown>> = {}): readonly Told[] {
    return linesOf(Buffer.concat(this.#stdout)).flatMap((line) => {
      const told = line.startsWith('{') ? (JSON.parse(line) as Told) : undefined
      if (told === undefined || (name !== undefined && told.event !== name)) return []
      return Object.entries(fields).every(([field, value]) => told[field] === value) ? [told] : []
    })
  }

  /** Resolves when it has said this on stderr. */
  async says(text: string, limitMs?: number): Promise<void> {
    await this.#seen(`"${text}" on stderr`, () => this.stderr.includes(text) || undefined, limitMs)
  }

  /** A process that has ended is sent nothing: its pid may be another's. */
  signal(signal: NodeJS.Signals): void {
    if (!this.#ended) this.#child.kill(signal)
  }

  /** Ends it at once, stopped or not. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended()
  }

  #heard(into: Buffer[], chunk: Buffer): void {
    into.push(chunk)
    this.#wake()
  }

  #wake(): void {
    for (const look of this.#waiting) look()
  }

  #seen<T>(what: string, find: () => T | undefined, limitMs?: number): Promise<T> {
    let look = (): void => undefined
    const found = new Promise<T>((resolve, reject) => {
      look = () => {
        const seen = find()
        if (seen !== undefined) resolve(seen)
        else if (this.#ended) reject(new Error(`ended without ${what}: ${this.#title}\n${this.#said()}`))
      }
      this.#waiting.add(look)
      look()
    })
    return within(found, `${what} from: ${this.#title}`, limitMs, () => this.#said()).finally(() =>
      this.#waiting.delete(look),
    )
  }

  #said(): string {
    const told = this.events().map((each) => each.event)
    return `events: ${told.join(' ')}\nstderr: ${this.stderr}`
  }
}

/** The whole lines of an output. */
export function linesOf(output: Buffer): readonly string[] {
  const text = output.toString()
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
}

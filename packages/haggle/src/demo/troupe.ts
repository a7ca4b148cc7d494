import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { demoEntries } from './entries.ts'
import { actorMessage, type ActorMessage, type ActorSpec } from './message.ts'

/** How long actors may take to leave when the play is over. */
const PARTING_MS = 3_000
/** What is kept of an actor's stderr, to say why it failed. */
const KEPT_STDERR = 2_000

export interface TroupeInit {
  readonly debug: boolean
  readonly onMessage: (actor: string, message: ActorMessage) => void
  /** An actor's process is gone before it was dismissed; `said` is the end of what it wrote to stderr. */
  readonly onGone: (actor: string, said: string) => void
}

/** The processes of one play: started one by one, ended all together, none ever left behind. */
export class Troupe {
  readonly #init: TroupeInit
  readonly #actors = new Map<string, ChildProcess>()
  readonly #onExit = (): void => this.#killAll()
  /** Whoever leaves from here on was asked to. */
  #ending = false

  constructor(init: TroupeInit) {
    this.#init = init
    process.once('exit', this.#onExit)
  }

  start(spec: ActorSpec): void {
    const { debug, onMessage } = this.#init
    const child = spawn(process.execPath, [demoEntries().actor, JSON.stringify(spec)], {
      stdio: ['pipe', 'pipe', debug ? 'inherit' : 'pipe'],
    })
    this.#actors.set(spec.name, child)
    // A process that is gone reads nothing more; its exit says so.
    child.stdin?.on('error', () => undefined)
    let stderr = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-KEPT_STDERR)
    })
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const message = actorMessage.safeParse(jsonOf(line))
        if (message.success) onMessage(spec.name, message.data)
        else stderr += `${line}\n`
      })
    }
    child.once('error', (error) => this.#gone(spec.name, error.message))
    // `close` comes after the last line: what an actor said is heard before it is gone.
    child.once('close', () => this.#gone(spec.name, stderr))
  }

  /** Tells an actor to begin. */
  cue(name: string): void {
    this.#actors.get(name)?.stdin?.write('begin\n')
  }

  /** Lets everybody leave in order, and ends who does not. */
  async dismiss(): Promise<void> {
    this.#ending = true
    const patience = AbortSignal.timeout(PARTING_MS)
    patience.addEventListener('abort', this.#onExit)
    const left = [...this.#actors.values()].map((child) => once(child, 'close'))
    for (const child of this.#actors.values()) child.stdin?.end()
    await Promise.all(left)
    patience.removeEventListener('abort', this.#onExit)
  }

  /** Ends everybody now; resolves when no process is left. */
  async disband(): Promise<void> {
    this.#ending = true
    const left = [...this.#actors.values()].map((child) => once(child, 'close'))
    this.#killAll()
    await Promise.all(left)
    process.off('exit', this.#onExit)
  }

  #killAll(): void {
    for (const child of this.#actors.values()) child.kill('SIGKILL')
  }

  #gone(name: string, said: string): void {
    if (this.#actors.delete(name) && !this.#ending) this.#init.onGone(name, said)
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

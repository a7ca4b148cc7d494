import { spawn, type ChildProcess } from 'node:child_process'
import { within } from '../../process/support/limit.ts'
import type { Namespace } from '../../process/support/namespace.ts'

/** What processes of the same program tell their parent. */
interface Message {
  readonly kind: string
}

const ANSWER_MS = 240_000

/** A process with agents of its own in a network namespace, which is told what to do and tells what it sees. */
export class Member<Told extends Message, Command extends Message> {
  readonly #child: ChildProcess
  readonly #gone: Promise<void>
  readonly #waiting = new Set<(told: Told) => void>()
  #stderr = ''

  /** `home`: where its agents keep their directories. */
  constructor(namespace: Namespace, home: string, script: string, args: readonly string[]) {
    const [program, entered] = namespace.enter(process.execPath, [script, home, ...args])
    const env = { ...process.env, XDG_RUNTIME_DIR: home, TMPDIR: home }
    this.#child = spawn(program, entered, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = `${this.#stderr}${chunk.toString()}`.slice(-4_000)
    })
    this.#gone = new Promise((resolve) => this.#child.once('close', () => resolve()))
    // Our own program speaks here; nobody else has this channel.
    this.#child.on('message', (message) => {
      for (const hear of this.#waiting) hear(message as Told)
    })
  }

  /** The next message of a kind. Rejects when the process ends, or says nothing of the kind in time. */
  told<K extends Told['kind']>(
    kind: K,
    limitMs: number = ANSWER_MS,
    fits: (told: Extract<Told, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<Told, { kind: K }>> {
    let hear = (_told: Told): void => undefined
    const heard = new Promise<Extract<Told, { kind: K }>>((resolve, reject) => {
      hear = (told) => {
        if (isOf(told, kind) && fits(told)) resolve(told)
      }
      this.#waiting.add(hear)
      void this.#gone.then(() => reject(new Error(`an agent ended\n${this.#stderr}`)))
    })
    return within(heard, `"${kind}" from an agent`, limitMs, () => this.#stderr).finally(() =>
      this.#waiting.delete(hear),
    )
  }

  /** Says what to do, and waits for the answer of a kind. */
  ask<K extends Told['kind']>(
    command: Command,
    kind: K,
    fits?: (told: Extract<Told, { kind: K }>) => boolean,
  ): Promise<Extract<Told, { kind: K }>> {
    const told = this.told(kind, ANSWER_MS, fits)
    this.#child.send(command)
    return told
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    await within(this.#gone, 'an agent to be gone')
  }
}

function isOf<Told extends Message, K extends Told['kind']>(told: Told, kind: K): told is Extract<Told, { kind: K }> {
  return told.kind === kind
}

import { fork, spawn, type ChildProcess } from 'node:child_process'
import { within } from '../../process/support/limit.ts'
import type { Answered, Asked, Calls } from '../children/serve.ts'

/** How long one call of a child may take: the longest run thousands of contracts. */
const PATIENCE_MS = 600_000

export interface ChildInit {
  /** A script that ends in `serveCalls`. */
  readonly script: string
  readonly title: string
  readonly nodeArgs?: readonly string[]
  /** A program and its arguments that starts node, such as a tracer. */
  readonly under?: readonly string[]
}

/** A process of the bench that answers calls. */
export class Child<C extends Calls> {
  readonly #process: ChildProcess
  readonly #title: string
  readonly #waiting = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
  >()
  readonly #gone: Promise<void>
  #next = 0
  #over = false

  private constructor(child: ChildProcess, title: string, ready: () => void) {
    this.#process = child
    this.#title = title
    this.#gone = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#over = true
        for (const { reject } of this.#waiting.values()) reject(new Error(`${title} ended (${signal ?? code})`))
        this.#waiting.clear()
        resolve()
      })
    })
    child.on('message', (message) => {
      // The only sender is `serveCalls`.
      const answer = message as Answered
      if ('ready' in answer) ready()
      else this.#answered(answer)
    })
  }

  static async start<C extends Calls>(init: ChildInit): Promise<Child<C>> {
    const { script, title, nodeArgs = [], under } = init
    const [program, ...args] = under ?? []
    const child =
      program === undefined
        ? fork(script, { execArgv: [...nodeArgs] })
        : spawn(program, [...args, process.execPath, ...nodeArgs, script], {
            stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
          })
    let started: Child<C> | undefined
    const ready = new Promise<void>((resolve) => (started = new Child<C>(child, title, resolve)))
    await within(ready, `${title} to start`)
    if (started === undefined) throw new Error(`${title} did not start`)
    return started
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  call<K extends keyof C & string>(name: K, argument: Parameters<C[K]>[0]): Promise<Awaited<ReturnType<C[K]>>> {
    if (this.#over) return Promise.reject(new Error(`${this.#title} has ended`))
    const id = this.#next++
    const asked: Asked = { id, name, argument }
    const answered = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#process.send(asked)
    })
    // The child serves the same calls by these types.
    return within(answered, `${name} of ${this.#title}`, PATIENCE_MS) as Promise<Awaited<ReturnType<C[K]>>>
  }

  /** Ends it at once, without a chance to say goodbye. */
  async kill(): Promise<void> {
    if (!this.#over) this.#process.kill('SIGKILL')
    await within(this.#gone, `the end of ${this.#title}`)
  }

  /** Lets it end by itself, so that whatever traces it can finish. */
  async leave(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect()
    await within(this.#gone, `the end of ${this.#title}`)
  }

  #answered(answer: Exclude<Answered, { readonly ready: true }>): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if ('error' in answer) waiting?.reject(new Error(`${this.#title}: ${answer.error}`))
    else waiting?.resolve(answer.value)
  }
}

import { HaggleError } from '@haggle/protocol'
import { abortable } from './abortable.ts'
import { startGroup, type ChildGroup, type ChildInit, type ChildRecord } from './child-group.ts'
import { errnoOf } from './durable-file.ts'
import { LineCutter } from './line-cutter.ts'

/** How long the output may stay open and silent after the command itself has ended. */
const STRAGGLER_MS = 2_000
/** How long the last lines of stderr may take to arrive once every process is killed. */
const LAST_LINES_MS = 500
const MAX_STDERR_LINE = 4_096
/** Lines of stderr of one command that are handed on: who writes more is read and not heard, so that it fills no memory. */
const MAX_STDERR_LINES = 10_000
/** What one timer of the platform can wait; 24 days. */
const LONGEST_TIMER_MS = 2_147_483_647

export interface RunInit<T> extends ChildInit {
  readonly input: AsyncIterable<Uint8Array>
  /** The command is killed when it writes more. */
  readonly maxOutputBytes: number
  readonly maxStderrLine?: number
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly onStderr?: (line: string) => void
  /** Called before the command gets its input; awaited. */
  readonly onSpawn?: (record: ChildRecord) => void | Promise<void>
  /** Reads the output; it throws there when the command fails, so that nothing of a failed run is kept. */
  consume(output: AsyncIterable<Uint8Array>): Promise<T>
}

/** Why a command did not deliver: by its own exit, or by what ended it. */
export type RunFailure =
  'work/exit' | 'work/signal' | 'work/result-too-large' | 'work/timed-out' | 'work/output-held-open'

export type RunOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly code: RunFailure; readonly exit: number | null; readonly signal: string | null }
  /** Its signal was aborted. */
  | { readonly kind: 'stopped' }

/**
 * Runs a command to its end: input to stdin, stdout to `consume`, stderr to lines. Nothing of it runs on when this settles.
 * Rejects with `work/cannot-start`, `work/input-lost`, or with what `consume` or `onSpawn` throws.
 */
export async function runGroup<T>(init: RunInit<T>): Promise<RunOutcome<T>> {
  if (init.signal?.aborted === true) return { kind: 'stopped' }
  const group = await startGroup(init)
  try {
    return await new Run(group, init).outcome()
  } finally {
    await group.clear()
  }
}

/** Why we ended a command; the first reason counts. */
type Cause = 'aborted' | 'timed-out' | 'result-too-large' | 'output-held-open' | 'lost'

/** Tells `consume` that there is no result; never leaves this file. */
class NoResult extends Error {}

class Run<T> {
  readonly #group: ChildGroup
  readonly #init: RunInit<T>
  readonly #gone = new AbortController()
  #cause: Cause | undefined
  #failure: unknown
  #straggler: NodeJS.Timeout | undefined

  constructor(group: ChildGroup, init: RunInit<T>) {
    this.#group = group
    this.#init = init
  }

  async outcome(): Promise<RunOutcome<T>> {
    const { signal, timeoutMs } = this.#init
    const aborted = (): void => this.#stop('aborted')
    if (signal?.aborted === true) aborted()
    else signal?.addEventListener('abort', aborted, { once: true })
    const limit = timeoutMs === undefined ? undefined : Math.min(timeoutMs, LONGEST_TIMER_MS)
    const timer = limit === undefined ? undefined : setTimeout(() => this.#stop('timed-out'), limit)
    const stderrRead = this.#readStderr()
    const fed = this.#feed()
    void this.#afterExit()
    try {
      const value = await this.#init.consume(this.#output())
      return { kind: 'done', value }
    } catch (thrown) {
      if (!(thrown instanceof NoResult)) this.#lose(thrown)
      return await this.#failed()
    } finally {
      clearTimeout(timer)
      clearTimeout(this.#straggler)
      signal?.removeEventListener('abort', aborted)
      this.#gone.abort()
      await fed
      await this.#group.exited
      await this.#group.clear()
      // A process that left the group may hold the pipe for ever.
      const late = setTimeout(() => this.#group.stderr.destroy(), LAST_LINES_MS)
      await stderrRead
      clearTimeout(late)
    }
  }

  async *#output(): AsyncIterable<Uint8Array> {
    let bytes = 0
    try {
      for await (const chunk of this.#group.stdout) {
        // A stream of a child process without an encoding gives buffers.
        const piece = chunk as Uint8Array
        this.#straggler?.refresh()
        bytes += piece.length
        if (bytes > this.#init.maxOutputBytes) {
          this.#stop('result-too-large')
          break
        }
        yield piece
      }
    } catch {
      // A pipe that breaks off is no result; why it broke is known elsewhere.
      this.#stop('output-held-open')
    }
    const exit = await this.#group.exited
    if (this.#cause !== undefined || exit.code !== 0) throw new NoResult()
  }

  async #failed(): Promise<RunOutcome<T>> {
    const { code: exit, signal } = await this.#group.exited
    switch (this.#cause) {
      case 'lost':
        throw this.#failure
      case 'aborted':
        return { kind: 'stopped' }
      case 'timed-out':
      case 'result-too-large':
      case 'output-held-open':
        return { kind: 'failed', code: `work/${this.#cause}`, exit, signal }
      case undefined:
        return { kind: 'failed', code: exit === null ? 'work/signal' : 'work/exit', exit, signal }
    }
  }

  #stop(cause: Cause): void {
    this.#cause ??= cause
    this.#gone.abort()
    this.#group.stop()
  }

  #lose(failure: unknown): void {
    if (this.#cause === undefined) this.#failure = failure
    this.#stop('lost')
  }

  async #feed(): Promise<void> {
    const { stdin, record } = this.#group
    try {
      await this.#init.onSpawn?.(record)
    } catch (thrown) {
      return this.#lose(thrown)
    }
    try {
      for await (const chunk of abortable(this.#init.input, this.#gone.signal)) {
        const taken = await new Promise<boolean>((resolve) => {
          stdin.write(chunk, (error) => resolve(error == null))
        })
        // A command that does not read all of its input is fine.
        if (!taken) return
      }
      stdin.end()
    } catch (thrown) {
      if (this.#gone.signal.aborted) return
      this.#lose(thrown instanceof HaggleError ? thrown : inputLost(thrown))
    }
  }

  async #afterExit(): Promise<void> {
    await this.#group.exited
    const { stdin, stdout } = this.#group
    this.#gone.abort()
    stdin.destroy()
    // Whoever we ended has nothing more to say.
    if (this.#cause !== undefined) return void stdout.destroy()
    if (stdout.readableEnded || stdout.destroyed) return
    // A child of the command still holds the output. What it may yet write cannot be told from what is missing.
    this.#straggler = setTimeout(() => {
      this.#stop('output-held-open')
      stdout.destroy()
    }, STRAGGLER_MS)
  }

  /** Hands on the lines of stderr, until it ends or is destroyed. */
  async #readStderr(): Promise<void> {
    let lines = 0
    const cutter = new LineCutter(this.#init.maxStderrLine ?? MAX_STDERR_LINE, (line) => {
      lines += 1
      if (lines <= MAX_STDERR_LINES) this.#init.onStderr?.(line)
      else if (lines === MAX_STDERR_LINES + 1)
        this.#init.onStderr?.(`… what follows the first ${MAX_STDERR_LINES} lines is left out`)
    })
    try {
      // A stream of a child process without an encoding gives buffers.
      for await (const bytes of this.#group.stderr) if (lines <= MAX_STDERR_LINES) cutter.push(bytes as Uint8Array)
    } catch {
      // Destroyed, since some process that left the group holds it open: what came is handed on.
    }
    cutter.end()
  }
}

function inputLost(cause: unknown): HaggleError {
  return new HaggleError(
    'work/input-lost',
    `the input of the command could not be read: ${errnoOf(cause) ?? 'unknown error'}`,
    {
      next: 'Check the disk; the task can be tried again.',
      cause,
    },
  )
}

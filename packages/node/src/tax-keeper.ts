import { HaggleError } from '@haggle/protocol'
import type { Clock, Journal, Logger, Network, SocketBytes } from '@haggle/ports'
import { parts, phases, sumOf, type TaskCosts, type TaxCounter } from './tax.ts'
import { decodeTaxRow, encodeTaxRow, ROW_TASKS } from './tax-row.ts'

/** A task that cost nothing for so long is written down; it is what a crash can lose of the numbers. */
const QUIET_MS = 5_000
/** TAX-09: rows kept, 32,768 tasks at most, in some 6 MiB. */
const KEPT = 1_024
const PRUNE_EVERY = 64

export interface TaxKeeperParts {
  readonly tax: TaxCounter
  readonly journal: Journal
  readonly network: Network
  readonly clock: Clock
  readonly logger: Logger
}

/** Writes what was counted to the journal, so that it is known after the process has ended (TAX-08). */
export class TaxKeeper {
  readonly #parts: TaxKeeperParts
  #cancel = (): void => {}
  #sockets: SocketBytes = { out: 0, in: 0 }
  #writing: Promise<void> = Promise.resolve()

  constructor(init: TaxKeeperParts) {
    this.#parts = init
  }

  start(): void {
    const { clock } = this.#parts
    this.#cancel = clock.alarm(clock.mono() + QUIET_MS, () => {
      this.#keep('quiet')
      this.start()
    })
  }

  /** Writes everything that is left; nothing is counted for keeping after it. */
  async stop(): Promise<void> {
    this.#cancel()
    this.#keep('all')
    await this.#writing
  }

  /** What tasks cost so far, those of earlier runs first; `task` looks for one alone. */
  async costs(task?: string): Promise<readonly TaskCosts[]> {
    const { tax, journal } = this.#parts
    // What is on its way to the journal is in neither place until it is there.
    await this.#writing
    this.#sampled()
    const now = tax.tasks()
    const found: TaskCosts[] = []
    const needle = task === undefined ? undefined : Buffer.from(task)
    for await (const { bytes } of journal.read('tax')) {
      if (needle === undefined || Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(needle))
        found.push(...decodeTaxRow(bytes))
    }
    const all = merged([...found, ...now])
    return task === undefined ? all : all.filter((each) => each.task === task)
  }

  #sampled(): void {
    const { tax, network } = this.#parts
    tax.turn()
    const now = network.socketBytes?.()
    if (now === undefined) return
    tax.count('socket-out', now.out - this.#sockets.out, 'overhead', null)
    tax.count('socket-in', now.in - this.#sockets.in, 'overhead', null)
    this.#sockets = now
  }

  #keep(which: 'quiet' | 'all'): void {
    this.#sampled()
    const taken = this.#parts.tax.take(which)
    if (taken.length > 0) this.#writing = this.#writing.then(() => this.#write(taken))
  }

  async #write(taken: readonly TaskCosts[]): Promise<void> {
    const { journal, logger } = this.#parts
    try {
      const rows: Uint8Array[] = []
      for (let at = 0; at < taken.length; at += ROW_TASKS) rows.push(encodeTaxRow(taken.slice(at, at + ROW_TASKS)))
      const seqs = await journal.commit(
        rows.map((bytes) => ({ table: 'tax', bytes })),
        false,
      )
      const last = seqs.at(-1) ?? 0
      const first = seqs[0] ?? 0
      if (last >= KEPT && Math.floor(first / PRUNE_EVERY) !== Math.floor((last + 1) / PRUNE_EVERY))
        await journal.prune('tax', last + 1 - KEPT)
    } catch (error) {
      // TAX-11: numbers are no reason to stop; whatever binds us meets the same disk and stops there.
      logger.warn('tax-not-kept', { code: error instanceof HaggleError ? error.code : 'unknown' })
    }
  }
}

/** Rows of one task made one, in the order in which tasks were first met. */
function merged(all: readonly TaskCosts[]): readonly TaskCosts[] {
  const byTask = new Map<string | null, TaskCosts>()
  for (const each of all) {
    const held = byTask.get(each.task)
    byTask.set(each.task, held === undefined ? each : added(held, each))
  }
  return [...byTask.values()]
}

function added(a: TaskCosts, b: TaskCosts): TaskCosts {
  const both = phases.flatMap((phase) => {
    const counted = [a.phases[phase], b.phases[phase]].flatMap((each) => each ?? [])
    return counted.length === 0 ? [] : [[phase, sumOf(counted)] as const]
  })
  const part = [a.part, b.part].toSorted((x, y) => rank(y) - rank(x))[0] ?? null
  return { task: a.task, part, phases: Object.fromEntries(both) }
}

function rank(part: TaskCosts['part']): number {
  return part === null ? -1 : parts.indexOf(part)
}

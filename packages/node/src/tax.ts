import type { DurationMs, RecordId } from '@haggle/protocol'
import type { Cost, CpuTime, Metrics, Part, Phase, Tally } from '@haggle/ports'

/** Every phase, in the order of a contract; the last is what keeps everything together. */
export const phases = [
  'market',
  'formation',
  'work',
  'review',
  'closing',
  'overhead',
] as const satisfies readonly Phase[]
/** Every cost that is counted. Stored rows name them by their place: new ones come at the end. */
export const costs = [
  'messages-out',
  'messages-in',
  'bytes-out',
  'bytes-in',
  'signatures',
  'verifications',
  'verifications-needed',
  'cpu-us',
  'wait-ms',
  'socket-out',
  'socket-in',
] as const satisfies readonly Cost[]
export const parts = ['bystander', 'bidder', 'worker', 'requester'] as const satisfies readonly Part[]

/** An amount of each cost: messages, bytes, signatures and verifications are counts, times are microseconds or milliseconds as their names say. */
export type Costs = Readonly<Record<Cost, number>>

/** What one task, or everything that belongs to none, cost in one phase. */
export interface TaxRow {
  readonly task: string | null
  readonly phase: Phase
  readonly costs: Costs
}

/** What one task, or everything that belongs to none, cost in all phases that cost anything. */
export interface TaskCosts {
  readonly task: string | null
  /** Null for what belongs to no task. */
  readonly part: Part | null
  readonly phases: Partial<Readonly<Record<Phase, Costs>>>
}

/** What one task cost an agent so far, or everything that belongs to no task, with what the agent knows of it. */
export interface TaskTax extends TaskCosts {
  readonly task: RecordId | null
  /** Null for a task that this agent has no part in, and for one that it has forgotten. */
  readonly skill: string | null
  readonly key: string | null
  /** From accept to delivery, by the worker's clock; null while nothing is delivered. */
  readonly workMs: DurationMs | null
}

/** Counts the tax of coordination in memory, until it is taken out to be kept. */
export interface TaxCounter extends Metrics {
  /** What was counted and not taken out: by task in the order in which they were met, then by phase. */
  rows(): readonly TaxRow[]
  /** The same, by task. */
  tasks(): readonly TaskCosts[]
  /** Takes out what was not counted on since the last call, and with it what belongs to no task; `all`: everything. */
  take(which: 'quiet' | 'all'): readonly TaskCosts[]
  /** The sum over all tasks since the start, taken and forgotten ones included. */
  byPhase(): Readonly<Record<Phase, Costs>>
  /** The same over all phases. */
  total(): Costs
  tallied(name: Tally): number
  /** By peer, those with the most first; peers beyond `most` are one sum. */
  talliedByPeer(
    name: Tally,
    most: number,
  ): { readonly top: readonly (readonly [peer: string, count: number])[]; readonly other: number }
}

/** Tasks told apart; of a longer list the oldest are counted as belonging to none. */
const MOST_TASKS = 4_096
/** Peers told apart in one tally; the counts of further ones are one sum. */
const MOST_PEERS = 1_024
/** Cells between two turns among which CPU time is divided; a batch has far fewer. */
const MOST_SHARES = 4_096

/** Costs of one task, a row for each phase that has cost anything: a task that is under way costs in one of them for most of its time. */
interface Entry {
  part: Part
  fresh: boolean
  readonly rows: Row[]
}
/** One number for each cost; undefined: nothing yet. */
type Row = number[] | undefined
/** What was counted of one task and phase since the turn before; it points to where it is counted. */
interface Share {
  readonly task: string | null
  readonly phase: Phase
  readonly row: number
  readonly entry: Entry
  weight: number
}

const place = new Map<string, number>(costs.map((cost, at) => [cost, at]))
const rows = new Map<string, number>(phases.map((phase, at) => [phase, at]))
const CPU = costs.indexOf('cpu-us')
/** What CPU time follows: each of them is some decoding, hashing or checking. */
const worked: ReadonlySet<Cost> = new Set<Cost>(['messages-out', 'messages-in', 'signatures', 'verifications'])

/** A counter in memory; without `cpu` no CPU time is counted. */
export function taxCounter(init: { readonly cpu?: CpuTime } = {}): TaxCounter {
  return new Counter(init.cpu)
}

class Counter implements TaxCounter {
  readonly #cpu: CpuTime | undefined
  readonly #byTask = new Map<string | null, Entry>()
  readonly #all = newEntry()
  readonly #tallies = new Map<Tally, number>()
  readonly #byPeer = new Map<Tally, Map<string, number>>()
  #shares: Share[] = []
  /** The share that was counted last: most counts are of the same task and phase as the one before. */
  #share: Share | undefined
  #usedUs: number

  constructor(cpu: CpuTime | undefined) {
    this.#cpu = cpu
    this.#usedUs = cpu?.usedUs() ?? 0
  }

  count(cost: Cost, amount: number, phase: Phase, task: string | null): void {
    const share = this.#shareOf(phase, task)
    this.#add(share, place.get(cost) ?? 0, amount)
    if (worked.has(cost)) share.weight += amount
  }

  part(task: string, part: Part): void {
    const entry = this.#entry(task)
    if (parts.indexOf(part) > parts.indexOf(entry.part)) entry.part = part
  }

  // TAX-06: what the process used is divided by what was counted meanwhile; with nothing counted it belongs to no task.
  turn(): void {
    if (this.#cpu !== undefined) {
      const usedUs = this.#cpu.usedUs()
      const spentUs = usedUs - this.#usedUs
      // Nothing new is known yet: it will be divided among these as well.
      if (spentUs === 0 && this.#shares.length < MOST_SHARES) return
      this.#usedUs = usedUs
      let weight = 0
      for (const share of this.#shares) weight += share.weight
      if (weight === 0) weight = this.#shareOf('overhead', null).weight = 1
      for (const share of this.#shares) this.#add(share, CPU, (spentUs * share.weight) / weight)
    }
    this.#forgetShares()
  }

  tally(name: Tally, peer?: string): void {
    this.#tallies.set(name, this.tallied(name) + 1)
    if (peer === undefined) return
    const peers = this.#byPeer.get(name) ?? new Map<string, number>()
    this.#byPeer.set(name, peers)
    if (peers.has(peer) || peers.size < MOST_PEERS) peers.set(peer, (peers.get(peer) ?? 0) + 1)
  }

  tasks(): readonly TaskCosts[] {
    return [...this.#byTask].map(([task, entry]) => costsOf(task, entry))
  }

  rows(): readonly TaxRow[] {
    return this.tasks().flatMap(({ task, phases: byPhase }) =>
      phases.flatMap((phase) => {
        const counted = byPhase[phase]
        return counted === undefined ? [] : [{ task, phase, costs: counted }]
      }),
    )
  }

  take(which: 'quiet' | 'all'): readonly TaskCosts[] {
    const taken: TaskCosts[] = []
    this.turn()
    // Whoever still shares in CPU time must not point to what is taken out.
    this.#forgetShares()
    for (const [task, entry] of this.#byTask) {
      if (which === 'quiet' && (entry.fresh || task === null)) {
        entry.fresh = false
        continue
      }
      this.#byTask.delete(task)
      taken.push(costsOf(task, entry))
    }
    const none = this.#byTask.get(null)
    if (which === 'all' || taken.length === 0 || none === undefined) return taken
    this.#byTask.delete(null)
    return [...taken, costsOf(null, none)]
  }

  byPhase(): Readonly<Record<Phase, Costs>> {
    const of = (phase: Phase): Costs => readCosts(rowOf(this.#all, phase))
    return {
      market: of('market'),
      formation: of('formation'),
      work: of('work'),
      review: of('review'),
      closing: of('closing'),
      overhead: of('overhead'),
    }
  }

  total(): Costs {
    return sumOf(Object.values(this.byPhase()))
  }

  tallied(name: Tally): number {
    return this.#tallies.get(name) ?? 0
  }

  talliedByPeer(name: Tally, most: number): ReturnType<TaxCounter['talliedByPeer']> {
    const peers = [...(this.#byPeer.get(name) ?? [])].toSorted(([, a], [, b]) => b - a)
    const top = peers.slice(0, most)
    return { top, other: this.tallied(name) - top.reduce((sum, [, count]) => sum + count, 0) }
  }

  #add({ entry, row }: Share, cost: number, amount: number): void {
    entry.fresh = true
    addTo(entry, row, cost, amount)
    addTo(this.#all, row, cost, amount)
  }

  #shareOf(phase: Phase, task: string | null): Share {
    const last = this.#share
    if (last !== undefined && last.task === task && last.phase === phase) return last
    if (this.#shares.length >= MOST_SHARES) this.turn()
    const share = { task, phase, row: rows.get(phase) ?? 0, entry: this.#entry(task), weight: 0 }
    this.#shares.push(share)
    this.#share = share
    return share
  }

  #forgetShares(): void {
    this.#share = undefined
    if (this.#shares.length > 0) this.#shares = []
  }

  #entry(task: string | null): Entry {
    const held = this.#byTask.get(task)
    if (held !== undefined) return held
    const entry = newEntry()
    this.#byTask.set(task, entry)
    if (this.#byTask.size > MOST_TASKS) this.#forgetOldest()
    return entry
  }

  /** TAX-09: the total stays; which task it belongs to is forgotten. */
  #forgetOldest(): void {
    for (const [task, entry] of this.#byTask) {
      if (task === null) continue
      // Whoever shares in CPU time points to an entry that is still told of.
      this.#forgetShares()
      this.#byTask.delete(task)
      const none = this.#entry(null)
      for (const [row, numbers] of entry.rows.entries())
        for (const [cost, number] of numbers?.entries() ?? []) addTo(none, row, cost, number)
      return
    }
  }
}

/** The sum of costs. */
export function sumOf(all: readonly Costs[]): Costs {
  const sum = noCosts()
  for (const each of all) for (const cost of costs) sum[cost] += each[cost]
  return sum
}

/** Nothing of everything. */
export function noCosts(): Record<Cost, number> {
  return {
    'messages-out': 0,
    'messages-in': 0,
    'bytes-out': 0,
    'bytes-in': 0,
    signatures: 0,
    verifications: 0,
    'verifications-needed': 0,
    'cpu-us': 0,
    'wait-ms': 0,
    'socket-out': 0,
    'socket-in': 0,
  }
}

function newEntry(): Entry {
  return { part: 'bystander', fresh: true, rows: phases.map(() => undefined) }
}

function addTo({ rows: held }: Entry, row: number, cost: number, amount: number): void {
  const numbers = (held[row] ??= costs.map(() => 0))
  numbers[cost] = (numbers[cost] ?? 0) + amount
}

function rowOf({ rows: held }: Entry, phase: Phase): Row {
  return held[rows.get(phase) ?? 0]
}

function costsOf(task: string | null, entry: Entry): TaskCosts {
  const byPhase: Partial<Record<Phase, Costs>> = {}
  for (const phase of phases) {
    const read = readCosts(rowOf(entry, phase))
    if (costs.some((cost) => read[cost] !== 0)) byPhase[phase] = read
  }
  return { task, part: task === null ? null : entry.part, phases: byPhase }
}

function readCosts(numbers: Row): Costs {
  const read = noCosts()
  for (const [at, cost] of costs.entries()) read[cost] = numbers?.[at] ?? 0
  return read
}

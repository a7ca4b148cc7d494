import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Random } from './random.ts'
import type { Run, Target } from './target.ts'

export interface FuzzInit {
  readonly seed: number
  readonly count: number
  /** Asked before each batch. */
  readonly isOver?: () => boolean
}

/** The input that broke something, and how. */
export interface Failure {
  readonly at: number
  readonly bytes: Uint8Array
  readonly keepsState: boolean
  readonly error: Error
}

export interface Figures {
  readonly target: string
  readonly count: number
  readonly bytes: number
  /** Inputs for a second of processor time, making them not counted. */
  readonly perSecond: number
  /** How much the process has grown, garbage collected, since the first twentieth of the inputs, or fifth where state is kept. */
  readonly rssGrowthMb: number
  /** What became of the inputs, the most frequent first. */
  readonly said: readonly (readonly [word: string, count: number])[]
  readonly failure: Failure | null
}

/** Inputs made ahead, so that only what takes them is timed. */
const BATCH = 256
/** An input that takes longer hangs whoever takes it; a busy machine is slower than a second, not than this. */
const HANG_MS = 10_000
const MEGABYTE = 1_048_576
/** How often the memory is looked at in one run. */
const LOOKS = 20
/** Inputs between two looks, at least: looking takes a moment. */
const LEAST_BETWEEN = 4_096
const MOST_WORDS = 64

/** Feeds a target and counts. It stops at the first failure. */
export async function fuzzTarget(target: Target, { seed, count, isOver }: FuzzInit): Promise<Figures> {
  const run = await target.open()
  const said = new Map<string, number>()
  const sum = { cpuUs: 0, bytes: 0, fed: 0 }
  const memory = new Memory(count, run.keepsState)
  let failure: Failure | null = null
  const goesOn = (): boolean => sum.fed < count && failure === null && isOver?.() !== true
  while (goesOn()) {
    const inputs: Uint8Array[] = []
    for (let at = sum.fed; at < Math.min(sum.fed + BATCH, count); at += 1) {
      inputs.push(run.input(new Random(seed, target.name, at)))
    }
    const before = process.cpuUsage()
    failure = await fed(run, inputs, sum.fed, said)
    const { user, system } = process.cpuUsage(before)
    sum.cpuUs += user + system
    sum.bytes += inputs.reduce((total, bytes) => total + bytes.length, 0)
    sum.fed += inputs.length
    memory.look(sum.fed)
  }
  failure = (await closed(run, sum.fed)) ?? failure
  return {
    target: target.name,
    count: sum.fed,
    bytes: sum.bytes,
    perSecond: sum.cpuUs === 0 ? 0 : (sum.fed * 1e6) / sum.cpuUs,
    rssGrowthMb: memory.growth / MEGABYTE,
    said: [...said].toSorted((a, b) => b[1] - a[1]),
    failure,
  }
}

/** Watches how much the process keeps. */
class Memory {
  readonly #every: number
  #next: number
  #base: number | undefined
  #peak = 0

  constructor(count: number, keepsState: boolean) {
    this.#every = Math.max(count / LOOKS, LEAST_BETWEEN)
    // What an agent remembers on purpose is full by a fifth of a long run: 65,536 ids of checked records, a board, closed tasks.
    this.#next = keepsState ? Math.max(count / 5, this.#every) : this.#every
  }

  /** The first look is what the rest is compared with: by then everything is loaded and compiled. */
  look(done: number): void {
    if (done < this.#next) return
    this.#next += this.#every
    collectGarbage()
    const rss = process.memoryUsage.rss()
    this.#base ??= rss
    this.#peak = Math.max(this.#peak, rss)
  }

  get growth(): number {
    return this.#base === undefined ? 0 : this.#peak - this.#base
  }
}

let collect: (() => void) | undefined

/** What is garbage and not collected yet says nothing of what is kept. */
function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    // That name is a function in contexts that are made with the flag.
    collect = runInNewContext('gc') as () => void
  }
  collect()
}

/** Feeds these bytes alone: what a failure of a target without state is replayed with. */
export async function fuzzOnce(target: Target, bytes: Uint8Array): Promise<string | Failure> {
  const run = await target.open()
  const said = new Map<string, number>()
  const failure = (await fed(run, [bytes], 0, said)) ?? (await closed(run, 0))
  return failure ?? [...said.keys()].join(' ')
}

async function fed(
  run: Run,
  inputs: readonly Uint8Array[],
  from: number,
  said: Map<string, number>,
): Promise<Failure | null> {
  for (const [index, bytes] of inputs.entries()) {
    const began = performance.now()
    try {
      const answer = run.fuzz(bytes)
      // Awaited only where there is something to await: a turn of the event loop costs more than most decoders.
      const word = typeof answer === 'string' ? answer : await answer
      const key = said.has(word) || said.size < MOST_WORDS ? word : 'other'
      said.set(key, (said.get(key) ?? 0) + 1)
      if (performance.now() - began > HANG_MS) throw new Error(`it took more than ${HANG_MS / 1_000} s`)
    } catch (thrown) {
      return { at: from + index, bytes, keepsState: run.keepsState, error: asError(thrown) }
    }
  }
  return null
}

async function closed(run: Run, at: number): Promise<Failure | null> {
  try {
    await run.close?.()
    return null
  } catch (thrown) {
    return { at, bytes: new Uint8Array(), keepsState: true, error: asError(thrown) }
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

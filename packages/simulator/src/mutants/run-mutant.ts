import { runBatch } from '../run/batch.ts'
import type { Outcome } from '../run/outcome.ts'
import { findMutant } from './apply.ts'

/** How long and where a planted bug is looked for. */
export interface MutantOptions {
  /** Worlds at most. */
  readonly seeds: number
  /** The first of them. */
  readonly first?: bigint
  /** Threads that look for it at the same time. */
  readonly jobs: number
  /** Milliseconds at most: a product with a bug may never come to an end of anything. */
  readonly forMs: number
  /** Instead of the scenario whose worlds meet it soonest. */
  readonly scenario?: string
  readonly signal?: AbortSignal
}

/** What became of a planted bug. */
export interface MutantVerdict {
  readonly name: string
  readonly breaks: string
  readonly scenario: string
  /** The first world in which a promise was broken, and which; null: it survived. */
  readonly found: { readonly seed: string; readonly invariant: string; readonly text: string } | null
  /** The promise is one that was expected to break. */
  readonly asExpected: boolean
  /** Worlds that were played out. */
  readonly seeds: number
  readonly ms: number
}

/** Plays worlds out with a planted bug until one of them breaks a promise. Throws `sim/unknown-mutant`. */
export async function runMutant(name: string, options: MutantOptions): Promise<MutantVerdict> {
  const { breaks, expected, scenario: soonest } = findMutant(name)
  const scenario = options.scenario ?? soonest
  const over = new AbortController()
  const stop = (): void => over.abort()
  const timer = setTimeout(stop, options.forMs)
  options.signal?.addEventListener('abort', stop)
  const began = performance.now()
  let seeds = 0
  let found: MutantVerdict['found'] = null
  const take = ({ seed, findings: [finding] }: Outcome): boolean => {
    seeds += 1
    if (finding === undefined) return true
    found ??= { seed, invariant: finding.invariant, text: finding.text }
    return false
  }
  try {
    await runBatch({
      ...{ seeds: { first: options.first ?? 1n, count: options.seeds }, scenario, agents: null, mutant: name },
      ...{ jobs: options.jobs, take, signal: over.signal },
    })
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', stop)
  }
  return verdictOf({ name, breaks, scenario, found, seeds, ms: Math.round(performance.now() - began) }, expected)
}

function verdictOf(verdict: Omit<MutantVerdict, 'asExpected'>, expected: readonly string[]): MutantVerdict {
  return { ...verdict, asExpected: verdict.found !== null && expected.includes(verdict.found.invariant) }
}

import { toHex, sha256Of } from '@haggle/protocol'
import { gaps } from '../oracle/gaps.ts'
import { neverMet } from '../sometimes/sometimes.ts'
import type { Outcome, ToldFinding } from './outcome.ts'

/** Seeds whose trace hashes are put together into one digest. */
const DIGESTED = 1_000
/** A batch of so many seeds should have met every occasion. */
const MANY = 500
/** Failing seeds that are named; more of them say nothing new. */
const NAMED = 20

/** A seed that broke a promise. */
export interface Failure {
  readonly seed: string
  readonly traceHash: string
  readonly findings: readonly ToldFinding[]
}

/** What a batch came to. */
export interface BatchReport {
  readonly scenario: string
  readonly seeds: number
  /** Seeds that broke a promise. */
  readonly failures: number
  /** Of them, the first. */
  readonly failed: readonly Failure[]
  /** With no failure in n seeds, the chance of one is below 3/n with 95 % certainty. */
  readonly below: number | null
  readonly real: number
  readonly twice: number
  readonly events: number
  readonly calls: number
  readonly eventsPerSecond: number
  readonly contracts: number
  readonly settled: number
  readonly contractHours: number
  readonly contractHoursPerSecond: number
  /** Direct frames and gossip messages for each contract, and their bytes. */
  readonly tax: { readonly messages: number; readonly bytes: number }
  readonly virtualMs: number
  readonly wallMs: number
  /** How often each occasion was met that a batch must meet now and then, and those that never were. */
  readonly sometimes: Readonly<Record<string, number>>
  readonly never: readonly string[]
  /** Promises of the design that nothing watches over yet. */
  readonly gaps: readonly string[]
  /** One for every thousand seeds, by their order. */
  readonly digests: readonly string[]
  /** It was ended before all seeds were run. */
  readonly partial: boolean
}

/** Sums up the seeds of a batch, in whatever order they come. */
export class Tallyman {
  readonly #hashes = new Map<string, string>()
  readonly #failed: Failure[] = []
  readonly #sometimes = new Map<string, number>()
  #failures = 0
  #real = 0
  #twice = 0
  #events = 0
  #calls = 0
  #contracts = 0
  #settled = 0
  #contractMs = 0
  #messages = 0
  #bytes = 0
  #virtualMs = 0

  get seeds(): number {
    return this.#hashes.size
  }

  get failures(): number {
    return this.#failures
  }

  /** The first failing seed, by their order. */
  get first(): Failure | undefined {
    return this.#ordered()[0]
  }

  take(outcome: Outcome): void {
    const { seed, traceHash, findings, tally, ledger } = outcome
    this.#hashes.set(seed, traceHash)
    for (const [name, count] of Object.entries(outcome.sometimes))
      this.#sometimes.set(name, (this.#sometimes.get(name) ?? 0) + count)
    this.#real += outcome.real ? 1 : 0
    this.#twice += outcome.twice ? 1 : 0
    this.#events += tally.events
    this.#calls += tally.calls
    this.#contracts += ledger.contracts
    this.#settled += ledger.settled
    this.#contractMs += ledger.contractMs
    this.#messages += tally.frames + tally.gossip
    this.#bytes += tally.frameBytes + tally.gossipBytes
    this.#virtualMs += outcome.virtualMs
    if (findings.length === 0) return
    this.#failures += 1
    this.#failed.push({ seed, traceHash, findings })
    if (this.#failed.length > NAMED) this.#failed.splice(0, this.#failed.length, ...this.#ordered().slice(0, NAMED))
  }

  report(scenario: string, wallMs: number, partial: boolean): BatchReport {
    const seconds = Math.max(wallMs, 1) / 1_000
    const contracts = Math.max(this.#contracts, 1)
    const contractHours = this.#contractMs / 3_600_000
    const sometimes = Object.fromEntries(this.#sometimes)
    const { seeds } = this
    return {
      ...{ scenario, seeds, failures: this.#failures, failed: this.#ordered(), partial },
      below: this.#failures === 0 && seeds > 0 ? 3 / seeds : null,
      ...{ real: this.#real, twice: this.#twice, events: this.#events, calls: this.#calls },
      eventsPerSecond: Math.round(this.#events / seconds),
      ...{ contracts: this.#contracts, settled: this.#settled, contractHours },
      contractHoursPerSecond: contractHours / seconds,
      tax: { messages: this.#messages / contracts, bytes: this.#bytes / contracts },
      ...{ virtualMs: this.#virtualMs, wallMs: Math.round(wallMs) },
      ...{ sometimes, never: neverMet(sometimes), gaps: gaps.map(({ id }) => id), digests: this.#digests() },
    }
  }

  #ordered(): Failure[] {
    return this.#failed.toSorted((a, b) => (BigInt(a.seed) < BigInt(b.seed) ? -1 : 1))
  }

  #digests(): string[] {
    const hashes = [...this.#hashes].toSorted(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1)).map(([, hash]) => hash)
    const digests: string[] = []
    for (let at = 0; at < hashes.length; at += DIGESTED) {
      digests.push(toHex(sha256Of(new TextEncoder().encode(hashes.slice(at, at + DIGESTED).join('')))))
    }
    return digests
  }
}

/** A report as a person reads it, last line first to look at. */
export function reportText(report: BatchReport): string {
  const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 })
  const { seeds, failures, below, tax } = report
  const bound = below === null ? '' : `: p < ${below.toExponential(1)} at 95 %`
  return [
    `${report.scenario}: ${number(report.contracts)} contracts, ${number(report.settled)} settled; ` +
      `${number(report.real)} seeds with real signatures, ${number(report.twice)} run twice`,
    `${number(report.eventsPerSecond)} events/s, ${report.contractHoursPerSecond.toFixed(3)} contract-hours per second, ` +
      `${number(tax.messages)} messages and ${number(tax.bytes)} bytes for each contract, all overhead included`,
    ...(report.never.length === 0 || seeds < MANY ? [] : [`never met: ${report.never.join(', ')}`]),
    `not watched over yet: ${report.gaps.join(', ')}`,
    ...report.digests.map((digest, index) => `digest ${index}: ${digest}`),
    `${report.partial ? 'ended early: ' : ''}${number(seeds)} seeds, ${number(failures)} failures${bound}`,
  ].join('\n')
}

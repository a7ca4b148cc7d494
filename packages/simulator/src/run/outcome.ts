import { recordView, type JsonValue } from '@haggle/protocol'
import type { Finding } from '../oracle/observer.ts'
import type { Plan } from '../plan/plan.ts'
import type { Scenario } from '../scenarios/scenarios.ts'
import { parseSeed, type Seed } from '../seed.ts'
import type { Tally } from '../world/host.ts'
import type { RunResult } from '../world/world.ts'
import type { Ledger } from './ledger.ts'
import { runPlan } from './run-plan.ts'

/** A finding as it can be written and sent: records as people read them. */
export interface ToldFinding {
  readonly invariant: string
  readonly text: string
  readonly proof: readonly {
    readonly type: string
    readonly id: string
    readonly author: string
    readonly body: JsonValue
  }[]
  /** Milliseconds of the world. */
  readonly at: number
}

/** What came of one seed or Plan. */
export interface Outcome {
  readonly seed: string
  readonly agents: number
  readonly traceHash: string
  readonly findings: readonly ToldFinding[]
  readonly tally: Readonly<Tally>
  readonly ledger: Ledger
  /** How often each occasion was met that a batch must meet now and then. */
  readonly sometimes: Readonly<Record<string, number>>
  readonly virtualMs: number
  /** Signatures were real ones. */
  readonly real: boolean
  /** It was played out twice, and the traces were compared. */
  readonly twice: boolean
  /** It was ended before it was over. */
  readonly partial: boolean
}

/** One seed in so many is played out twice. */
const TWICE = 40n

/** Draws the world of a seed and plays it out. */
export function outcomeOfSeed(
  seed: Seed,
  scenario: Scenario,
  agents: number | null,
  signal?: AbortSignal,
): Promise<Outcome> {
  return outcomeOfPlan(scenario.draw(seed, agents), seed % TWICE === 13n, signal)
}

/** Plays a Plan out, if asked for a second time as well: then the two must be the same to the last bit. */
export async function outcomeOfPlan(plan: Plan, twice = false, signal?: AbortSignal): Promise<Outcome> {
  const first = await runPlan(plan, signal)
  const again = twice && signal?.aborted !== true ? await runPlan(plan, signal) : first
  const partial = signal?.aborted === true
  // A run that was ended early has no other to be compared with.
  const second = partial ? first : again
  const told = first.findings.map(tell)
  const findings = first.traceHash === second.traceHash ? told : [...told, differs(first, second)]
  const { traceHash, tally, ledger, sometimes, virtualMs } = first
  return {
    ...{ seed: `${parseSeed(plan.seed)}`, agents: plan.agents.length, traceHash, findings, tally, ledger, virtualMs },
    sometimes,
    ...{ real: plan.signer === 'ed25519', twice: twice && !partial, partial },
  }
}

function tell({ invariant, text, proof, at }: Finding): ToldFinding {
  return {
    ...{ invariant, text, at },
    proof: proof.map((record) => {
      const { type, id, author } = record
      return { type, id, author, body: recordView(record) }
    }),
  }
}

function differs(first: RunResult, second: RunResult): ToldFinding {
  const text = `two runs of one Plan differ: ${first.traceHash} and ${second.traceHash}`
  return { invariant: 'determinism', text, proof: [], at: first.virtualMs }
}

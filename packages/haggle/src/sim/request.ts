import { readFile, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { HaggleError } from '@haggle/protocol'
import {
  checkPlantable,
  findMutant,
  parsePlan,
  parseSeed,
  parseSeeds,
  scenarioOf,
  type Plan,
  type SeedRange,
} from '@haggle/simulator'
import { unreadable } from '../cli/commands/result-output.ts'
import type { SimFlags } from '../cli/command-flags.ts'
import type { Session } from '../cli/session.ts'
import { UsageError } from '../cli/usage-error.ts'

/** More threads than any machine has use for. */
const MOST_JOBS = 256
const MOST_AGENTS = 10_000
/** Bytes of a Plan file at most. */
const PLAN_BYTES = 67_108_864
/** Worlds when nobody says how many. */
const USUAL = '200'

export interface ManyRequest {
  readonly kind: 'many'
  readonly seeds: SeedRange
  readonly scenario: string
  readonly agents: number | null
  readonly mutant: string | null
  readonly jobs: number
  readonly json: boolean
}
export interface OneRequest {
  readonly kind: 'one'
  readonly plan: Plan
  readonly mutant: string | null
  /** How to run it again, as it is typed. */
  readonly again: string
  readonly json: boolean
}
export interface MutantsRequest {
  readonly kind: 'mutants'
  readonly seeds: SeedRange
  /** Null: for each the one whose worlds meet it soonest. */
  readonly scenario: string | null
  readonly jobs: number
  readonly json: boolean
}
export interface TaxRequest {
  readonly kind: 'tax'
  /** The largest number of agents. */
  readonly agents: number
  readonly svg: string | null
  readonly json: boolean
}
export type SimRequest = ManyRequest | OneRequest | MutantsRequest | TaxRequest

/** What the flags ask for. Throws `sim/…` for whatever cannot be. */
export async function simRequest(flags: SimFlags, session: Session): Promise<SimRequest> {
  const json = flags.json === true
  const chosen = [flags.seed, flags.seeds, flags.plan].filter((each) => each !== undefined)
  if (chosen.length > 1) throw new UsageError('--seed, --seeds and --plan name different worlds.', 'Give one of them.')
  const jobs = flags.jobs === undefined ? Math.min(availableParallelism(), MOST_JOBS) : parseJobs(flags.jobs)
  const agents = flags.agents === undefined ? null : parseAgents(flags.agents)
  const mutant = flags.mutant ?? null
  if (mutant !== null || flags.mutants === true) checkPlantable()
  const scenario = flags.scenario ?? (mutant === null ? 'swarm' : findMutant(mutant).scenario)
  if (scenario === 'tax') return { kind: 'tax', agents: agents ?? 1_000, svg: flags.svg ?? null, json }
  if (flags.svg !== undefined) throw new UsageError('--svg draws the curves of the tax.', 'Add --scenario tax.')
  const drawn = scenarioOf(scenario)
  if (flags.plan !== undefined) {
    const plan = parsePlan(await textOf(flags.plan, session))
    const planted = mutant === null ? '' : ` --mutant ${mutant}`
    return { kind: 'one', plan, mutant, again: `haggle sim --plan ${flags.plan}${planted}`, json }
  }
  if (flags.mutants === true) {
    return { kind: 'mutants', seeds: parseSeeds(flags.seeds ?? '400'), scenario: flags.scenario ?? null, jobs, json }
  }
  if (flags.seed !== undefined && mutant === null) {
    const seed = parseSeed(flags.seed)
    return { kind: 'one', plan: drawn.draw(seed, agents), mutant, again: againOf(`${seed}`, scenario, agents), json }
  }
  const seeds = flags.seed === undefined ? parseSeeds(flags.seeds ?? USUAL) : { first: parseSeed(flags.seed), count: 1 }
  return { kind: 'many', seeds, scenario, agents, mutant, jobs, json }
}

/** The line that runs one seed again. */
export function againOf(seed: string, scenario: string, agents: number | null): string {
  const parts = [scenario === 'swarm' ? '' : ` --scenario ${scenario}`, agents === null ? '' : ` --agents ${agents}`]
  return `haggle sim --seed ${seed}${parts.join('')}`
}

function parseJobs(text: string): number {
  const jobs = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (jobs >= 1 && jobs <= MOST_JOBS) return jobs
  throw new HaggleError('sim/jobs', `"${text.slice(0, 32)}" is no number of threads`, {
    next: `Give --jobs a whole number from 1 to ${MOST_JOBS}, or leave it out: one for each core.`,
  })
}

function parseAgents(text: string): number {
  const agents = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (agents >= 2 && agents <= MOST_AGENTS) return agents
  throw new HaggleError('sim/agents', `"${text.slice(0, 32)}" is no number of agents`, {
    next: `Give --agents a whole number from 2 to ${MOST_AGENTS}.`,
  })
}

async function textOf(file: string, session: Session): Promise<string> {
  const path = isAbsolute(file) ? file : join(session.cwd, file)
  try {
    const { size } = await stat(path)
    if (size > PLAN_BYTES) throw new RangeError(`it is larger than ${PLAN_BYTES} bytes`)
    return await readFile(path, 'utf8')
  } catch (error) {
    if (!(error instanceof RangeError)) throw unreadable(file, error)
    throw new HaggleError('sim/plan-unreadable', `this is no Plan of a virtual world: ${error.message}`, {
      next: 'Give the file that a failing run wrote.',
    })
  }
}

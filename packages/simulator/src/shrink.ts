import { calm, type Fault, type Plan } from './plan/plan.ts'
import { stream } from './random.ts'

/** Runs a shrinking may take: a small world takes a few hundredths of a second. */
const MOST_RUNS = 900
/** Agents that a drawing has room for, and as many as a defect usually needs. */
const FEW = 4
/** Worlds with other dice that are looked at for a smaller one. */
const OTHER_DICE = 120

export interface ShrinkInit {
  /** Whether a Plan still breaks the same promise. */
  readonly fails: (plan: Plan) => Promise<boolean>
  readonly mostRuns?: number
  readonly signal?: AbortSignal
}

/** A smaller Plan: as little as possible happens, to as few agents as possible, and the same promise is broken. */
export async function shrink(plan: Plan, init: ShrinkInit): Promise<Plan> {
  const shrinker = new Shrinker(plan, init)
  do await leaveOut(shrinker)
  while (await shrinker.otherDice())
  return shrinker.best
}

/** Leaves out and makes simpler, with the dice as they are, until nothing more can be. */
async function leaveOut(shrinker: Shrinker): Promise<void> {
  for (let before: Plan | undefined; before !== shrinker.best && shrinker.mayGoOn;) {
    before = shrinker.best
    await shrinker.fewer(
      ({ faults }) => faults.length,
      (smaller, from, to) => ({ ...smaller, faults: without(smaller.faults, from, to) }),
    )
    await shrinker.fewer(
      ({ work }) => work.length,
      (smaller, from, to) => ({ ...smaller, work: without(smaller.work, from, to) }),
    )
    await shrinker.agents()
    for (const simpler of simplifications) await shrinker.attempt(simpler)
    await shrinker.each(({ agents }) => agents.length, calmAgent)
    await shrinker.each(({ work }) => work.length, plainDeed)
  }
}

class Shrinker {
  best: Plan
  readonly #init: ShrinkInit
  #left: number

  constructor(plan: Plan, init: ShrinkInit) {
    this.best = plan
    this.#init = init
    this.#left = init.mostRuns ?? MOST_RUNS
  }

  get mayGoOn(): boolean {
    return this.#left > 0 && this.#init.signal?.aborted !== true
  }

  /** Takes the smaller Plan if it still fails. */
  async attempt(change: (plan: Plan) => Plan): Promise<boolean> {
    if (!this.mayGoOn) return false
    const smaller = change(this.best)
    if (JSON.stringify(smaller) === JSON.stringify(this.best)) return false
    this.#left -= 1
    if (!(await this.#init.fails(smaller))) return false
    this.best = smaller
    return true
  }

  /** Leaves out halves, quarters, and so on down to single items. */
  async fewer(count: (plan: Plan) => number, cut: (plan: Plan, from: number, to: number) => Plan): Promise<void> {
    for (let size = Math.ceil(count(this.best) / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = count(this.best) - size; from > -size && this.mayGoOn; from -= size) {
        const begin = Math.max(0, from)
        await this.attempt((plan) => cut(plan, begin, from + size))
      }
    }
  }

  async each(count: (plan: Plan) => number, change: (plan: Plan, index: number) => Plan): Promise<void> {
    for (let index = 0; index < count(this.best); index += 1) await this.attempt((plan) => change(plan, index))
  }

  async agents(): Promise<void> {
    await this.fewer(
      ({ agents }) => agents.length,
      (plan, from, to) => (to - from < plan.agents.length ? withoutAgents(plan, from, to) : plan),
    )
    for (let index = this.best.agents.length - 1; index >= 0; index -= 1) {
      if (this.best.agents.length > 1) await this.attempt((plan) => withoutAgent(plan, index))
    }
  }

  /** Who is left out takes its part of chance along: a few of the agents may break the same promise with other dice. */
  async otherDice(): Promise<boolean> {
    for (let time = 0; time < OTHER_DICE && this.best.agents.length > FEW && this.mayGoOn; time += 1)
      if (await this.attempt((plan) => withOtherDice(plan, time))) return true
    return false
  }
}

function without<T>(items: readonly T[], from: number, to: number): readonly T[] {
  return [...items.slice(0, from), ...items.slice(to)]
}

function withoutAgents(plan: Plan, from: number, to: number): Plan {
  let fewer = plan
  for (let index = Math.min(to, plan.agents.length) - 1; index >= from; index -= 1) fewer = withoutAgent(fewer, index)
  return fewer
}

/** A few agents of the Plan, one that hires and one that cheats among them, and another seed. */
function withOtherDice(plan: Plan, time: number): Plan {
  const random = stream(BigInt(plan.seed), 'shrink', time)
  const cheats = plan.agents.flatMap(({ byzantine }, index) => (byzantine === null ? [] : [index]))
  const hirers = plan.work.map(({ agent }) => agent)
  const wanted = [...random.shuffled(hirers).slice(0, 1), ...random.shuffled(cheats).slice(0, 1)]
  const few = new Set([...new Set([...wanted, ...random.shuffled([...plan.agents.keys()])])].slice(0, FEW))
  let fewer = plan
  for (let index = plan.agents.length - 1; index >= 0; index -= 1)
    if (!few.has(index)) fewer = withoutAgent(fewer, index)
  return { ...fewer, seed: `${random.below(2 ** 31)}` }
}

/** The others move up; what happened to the one that is left out does not happen. */
function withoutAgent(plan: Plan, gone: number): Plan {
  const moved = (index: number): number => (index > gone ? index - 1 : index)
  const stays = (index: number): boolean => index !== gone
  return {
    ...plan,
    agents: plan.agents.filter((_, index) => stays(index)),
    links: plan.links
      .filter(({ from, to }) => stays(from) && stays(to))
      .map((link) => ({ ...link, from: moved(link.from), to: moved(link.to) })),
    faults: plan.faults.flatMap((fault) => movedFault(fault, gone, moved)),
    work: plan.work.filter(({ agent }) => stays(agent)).map((deed) => ({ ...deed, agent: moved(deed.agent) })),
    phases: { ...plan.phases, core: plan.phases.core.filter(stays).map(moved) },
  }
}

function movedFault(fault: Fault, gone: number, moved: (index: number) => number): readonly Fault[] {
  if (fault.kind === 'partition') {
    const agents = fault.agents.filter((index) => index !== gone).map(moved)
    return [{ ...fault, agents }]
  }
  if ('agent' in fault) return fault.agent === gone ? [] : [{ ...fault, agent: moved(fault.agent) }]
  if (fault.from === gone || fault.to === gone) return []
  return [{ ...fault, from: moved(fault.from), to: moved(fault.to) }]
}

const simplifications: readonly ((plan: Plan) => Plan)[] = [
  (plan) => ({ ...plan, phases: { ...plan.phases, probes: false } }),
  (plan) => ({ ...plan, links: [] }),
  (plan) => ({ ...plan, weather: { ...plan.weather, lossPpm: 0, gossipLoss: 0, duplicate: 0, reorder: 0 } }),
  (plan) => ({ ...plan, weather: { ...plan.weather, delayUs: 1_000, jitterUs: 0 } }),
]

/** An agent as simple as one can be. */
function calmAgent(plan: Plan, index: number): Plan {
  const simpler = plan.agents.map((agent, each) =>
    each === index
      ? {
          ...agent,
          startMs: 0,
          clock: { aheadMs: 0, driftPpm: 0 },
          syncUs: 500,
          temper: { ...calm, slowMs: agent.temper.slowMs },
          byzantine: null,
        }
      : agent,
  )
  return { ...plan, agents: simpler }
}

/** A task as simple as one can be. */
function plainDeed(plan: Plan, index: number): Plan {
  const work = plan.work.map((deed, each) =>
    each === index && deed.kind === 'offer'
      ? { ...deed, milestones: deed.milestones.slice(0, 1), revisions: 0, parent: null, ask: null, stake: 0, size: 8 }
      : deed,
  )
  return { ...plan, work }
}

import { stream, type Random } from '../random.ts'
import type { Seed } from '../seed.ts'
import { dimensions, drawFaults, type Dimension } from './draw-faults.ts'
import { drawTemper, drawWork } from './draw-work.ts'
import {
  calm,
  panelPartyKinds,
  partyKinds,
  PLAN_FORMAT,
  PLAN_VERSION,
  witnessKinds,
  type AgentPlan,
  type ByzantineKind,
  type Deed,
  type LinkPlan,
  type Phases,
  type Plan,
} from './plan.ts'

/** What a scenario says of its worlds; chance does the rest. */
export interface Shape {
  readonly scenario: string
  readonly agents: { readonly from: number; readonly to: number }
  /** Faults that are on in every world. */
  readonly always: readonly Dimension[]
  /** Faults that are on in every second world. */
  readonly sometimes: readonly Dimension[]
  /** The only ways to cheat in its worlds, where every second agent does; absent: as the dimensions have it. */
  readonly cheats?: readonly ByzantineKind[]
  /** Who cheats witnesses for nobody: what panels say is then what its members saw. Absent: everybody may witness. */
  readonly fairPanels?: boolean
}

/** ε of the `test` profile, and the unit in which its contracts last. */
const EPSILON_MS = 50
const UNIT_MS = 700

/** Draws the world of a seed. Every part has dice of its own. */
export function drawPlan(seed: Seed, shape: Shape): Plan {
  const dice = (name: string): Random => stream(seed, 'plan', name)
  const count = dice('agents').between(shape.agents.from, shape.agents.to)
  const on = drawDimensions(shape, dice('dimensions'))
  const safetyMs = dice('safety').pick([2_500, 5_000, 9_000])
  const agents = drawWitnesses(drawAgents(count, on, safetyMs, dice('cast')), on, dice('witnesses'), shape)
  const requesters = agents.flatMap((_, index) => (index === 0 || index % 3 !== 2 ? [index] : []))
  const tasks = dice('tasks').between(2, 3 + count)
  const faultsUntil = safetyMs - 500
  return {
    ...{ format: PLAN_FORMAT, version: PLAN_VERSION, seed: `${seed}`, scenario: shape.scenario },
    signer: seed % 20n === 7n ? 'ed25519' : 'fake',
    agents,
    weather: drawWeather(on, dice('weather')),
    links: [],
    faults: drawFaults(on, { agents: count, untilMs: faultsUntil, epsilonMs: EPSILON_MS }, dice('faults')),
    work: withRevisions(
      drawWork({ requesters, skills, tasks, untilMs: safetyMs - 1_000, unitMs: UNIT_MS }, dice('work')),
      agents,
    ),
    phases: drawPhases(agents, safetyMs, dice('core')),
  }
}

const skills = ['shout', 'count']

/** Who has work done again leaves room for that in its terms. */
export function withRevisions(work: readonly Deed[], agents: readonly AgentPlan[]): readonly Deed[] {
  return work.map((deed) => {
    const isFickle = deed.kind === 'offer' && agents[deed.agent]?.byzantine === 'fickle-reviewer'
    return isFickle ? { ...deed, revisions: Math.max(1, deed.revisions) } : deed
  })
}

function drawDimensions(shape: Shape, random: Random): ReadonlySet<Dimension> {
  const on = dimensions.filter((each) => {
    const coin = random.permille(500)
    // Contracts that a panel sees cost most: they stand in every fourth world that need not have them.
    const isRare = each === 'witness' && random.permille(500)
    return shape.always.includes(each) || (coin && !isRare && shape.sometimes.includes(each))
  })
  return new Set(on)
}

function drawAgents(count: number, on: ReadonlySet<Dimension>, safetyMs: number, random: Random): readonly AgentPlan[] {
  return Array.from({ length: count }, (_, index): AgentPlan => {
    // Somebody serves in every world, and some agents only hire.
    const serves = index === 1 || random.permille(700)
    const late = on.has('late') && random.permille(400)
    return {
      id: index,
      profile: 'test',
      skills: serves ? (random.permille(500) ? skills : [random.pick(skills)]) : [],
      slots: serves ? random.pick([1, 2, 4]) : 0,
      startMs: late ? random.between(100, safetyMs - 800) : random.between(0, 20),
      clock: on.has('drift')
        ? { aheadMs: random.between(-40, 40), driftPpm: random.pick([-100, 0, 100]) }
        : { aheadMs: 0, driftPpm: 0 },
      syncUs: random.pick([50, 500, 4_000]),
      temper: on.has('temper') ? drawTemper(random, UNIT_MS) : { ...calm, slowMs: random.pick([5, 100, 400]) },
      witnesses: false,
      // The first two are honest, so that there is somebody to be healed.
      byzantine: on.has('byzantine') && index > 1 && random.permille(350) ? random.pick(partyKinds) : null,
    }
  })
}

/** Who sees the contracts of others. Where agents cheat some of these do it as witnesses only, and keep to the rules else. */
function drawWitnesses(
  agents: readonly AgentPlan[],
  on: ReadonlySet<Dimension>,
  random: Random,
  { cheats, fairPanels }: Shape,
): readonly AgentPlan[] {
  if (!on.has('witness')) return agents
  // Most of those who lie in one world do it in one way, so that it is seen what comes of that.
  const fashion = random.pick(random.permille(500) ? witnessKinds : panelPartyKinds)
  return agents.map((agent, index): AgentPlan => {
    const witnesses = random.permille(850)
    const isChosen = cheats === undefined ? random.permille(350) && on.has('byzantine') : random.permille(500)
    const corrupt = isChosen && index > 1
    const other = random.pick(random.permille(500) ? witnessKinds : panelPartyKinds)
    const kind = cheats === undefined ? (random.permille(600) ? fashion : other) : random.pick(cheats)
    const temper = { ...agent.temper, brink: random.pick([0, 0, 300, 700]) }
    const byzantine = agent.byzantine ?? (corrupt ? kind : null)
    return { ...agent, temper, witnesses: witnesses && (fairPanels !== true || byzantine === null), byzantine }
  })
}

function drawWeather(on: ReadonlySet<Dimension>, random: Random): LinkPlan {
  const rough = on.has('loss')
  return {
    delayUs: random.pick([250, 1_000, 5_000]),
    jitterUs: random.pick([0, 1_000, 8_000]),
    lossPpm: rough ? random.pick([500, 5_000]) : 0,
    gossipLoss: rough ? random.pick([0, 50, 300]) : 0,
    duplicate: rough ? random.pick([0, 100]) : 0,
    reorder: rough ? random.pick([0, 100]) : 0,
  }
}

/** Two to five agents that are healed, at least one of which serves. */
function drawPhases(agents: readonly AgentPlan[], safetyMs: number, random: Random): Phases {
  const correct = agents.flatMap(({ byzantine }, index) => (byzantine === null ? [index] : []))
  const core = random.shuffled(correct).slice(0, random.between(2, 5))
  return { safetyMs, core: core.toSorted((a, b) => a - b), livenessMs: 90_000, probes: true }
}

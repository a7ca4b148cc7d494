import { calm, PLAN_FORMAT, PLAN_VERSION, type AgentPlan, type Deed, type Plan } from '../plan/plan.ts'
import { stream } from '../random.ts'
import type { Seed } from '../seed.ts'

/** How agents are spread over skills: all in one, or eight to each. */
export const taxShapes = ['one-skill', 'eights'] as const
export type TaxShape = (typeof taxShapes)[number]

const PER_SKILL = 8
const MOST_CONTRACTS = 120
const JOINED_MS = 4_000
const SPAN_MS = 12_000

/** Many agents that all serve and all hire; nothing goes wrong, so that what is counted is what coordination costs. */
export function drawTax(seed: Seed, agents: number, shape: TaxShape): Plan {
  const random = stream(seed, 'plan', 'tax', shape, agents)
  const groups = shape === 'one-skill' ? 1 : Math.max(1, Math.floor(agents / PER_SKILL))
  const cast = Array.from({ length: agents }, (_, index): AgentPlan => ({
    id: index,
    profile: 'lan',
    skills: [`skill-${index % groups}`],
    slots: 4,
    startMs: random.below(1_000),
    clock: { aheadMs: 0, driftPpm: 0 },
    syncUs: 1_000,
    temper: { ...calm, slowMs: 200 },
    witnesses: false,
    byzantine: null,
  }))
  const contracts = Math.min(MOST_CONTRACTS, Math.max(40, agents))
  const work = Array.from({ length: contracts }, (_, number): Deed => ({
    ...{ kind: 'offer', atMs: JOINED_MS + random.below(SPAN_MS), agent: random.below(agents), key: `t${number}` },
    ...{ skill: `skill-${random.below(groups)}`, mode: 'auction', bidding: 'open' },
    milestones: [{ durationMs: 8_000, acceptance: 'requester' }],
    ...{ deadlineMs: 20_000, waitMs: 8_000, value: 5_000_000, ask: null, stake: 0, maxBids: 3 },
    ...{ revisions: 0, attempts: 3, size: 64, parent: null },
  }))
  return {
    ...{ format: PLAN_FORMAT, version: PLAN_VERSION, seed: `${seed}`, scenario: 'tax', signer: 'fake', agents: cast },
    weather: { delayUs: 500, jitterUs: 2_000, lossPpm: 0, gossipLoss: 0, duplicate: 0, reorder: 0 },
    ...{ links: [], faults: [], work: work.toSorted((a, b) => a.atMs - b.atMs) },
    phases: { safetyMs: JOINED_MS + SPAN_MS, core: cast.map((_, index) => index), livenessMs: 60_000, probes: false },
  }
}

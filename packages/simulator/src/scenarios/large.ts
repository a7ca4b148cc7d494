import { calm, PLAN_FORMAT, PLAN_VERSION, type AgentPlan, type Deed, type Fault, type Plan } from '../plan/plan.ts'
import { stream } from '../random.ts'
import type { Seed } from '../seed.ts'

const USUAL = 1_000
/** One agent in so many serves, the others hire. */
const SERVING = 10
/** One contract for so many agents. */
const PER_CONTRACT = 10
const WORKERS_PER_SKILL = 8
const SAFETY_MS = 20_000

/** Many agents, few of whom know each other; a few of them crash, and everything must come to its end. */
export function drawLarge(seed: Seed, agents: number | null): Plan {
  const count = agents ?? USUAL
  const random = stream(seed, 'plan', 'large')
  const skills = Math.max(1, Math.floor(count / SERVING / WORKERS_PER_SKILL))
  const cast = Array.from({ length: count }, (_, index): AgentPlan => {
    const serves = index % SERVING === 0
    return {
      id: index,
      profile: 'lan',
      skills: serves ? [`skill-${Math.floor(index / SERVING) % skills}`] : [],
      slots: serves ? 4 : 0,
      startMs: random.below(2_000),
      clock: { aheadMs: random.between(-100, 100), driftPpm: random.between(-50, 50) },
      syncUs: 1_000,
      temper: { ...calm, slowMs: 500 },
      witnesses: false,
      byzantine: null,
    }
  })
  const work = Array.from({ length: Math.ceil(count / PER_CONTRACT) }, (_, number): Deed => {
    const hirer = random.below(count)
    return {
      ...{ kind: 'offer', atMs: random.between(4_000, SAFETY_MS - 2_000), key: `t${number}` },
      agent: hirer % SERVING === 0 ? (hirer + 1) % count : hirer,
      ...{ skill: `skill-${random.below(skills)}`, mode: 'auction', bidding: 'open' },
      milestones: [{ durationMs: 10_000, acceptance: random.pick(['hash', 'requester']) }],
      ...{ deadlineMs: 20_000, waitMs: 8_000, value: 5_000_000, ask: null, stake: 500_000, maxBids: 3 },
      ...{ revisions: 0, attempts: 3, size: 64, parent: null },
    }
  })
  const faults = Array.from({ length: Math.ceil(count / 100) }, (): Fault => ({
    ...{ kind: 'crash', atMs: random.between(5_000, SAFETY_MS - 1_000), agent: random.below(count) },
    ...{ afterOps: random.between(1, 9), downMs: 500, tail: 'torn', quiet: false },
  }))
  return {
    ...{ format: PLAN_FORMAT, version: PLAN_VERSION, seed: `${seed}`, scenario: 'large', signer: 'fake' },
    agents: cast,
    weather: { delayUs: 1_000, jitterUs: 4_000, lossPpm: 0, gossipLoss: 0, duplicate: 0, reorder: 0 },
    links: [],
    faults: faults.toSorted((a, b) => a.atMs - b.atMs),
    work: work.toSorted((a, b) => a.atMs - b.atMs),
    phases: {
      safetyMs: SAFETY_MS,
      core: cast.map((_, index) => index),
      livenessMs: 120_000,
      // Half a million pairs are not tried; that everybody can contract is what the work itself shows.
      probes: false,
    },
  }
}

import {
  calm,
  PLAN_FORMAT,
  PLAN_VERSION,
  type AgentPlan,
  type Deed,
  type Fault,
  type Plan,
  type SignerKind,
} from '../plan/plan.ts'
import { stream } from '../random.ts'
import type { Seed } from '../seed.ts'

const USUAL = 50
const PER_SKILL = 8
const CONTRACTS_PER_AGENT = 4
const MOST_CONTRACTS = 800
/** One contract in so many meets a crash. */
const PER_CRASH = 20
const JOINED_MS = 4_000
const SPAN_MS = 120_000

/** Contracts of about a minute and three bids each, at a steady pace: what a figure of the simulator's speed is taken from. */
export function drawPace(seed: Seed, agents: number | null, signer: SignerKind = 'fake'): Plan {
  const count = agents ?? USUAL
  const random = stream(seed, 'plan', 'pace', count)
  const skills = Math.max(1, Math.floor(count / PER_SKILL))
  const cast = Array.from({ length: count }, (_, index): AgentPlan => ({
    id: index,
    profile: 'lan',
    skills: [`skill-${index % skills}`],
    slots: 4,
    startMs: random.below(1_000),
    clock: { aheadMs: random.between(-100, 100), driftPpm: random.between(-50, 50) },
    syncUs: 1_000,
    temper: { ...calm, slowMs: 80_000 },
    witnesses: false,
    byzantine: null,
  }))
  const contracts = Math.min(MOST_CONTRACTS, count * CONTRACTS_PER_AGENT)
  const work = Array.from({ length: contracts }, (_, number): Deed => ({
    ...{ kind: 'offer', atMs: JOINED_MS + random.below(SPAN_MS), agent: random.below(count), key: `t${number}` },
    ...{ skill: `skill-${random.below(skills)}`, mode: 'auction', bidding: 'open' },
    milestones: [{ durationMs: 90_000, acceptance: 'requester' }],
    ...{ deadlineMs: 200_000, waitMs: 8_000, value: 5_000_000, ask: null, stake: 500_000, maxBids: 3 },
    ...{ revisions: 0, attempts: 3, size: 64, parent: null },
  }))
  const faults = Array.from({ length: Math.ceil(contracts / PER_CRASH) }, (): Fault => ({
    ...{ kind: 'crash', atMs: JOINED_MS + random.below(SPAN_MS), agent: random.below(count) },
    ...{ afterOps: random.between(1, 9), downMs: 1_000, tail: 'torn', quiet: false },
  }))
  return {
    ...{ format: PLAN_FORMAT, version: PLAN_VERSION, seed: `${seed}`, scenario: 'pace', signer, agents: cast },
    weather: { delayUs: 1_000, jitterUs: 4_000, lossPpm: 0, gossipLoss: 0, duplicate: 0, reorder: 0 },
    links: [],
    faults: faults.toSorted((a, b) => a.atMs - b.atMs),
    work: work.toSorted((a, b) => a.atMs - b.atMs),
    phases: {
      safetyMs: JOINED_MS + SPAN_MS,
      core: cast.map((_, index) => index),
      livenessMs: 300_000,
      probes: false,
    },
  }
}

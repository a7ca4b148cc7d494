import { MICRO } from '@haggle/protocol'
import { calm, PLAN_FORMAT, PLAN_VERSION, type AgentPlan, type Deed, type Plan } from '../plan/plan.ts'
import { stream } from '../random.ts'
import type { Seed } from '../seed.ts'

/** By then adverts were said again: everybody has heard of the worker, also who missed the first. */
const JOINED_MS = 25_000
const SAFETY_MS = 52_000
const SKILL = 'skill-0'

/** Many who want one worker, which takes whatever it is given, at one moment or within a few; every link holds, and all may be slow. */
export function drawCrowd(seed: Seed, agents: number | null): Plan {
  const random = stream(seed, 'plan', 'crowd')
  const count = Math.max(2, agents ?? random.between(24, 40))
  const spanMs = random.pick([1, 1, 50, 500, 4_000])
  // So slow that an award has hardly run out when others are heard; only the profiles of fast networks are made for less.
  const isSlow = random.below(4) === 0
  const delayUs = isSlow ? random.between(1_000_000, 1_600_000) : random.pick([1_000, 1_000, 100_000])
  const mostTenths = isSlow ? 20 : random.pick([4, 20, 20])
  const cast = Array.from({ length: count }, (_, index): AgentPlan => ({
    id: index,
    profile: isSlow ? 'lan' : random.pick(['test', 'lan']),
    skills: index === 0 ? [SKILL] : [],
    slots: index === 0 ? 64 : 0,
    startMs: random.below(1_000),
    clock: { aheadMs: 0, driftPpm: 0 },
    syncUs: 1_000,
    temper: { ...calm, slowMs: 20_000, rejects: 300 },
    witnesses: false,
    byzantine: null,
  }))
  const work = cast.slice(1).map(({ id }): Deed => ({
    ...{ kind: 'offer', atMs: JOINED_MS + random.below(spanMs), agent: id, key: `t${id}` },
    ...{ skill: SKILL, mode: random.pick(['auction', 'auction', 'claim']), bidding: 'open' },
    milestones: [{ durationMs: 10_000, acceptance: 'requester' }],
    ...{ deadlineMs: 20_000, waitMs: 8_000, value: 20 * MICRO, ask: null },
    ...{ stake: (random.between(1, mostTenths) * MICRO) / 10, maxBids: 3 },
    ...{ revisions: 0, attempts: 3, size: 64, parent: null },
  }))
  return {
    ...{ format: PLAN_FORMAT, version: PLAN_VERSION, seed: `${seed}`, scenario: 'crowd', signer: 'fake' },
    agents: cast,
    weather: { delayUs, jitterUs: 4_000, lossPpm: 0, gossipLoss: 0, duplicate: 0, reorder: 0 },
    links: [],
    faults: [],
    work: work.toSorted((a, b) => a.atMs - b.atMs),
    phases: { safetyMs: SAFETY_MS, core: cast.map((_, index) => index), livenessMs: 120_000, probes: false },
  }
}

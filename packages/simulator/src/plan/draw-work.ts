import type { Random } from '../random.ts'
import type { Deed, Temper } from './plan.ts'

/** How long the `test` profile collects bids. */
const BID_WINDOW_MS = 50

export interface WorkFrame {
  /** Agents that hire. */
  readonly requesters: readonly number[]
  readonly skills: readonly string[]
  /** Tasks of all of them together. */
  readonly tasks: number
  /** Offers are made before this. */
  readonly untilMs: number
  /** How long a task lasts at most, at a time: what the profile's windows are multiplied with. */
  readonly unitMs: number
}

/** What agents ask of each other, in order of time. */
export function drawWork(frame: WorkFrame, random: Random): readonly Deed[] {
  const work: Deed[] = []
  for (let number = 0; number < frame.tasks; number += 1) {
    const agent = random.pick(frame.requesters)
    const key = `t${number}`
    const atMs = random.between(30, frame.untilMs)
    work.push(drawOffer(frame, random, { agent, key, atMs }))
    if (random.permille(250)) {
      // When the award has just gone out, while somebody works, or at any time.
      const until = random.pick([0, 1, 1, 4]) * frame.unitMs
      const afterMs = until === 0 ? BID_WINDOW_MS + random.between(0, 20) : random.between(0, until)
      work.push({ kind: 'cancel', atMs: atMs + afterMs, agent, key })
    }
  }
  return work.toSorted((a, b) => a.atMs - b.atMs)
}

function drawOffer(
  { skills, unitMs }: WorkFrame,
  random: Random,
  who: { readonly agent: number; readonly key: string; readonly atMs: number },
): Deed {
  const count = random.pick([1, 1, 1, 1, 2, 3])
  const durationMs = random.pick([1, 2, 4]) * unitMs
  const value = random.pick([1, 5, 20]) * 1_000_000
  return {
    ...{ kind: 'offer', ...who, skill: random.pick(skills), mode: random.pick(['claim', 'auction', 'auction']) },
    bidding: random.pick(['open', 'sealed']),
    milestones: Array.from({ length: count }, () => ({
      durationMs,
      acceptance: random.pick(['hash', 'requester', 'schema']),
    })),
    deadlineMs: random.pick([2, 4, 8]) * unitMs,
    waitMs: random.pick([1, 2, 4]) * unitMs,
    value,
    ask: random.permille(200) ? Math.floor(value / 2) : null,
    stake: random.pick([0, 100_000, 1_000_000]),
    maxBids: random.pick([1, 3, 8]),
    revisions: random.pick([0, 0, 1, 2]),
    attempts: random.pick([1, 3, 3]),
    size: random.pick([8, 8, 8, 300, 20_000]),
    parent: null,
  }
}

/** How an application behaves where people and programs are as they are. */
export function drawTemper(random: Random, unitMs: number): Temper {
  const some = (): number => random.pick([0, 0, 0, 100, 400])
  return {
    ...{ silent: some(), fails: some(), withdraws: some(), hangs: random.pick([0, 0, 0, 200]), botches: some() },
    ...{ rejects: some(), ignores: random.pick([0, 0, 0, 200]), concedes: some(), brink: 0 },
    slowMs: random.pick([5, Math.floor(unitMs / 4), unitMs]),
  }
}

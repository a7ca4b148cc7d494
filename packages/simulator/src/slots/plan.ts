import type { Random } from '../random.ts'
import { correctClock, DELTA, DUE, ECHO_WAIT, GRACE, LATE, strategies, type Strategy } from './setting.ts'

/** When a member is away: from its stop to its restart, in true time. */
export interface Away {
  readonly from: number
  readonly until: number
}

/** One member: how far its clock is off, what it does, and when it is away. */
export interface MemberPlan {
  readonly offset: number
  readonly strategy: Strategy | null
  readonly away: Away | null
}

/** What the worker does about its delivery. */
export interface WorkerPlan {
  /** `hug`: shows it to some members at the border of their time; `liars`: to corrupt members alone. */
  readonly kind: 'in-time' | 'late' | 'never' | 'hug' | 'liars'
  /** When it pushes, by its own clock. */
  readonly at: number
  readonly offset: number
  /** The messages of its push can be lost, as all others can. */
  readonly lossy: boolean
  /** Two different deliveries, to different members. */
  readonly forks: boolean
  readonly answersChallenges: boolean
}

/** What the requester does. */
export interface RequesterPlan {
  readonly offset: number
  /** It holds the delivery and has said so: the worker can show its receipt. */
  readonly receipted: boolean
  /** When it asks, by its own clock; null: it does not. */
  readonly asksAt: number | null
  /** Two different asks, to different members. */
  readonly twoAsks: boolean
  /** In true time; null: no challenge. */
  readonly challengesAt: number | null
}

export interface TrialPlan {
  readonly members: readonly MemberPlan[]
  readonly worker: WorkerPlan
  readonly requester: RequesterPlan
  /** Permille of the messages that are lost. */
  readonly loss: number
}

/** Draws one trial: at most `corrupt` members lie, every other one is away with a chance of a tenth. */
export function drawTrial(random: Random, n: number, corrupt: number): TrialPlan {
  const members = Array.from({ length: n }, (_, at) => drawMember(random, at < corrupt))
  const worker = drawWorker(random, members)
  return {
    members: random.shuffled(members),
    ...{ worker, requester: drawRequester(random, worker), loss: random.pick([0, 0, 20, 100]) },
  }
}

function drawMember(random: Random, isCorrupt: boolean): MemberPlan {
  if (isCorrupt) {
    const strategy = random.pick(strategies)
    const off = random.between(GRACE, 3_000) * (random.permille(500) ? 1 : -1)
    return { strategy, offset: strategy === 'clock' ? off : correctClock(random), away: null }
  }
  const from = DUE + random.between(-3_000, 1_500)
  const away = random.permille(100) ? { from, until: from + random.between(50, 3_000) } : null
  return { strategy: null, offset: correctClock(random), away }
}

function drawWorker(random: Random, members: readonly MemberPlan[]): WorkerPlan {
  const isBad = members.some(({ strategy }) => strategy !== null) && random.permille(400)
  const kind = isBad
    ? random.pick(['hug', 'liars'] as const)
    : random.pick(['in-time', 'in-time', 'late', 'never'] as const)
  const early = random.permille(500) ? 0 : random.between(0, 2_000)
  const lateBy = random.between(1, GRACE + LATE + 300)
  return {
    ...{ kind, at: kind === 'late' ? DUE + lateBy : DUE - early, offset: correctClock(random) },
    ...{ lossy: random.permille(200), forks: kind === 'hug' && random.permille(300) },
    answersChallenges: random.permille(kind === 'never' ? 200 : 800),
  }
}

function drawRequester(random: Random, worker: WorkerPlan): RequesterPlan {
  const asks = worker.kind === 'never' || random.permille(700)
  const soon = DUE + GRACE + ECHO_WAIT
  return {
    offset: correctClock(random),
    receipted: worker.kind === 'in-time' && random.permille(150),
    asksAt: asks ? soon + (random.permille(500) ? 0 : random.between(-100, 2_000)) : null,
    twoAsks: random.permille(150),
    challengesAt: random.permille(250) ? DUE - random.between(2 * DELTA, 2_500) : null,
  }
}

import {
  certificatesOf,
  doubleVotes,
  quorumsOf,
  verdictOf,
  type Certificate,
  type CountedVote,
  type SlotCertificates,
} from '@haggle/core'
import { DUE, ECHO_WAIT, GRACE, mostCorrupt, panelIn, type SlotName } from './setting.ts'
import type { Trace } from './trial.ts'

/** What must never happen, whatever at most f members do. */
export const slotViolations = [
  'contradictory',
  'falsely-timely',
  'certified-without-bytes',
  'pushed-and-absent',
  'receipted-and-absent',
  'alive-and-absent',
  'gone-and-delivered',
  'honest-double-vote',
] as const
export type SlotViolation = (typeof slotViolations)[number]

/** One trial, weighed. */
export interface Weighed {
  readonly violations: readonly SlotViolation[]
  /** What the votes that were cast come to. */
  readonly outcome: 'timely' | 'late' | 'absent' | 'undecided'
  /** Somebody had a reason to want a certificate: it was asked for in time, or the worker pushed by its due. */
  readonly wanted: boolean
  /** Something reached members at the border of their time: by a liar's choice, or by a worker that was late by less than G. */
  readonly hugged: boolean
  /** More members were corrupt or away than the panel provides for. */
  readonly overwhelmed: boolean
  /** Messages can be lost in this trial. */
  readonly lossy: boolean
  /** The worker let a challenge pass and pushed after all: its panel says neither. */
  readonly barred: boolean
}

interface Found {
  readonly timely: readonly Certificate[]
  readonly absent: readonly Certificate[]
}

/** Judges one trial: its safety against all that liars could still sign, its outcome by what they did. */
export function weigh(trace: Trace): Weighed {
  const { setting, plan, votes } = trace
  const worst = found(trace, [...votes, ...trace.possible])
  const cast = found(trace, votes).delivery
  const { f } = quorumsOf(setting.n)
  const corrupt = plan.members.filter(({ strategy }) => strategy !== null).length
  const away = plan.members.filter((member) => member.strategy === null && member.away !== null).length
  return {
    violations: violationsOf(trace, worst.delivery, worst.lease),
    outcome: cast === undefined ? 'undecided' : verdictOf(cast, DUE).kind,
    wanted: wasWanted(trace),
    hugged: wasHugged(trace),
    overwhelmed: corrupt + away > f,
    lossy: plan.loss > 0,
    barred: plan.requester.challengesAt !== null && !plan.worker.answersChallenges && plan.worker.kind !== 'never',
  }
}

function found(trace: Trace, votes: readonly CountedVote[]): Readonly<Record<SlotName, SlotCertificates | undefined>> {
  const bySlot = [...certificatesOf(panelIn(trace.setting), votes).values()]
  return {
    delivery: bySlot.find(({ slot }) => slot.duty === 'delivery'),
    lease: bySlot.find(({ slot }) => slot.duty === 'lease'),
  }
}

const nothing: Found = { timely: [], absent: [] }

function violationsOf(trace: Trace, delivery: Found = nothing, lease: Found = nothing): SlotViolation[] {
  const { setting, plan, reached, held, votes, honest } = trace
  const { worker, requester } = plan
  const out: SlotViolation[] = []
  if (isContradictory(delivery) || isContradictory(lease)) out.push('contradictory')
  if (!requester.receipted) {
    const [most, { timely }] = [mostCorrupt(setting.n), quorumsOf(setting.n)]
    if (delivery.timely.some(({ names }) => countOf(reached, names) === 0)) out.push('falsely-timely')
    // Whoever is asked for the bytes later: more than f of the panel must be able to give them.
    const isEmpty = delivery.timely.some(({ names }) => countOf(held, names) < timely - most)
    if (isEmpty) out.push('certified-without-bytes')
  }
  if (delivery.absent.length > 0) {
    const most = Math.max(0, ...[...reached.values()].map((members) => members.size))
    const isPushed = worker.kind === 'in-time' && !worker.lossy && !requester.receipted
    if (isPushed || most > setting.n - quorumsOf(setting.n).absent) out.push('pushed-and-absent')
    if (requester.receipted && plan.loss === 0) out.push('receipted-and-absent')
  }
  if (lease.absent.length > 0) {
    if (worker.answersChallenges && plan.loss === 0) out.push('alive-and-absent')
    if (delivery.timely.length > 0 && !requester.receipted) out.push('gone-and-delivered')
  }
  if (doubleVotes(votes.filter(({ author }) => honest.has(author))).length > 0) out.push('honest-double-vote')
  return out
}

/** Two TIMELY for two records say the same of the duty; which record counts is a matter of the fork. */
function isContradictory({ timely, absent }: Found): boolean {
  return timely.length > 0 && absent.length > 0
}

function countOf(members: Trace['reached'], names: Certificate['names']): number {
  return names === null ? 0 : (members.get(names)?.size ?? 0)
}

function wasWanted({ plan }: Trace): boolean {
  const { worker, requester } = plan
  const asked = requester.asksAt !== null && requester.asksAt >= DUE + GRACE + ECHO_WAIT
  return asked || (worker.kind === 'in-time' && !requester.receipted)
}

function wasHugged({ plan }: Trace): boolean {
  const { worker, members } = plan
  const isBorderline = worker.kind === 'late' && worker.at <= DUE + 2 * GRACE
  return worker.kind === 'hug' || isBorderline || members.some(({ strategy }) => strategy === 'late-release')
}

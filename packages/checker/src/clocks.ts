import { limits, type HaggleRecord, type Terms } from '@haggle/protocol'
import type { Stage } from './stage.ts'

type Timers = Terms['timers']

/** TIME-14: beyond this a late window does not grow, unless leases are longer too. */
const LATE_WINDOW_MS = 60_000

const grace = ({ epsilonMs, deltaMs }: Timers): number => 2 * epsilonMs + deltaMs

/** TIME-17. */
function reviewSpan(durationMs: number, size: number, timers: Timers): number {
  const transfer = Math.ceil((size * 1_000) / timers.rateBytesPerSecond)
  return Math.max(timers.reviewMinMs, 2 * timers.leaseMs + 3 * transfer + Math.floor(durationMs / 2))
}

/** TIME-15. */
function reworkSpan(durationMs: number, timers: Timers): number {
  return Math.max(timers.reviewMinMs, Math.floor(durationMs / 2))
}

/** TIME-22: a timeout of this stage that is dated earlier is void, whatever receipts there are. */
export function earliestTimeout(
  award: HaggleRecord<'award'>,
  stage: Stage & { readonly kind: 'working' | 'review' | 'rejected' },
): number {
  const { terms, at } = award.body
  const durationMs = terms.milestones[stage.milestone]?.durationMs ?? 0
  const { timers } = terms
  // The time of the entry that gave the pen is known for answers; for the others the award's is a lower bound.
  if (stage.kind === 'working') return Math.min(at + durationMs, terms.endBy) + grace(timers)
  const from = stage.kind === 'review' ? stage.answer.body.at - 2 * timers.epsilonMs : at
  const span =
    stage.kind === 'review'
      ? reviewSpan(durationMs, stage.answer.type === 'deliver' ? stage.answer.body.size : 0, timers)
      : reworkSpan(durationMs, timers)
  return from + span + grace(timers)
}

/** TIME-19: when the pledges of a contract end. */
export function exposureEnd({ timers, revisions, milestones, endBy, panelSize }: Terms): number {
  const longest = milestones.reduce((most, { durationMs }) => Math.max(most, durationMs), 0)
  // What a panel certifies came by due + G, the next clock runs from G after that, and a rejection may ask for a key.
  const seen = panelSize > 0
  const hop = 2 * timers.deltaMs + (seen ? 2 : 1) * grace(timers)
  const quarter = Math.floor(longest / 4)
  const late = timers.leaseMs > LATE_WINDOW_MS ? quarter : Math.min(quarter, LATE_WINDOW_MS)
  const rounds = (revisions + 1) * (reviewSpan(longest, limits.blobBytes, timers) + hop)
  const again = (revisions + (seen ? 1 : 0)) * (reworkSpan(longest, timers) + hop)
  return endBy + rounds + again + grace(timers) + late + 10 * timers.leaseMs
}

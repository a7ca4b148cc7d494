import { HaggleError, type Acceptance, type Milestone, type TaskInput, type Timers, type Timestamp } from '@haggle/protocol'
import { graceMs, profiles, type Job } from '@haggle/core'
import { microCredits } from './credits.ts'
import { durationMs } from './duration.ts'
import type { HireTerms, ProfileName } from './agent-types.ts'
import { parseResultSchema } from './pure/result-schema.ts'

/** Defaults of an offer, as the command line documents them too. */
export const offerDefaults = {
  deadlineMs: 60_000,
  waitMs: 10_000,
  attempts: 3,
  budget: 10,
  /** At most as many credits stand at risk on each side. */
  stakeLimit: 2,
  maxBids: 8,
} as const

/** The longest lease that an offer takes by default. */
const LONGEST_LEASE_MS = 60_000

/** A job as the engine takes it, of what the caller said and the defaults. Throws `argument/invalid`. */
export function offerJob(
  named: { readonly key: string; readonly skill: string; readonly input: TaskInput; readonly memo: string },
  terms: HireTerms,
  at: { readonly wall: Timestamp; readonly profile: ProfileName },
): Job {
  const deadlineMs = durationMs(terms.deadline ?? offerDefaults.deadlineMs, 'deadline')
  const waitMs = Math.min(durationMs(terms.wait ?? offerDefaults.waitMs, 'wait'), deadlineMs)
  const value = microCredits(terms.budget ?? offerDefaults.budget, 'budget')
  const limit = microCredits(offerDefaults.stakeLimit, 'stake')
  // Rounds down, so that a stake is never more than a tenth.
  const stake = terms.stake === undefined ? Math.min(Math.floor(value / 10), limit) : microCredits(terms.stake, 'stake')
  const { timers, workMs } = timersFor(terms, at.profile, deadlineMs, waitMs)
  const mode = terms.mode ?? 'auction'
  return {
    ...named,
    milestones: terms.milestones ?? [oneMilestone(terms.accept ?? { kind: 'requester' }, workMs)],
    endBy: at.wall + deadlineMs,
    value,
    mode,
    // A claim goes straight to the requester and is at the offer's value: there is nothing to hide or to show.
    bidding: terms.sealed === true || mode === 'claim' ? 'sealed' : 'open',
    bidUntil: at.wall + waitMs,
    maxBids: terms.maxBids ?? offerDefaults.maxBids,
    askPrice: terms.ask === undefined ? null : microCredits(terms.ask, 'ask'),
    stakeWorker: stake,
    stakeRequester: stake,
    timers,
    revisions: terms.revisions ?? 0,
    attempts: terms.attempts ?? offerDefaults.attempts,
    minQuality: terms.minQuality ?? null,
    parent: terms.parent ?? null,
  }
}

function timersFor(
  terms: HireTerms,
  profileName: ProfileName,
  deadlineMs: number,
  waitMs: number,
): { readonly timers: Timers; readonly workMs: number } {
  const profile = profiles[terms.profile ?? profileName]
  // The deadline less what the grace and the review take, where that leaves more than half of it.
  const less = deadlineMs - graceMs(profile) - profile.reviewMinMs
  const workMs = less * 2 > deadlineMs ? less : deadlineMs
  // A twentieth of the working time notices silence soon enough and keeps heartbeats rare.
  const usualLeaseMs = Math.max(profile.leaseMs, Math.min(Math.floor(workMs / 20), LONGEST_LEASE_MS))
  const leaseMs = terms.lease === undefined ? usualLeaseMs : durationMs(terms.lease, 'lease')
  const bidWindowMs = terms.bids === undefined ? profile.bidWindowMs : durationMs(terms.bids, 'bids')
  return {
    workMs,
    timers: {
      ...profile,
      bidWindowMs: Math.min(bidWindowMs, waitMs),
      leaseMs,
      leaseMaxMs: Math.max(leaseMs, LONGEST_LEASE_MS),
    },
  }
}

function oneMilestone(acceptance: Acceptance, durationMs: number): Milestone {
  if (acceptance.kind === 'schema') checkSchema(acceptance.schema)
  return { name: 'result', durationMs, valuePermille: 1_000, acceptance }
}

/** A schema that a worker would refuse is refused here, by name. */
function checkSchema(text: string): void {
  const parsed = parseResultSchema(text)
  if (parsed.ok) return
  throw new HaggleError('argument/invalid', `the acceptance schema cannot be used: ${parsed.keyword}: ${parsed.reason}`, {
    next: 'Write it with the keywords that docs/spec/contract.md lists.',
  })
}

import {
  HaggleError,
  payloadHashOf,
  schemas,
  type Acceptance,
  type Milestone,
  type TaskInput,
  type Timers,
  type Timestamp,
} from '@haggle/protocol'
import { defaultLeaseMs, graceMs, profiles, type Job } from '@haggle/core'
import { noteText } from './code-text.ts'
import { panelSize, permille } from './conditions.ts'
import { microCredits } from './credits.ts'
import { durationMs } from './duration.ts'
import type { HireTerms, ProfileName } from './hire-types.ts'
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

/**
 * A job as the engine takes it, of what the caller said and the defaults; its input is still empty.
 * Throws `argument/invalid` for whatever no offer can hold.
 */
export function offerJob(
  named: { readonly key: string; readonly skill: string; readonly memo: string },
  terms: HireTerms,
  at: { readonly wall: Timestamp; readonly profile: ProfileName },
): Job {
  const job = offerJobLater(named, terms, at)
  checkShape(job, at.wall)
  return job
}

/** The same of terms that were looked at before: nothing but the time is another. */
export function offerJobLater(
  named: { readonly key: string; readonly skill: string; readonly memo: string },
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
  // Not spread: an object with so many fields would not share its layout with the others.
  return {
    key: named.key,
    skill: named.skill,
    memo: named.memo,
    input: { ...noInput, mediaType: terms.mediaType ?? null },
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
    panel: terms.panel === undefined ? null : panelSize(terms.panel, 'panel'),
    minQuality: typeof terms.minQuality === 'number' ? permille(terms.minQuality, 'minQuality') : null,
    parent: terms.parent ?? null,
  }
}

const noInput: TaskInput = {
  hash: payloadHashOf(new Uint8Array()),
  size: 0,
  mediaType: null,
  preview: null,
  public: null,
}

/** What the record of the offer cannot hold is the caller's mistake; found here it is named, found later it would be a bug. */
function checkShape(job: Job, wall: Timestamp): void {
  const { nonce, nonceCommit } = { nonce: new Uint8Array(16), nonceCommit: new Uint8Array(32) }
  const none = { panelSize: 0, witnessSet: null, jury: null, dependsOn: [] }
  const body = { ...job, at: wall, expires: job.bidUntil, terms: { ...job, ...none }, nonce, nonceCommit }
  try {
    schemas.offer.decode(schemas.offer.encode(body), 'offer')
  } catch (cause) {
    throw new HaggleError('argument/invalid', `no offer can say this: ${noteText(cause)}`, {
      next: 'Change the field that the message names.',
      cause,
    })
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
  const leaseMs = terms.lease === undefined ? defaultLeaseMs(workMs, profile.leaseMs) : durationMs(terms.lease, 'lease')
  const bidWindowMs = terms.bids === undefined ? profile.bidWindowMs : durationMs(terms.bids, 'bids')
  return {
    workMs,
    timers: {
      ...profile,
      bidWindowMs: Math.min(bidWindowMs, waitMs),
      leaseMs,
      leaseMaxMs: Math.max(leaseMs, profile.leaseMaxMs),
    },
  }
}

function oneMilestone(acceptance: Acceptance, workMs: number): Milestone {
  if (acceptance.kind === 'schema') checkSchema(acceptance.schema)
  return { name: 'result', durationMs: workMs, valuePermille: 1_000, acceptance }
}

/** A schema that a worker would refuse is refused here, by name. */
function checkSchema(text: string): void {
  const parsed = parseResultSchema(text)
  if (parsed.ok) return
  throw new HaggleError(
    'argument/invalid',
    `the acceptance schema cannot be used: ${parsed.keyword}: ${parsed.reason}`,
    {
      next: 'Write it with the keywords that docs/spec/contract.md lists.',
    },
  )
}

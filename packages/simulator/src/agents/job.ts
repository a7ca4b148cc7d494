import { profiles, type Job } from '@haggle/core'
import { payloadHashOf, toHex, type Acceptance, type PayloadHash, type RecordId } from '@haggle/protocol'
import type { Deed, PlanAcceptance, PlanProfile } from '../plan/plan.ts'
import { stream } from '../random.ts'

/** How the skills begin that only probes ask for. */
export const PROBE = 'probe-'

export type OfferDeed = Extract<Deed, { readonly kind: 'offer' }>

/** The input of a task: it follows from its key alone, so that what is done with it does not depend on anything else. */
export function inputOf(key: string, size: number): Uint8Array {
  return stream(0n, 'input', key).bytes(Math.max(1, size))
}

/** The one right result of a milestone of a task: any bytes, or a text where a schema asks for one. */
export function rightResult(input: PayloadHash, size: number, milestone: number, isText: boolean): Uint8Array {
  const bytes = stream(0n, 'result', input, milestone).bytes(Math.max(1, size))
  return isText ? new TextEncoder().encode(JSON.stringify(toHex(bytes))) : bytes
}

/** What a schema asks for here: that a result is of a kind says little, and is all that matters. */
const TEXT_SCHEMA = JSON.stringify({ type: 'string' })

function acceptanceOf(kind: PlanAcceptance, input: PayloadHash, size: number, milestone: number): Acceptance {
  if (kind === 'hash') return { kind, hash: payloadHashOf(rightResult(input, size, milestone, false)) }
  return kind === 'schema' ? { kind, schema: TEXT_SCHEMA } : { kind }
}

/** What an agent asks for. */
export function jobOf(deed: OfferDeed, profile: PlanProfile, wall: number, parent: RecordId | null): Job {
  const input = payloadHashOf(inputOf(deed.key, deed.size))
  const timers = {
    ...profiles[profile],
    // Fast links: how long a contract can last at most is counted from the largest payload there is.
    rateBytesPerSecond: 268_435_456,
  }
  const count = deed.milestones.length
  const share = Math.floor(1_000 / count)
  const waitMs = Math.min(deed.waitMs, deed.deadlineMs)
  return {
    key: deed.key,
    skill: deed.skill,
    input: { hash: input, size: Math.max(1, deed.size), mediaType: null, preview: null, public: null },
    milestones: deed.milestones.map(({ durationMs, acceptance }, index) => ({
      name: `m${index}`,
      durationMs,
      valuePermille: index === 0 ? 1_000 - share * (count - 1) : share,
      acceptance: acceptanceOf(acceptance, input, deed.size, index),
    })),
    endBy: wall + deed.deadlineMs,
    value: deed.value,
    mode: deed.mode,
    bidding: deed.mode === 'claim' ? 'sealed' : deed.bidding,
    bidUntil: wall + waitMs,
    maxBids: deed.maxBids,
    askPrice: deed.ask,
    stakeWorker: deed.stake,
    stakeRequester: deed.stake,
    timers: { ...timers, bidWindowMs: Math.min(timers.bidWindowMs, waitMs) },
    revisions: deed.revisions,
    attempts: deed.attempts,
    panel: null,
    minQuality: null,
    parent,
    memo: deed.skill,
  }
}

import { limits, type DurationMs, type HaggleRecord, type Terms, type Timers, type Timestamp } from '@haggle/protocol'

/** A late window is never longer than this, except where leases are longer too (the human profile). */
const LATE_WINDOW_MAX_MS = 60_000
/** A default lease is never longer than this: silence is noticed within a minute. */
const DEFAULT_LEASE_MAX_MS = 60_000

/** TIME-10: G = 2ε + δ, how much later than its due something may arrive and still count as in time. */
export function graceMs(timers: Timers): DurationMs {
  return 2 * timers.epsilonMs + timers.deltaMs
}

/** TIME-11: ack = 2δ, within which a record is receipted or answered. */
export function ackMs(timers: Timers): DurationMs {
  return 2 * timers.deltaMs
}

/** TIME-12: answer = 3δ, how long a witness waits for the accused. */
export function answerMs(timers: Timers): DurationMs {
  return 3 * timers.deltaMs
}

/** TIME-13: askWindow = 10 leases, how long a certificate may still be asked for. */
export function askWindowMs(timers: Timers): DurationMs {
  return 10 * timers.leaseMs
}

/** TIME-14: late window L = duration / 4, rounded down, at most 60 s; where the lease itself is longer than that, no cap holds. */
export function lateWindowMs(durationMs: DurationMs, timers: Timers): DurationMs {
  const quarter = Math.floor(durationMs / 4)
  return timers.leaseMs > LATE_WINDOW_MAX_MS ? quarter : Math.min(quarter, LATE_WINDOW_MAX_MS)
}

/** TIME-15: rework = duration / 2, rounded down, at least the review minimum. */
export function reworkMs(durationMs: DurationMs, timers: Timers): DurationMs {
  return Math.max(Math.floor(durationMs / 2), timers.reviewMinMs)
}

/** TIME-16: transfer(size) = size / rate, rounded up to whole milliseconds. */
export function transferMs(sizeBytes: number, timers: Timers): DurationMs {
  return Math.ceil((sizeBytes * 1_000) / timers.rateBytesPerSecond)
}

/** TIME-17: review window = 2 leases + 3 transfers of the result + half the planned duration, at least the review minimum. */
export function reviewMs(durationMs: DurationMs, sizeBytes: number, timers: Timers): DurationMs {
  const planned = 2 * timers.leaseMs + 3 * transferMs(sizeBytes, timers) + Math.floor(durationMs / 2)
  return Math.max(planned, timers.reviewMinMs)
}

/** TIME-18: until when an award may be accepted: the accept window, and time to fetch the whole input three times. */
export function acceptDue(award: HaggleRecord<'award'>): Timestamp {
  const { at, terms } = award.body
  return at + terms.timers.acceptMs + 3 * transferMs(terms.input.size, terms.timers)
}

/**
 * TIME-19: the end of every pledge: latest due + G + L + askWindow. The latest due lets every revision of the last milestone
 * be delivered, reviewed and reworked at its own end, with a result of the largest size that a contract may carry. Asks end
 * `echoWait` + G before it, so that the last window to ask is cut by that much and no other.
 */
export function exposureUntil(terms: Terms): Timestamp {
  const { timers, revisions, milestones } = terms
  const longest = Math.max(...milestones.map((milestone) => milestone.durationMs))
  // What a panel certifies as timely came by due + G, and the next clock runs from G after that.
  const hop = ackMs(timers) + (terms.panelSize > 0 ? 2 : 1) * graceMs(timers)
  const reviews = (revisions + 1) * (reviewMs(longest, limits.blobBytes, timers) + hop)
  // WIT-39: with a panel a rejection that blames the seal gives a rework clock of its own, for the key.
  const reworks = (revisions + (terms.panelSize > 0 ? 1 : 0)) * (reworkMs(longest, timers) + hop)
  const latestDue = terms.endBy + reviews + reworks
  return latestDue + graceMs(timers) + lateWindowMs(longest, timers) + askWindowMs(timers)
}

/** TIME-20: working time / 20, at most 60 s, at least the profile's lease. */
export function defaultLeaseMs(workingMs: DurationMs, profileLeaseMs: DurationMs): DurationMs {
  return Math.max(profileLeaseMs, Math.min(Math.floor(workingMs / 20), DEFAULT_LEASE_MAX_MS))
}

/** echoWait = G, how long a witness waits after an ask for what others may have. */
export function echoWaitMs(timers: Timers): DurationMs {
  return graceMs(timers)
}

/** VER-07: no ask counts that is dated later: the votes on it must be signed by `exposureUntil`. */
export function lastAsk({ body }: HaggleRecord<'award'>): Timestamp {
  const { timers } = body.terms
  return body.exposureUntil - echoWaitMs(timers) - graceMs(timers)
}

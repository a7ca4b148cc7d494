import { bounds, limits, MAX_AMOUNT, protocolParams, type HaggleRecord, type Offer, type Terms } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import type { Job } from '../command.ts'
import { exposureUntil, graceMs } from '../contract/timing.ts'
import { marketTopic } from '../market/topics.ts'
import { calledDirectly } from '../market/silence.ts'
import { NONCE_CHAIN_LENGTH, nonceCommit } from '../market/nonce-chain.ts'
import { fitsOneContract } from '../market/room.ts'
import type { OwnTask } from '../state.ts'
import type { Turn } from '../turn.ts'
import { noPanel, panelTermsFor, type PanelTerms } from '../witness/witness-sets.ts'

/** How much longer an award can be than its offer: eight scored bids, eight reserves, and its links. */
const AWARD_SURPLUS = 4_096

/** Writes the offer of a new job and calls it out; the same key again answers with the task that exists. */
export function offerJob(turn: Turn, job: Job, entropy: Uint8Array): Answer {
  const known = turn.state.taskByKey.get(job.key)
  if (known !== undefined) return okay(known)
  if (turn.state.spent.has(job.key))
    return refuse('job/spent', 'the job of this key ended so long ago that it is not in memory any more')
  const problem = jobProblem(job, turn.now.wall)
  if (problem !== null) return refuse('job/terms', problem)
  const open = turn.state.open.size
  if (open >= bounds.openTasks) return refuse('job/too-many', `${open} tasks are open already`)

  const secret = entropy.slice(0, 32)
  const terms = termsOf(job, panelTermsFor(turn, job.panel))
  const offer = turn.sign('offer', offerBody(job, terms, turn.now.wall, entropy.slice(32, 48), nonceCommit(secret)))
  if (offer.wireLength > limits.recordBytes - AWARD_SURPLUS)
    return refuse('job/terms', 'the terms leave no room for an award: shorten the input or the schemas')
  turn.keep(offer)
  const { key, askPrice, memo } = job
  turn.persist({ kind: 'job', at: turn.now.wall, task: offer.id, job: { key, askPrice, memo }, secret })
  const task = turn.state.own.get(offer.id)
  if (task === undefined) throw new TypeError('a job that was written down has a task')
  callOut(turn, task, offer)
  turn.notify({ event: 'offered', at: turn.now.wall, task: offer.id, skill: job.skill, key: job.key, value: job.value })
  return okay(offer.id)
}

/** Gossips an offer or a reopening and opens the window in which bids are only collected. */
export function callOut(turn: Turn, task: OwnTask, record: HaggleRecord<'offer' | 'reopening'>): void {
  const topic = marketTopic(task.job.skill)
  turn.subscribe(topic)
  turn.publish(topic, record)
  // NET-51: what is sent to somebody who is not connected makes the network look for it; the two then compare their markets.
  for (const worker of calledDirectly(turn, record.id, task.job.skill, task.job.maxBids)) turn.send(worker, [record])
  const timers = task.job.timers
  // In claim mode the window begins with the first claim that is not awarded at once.
  task.windowEnds = task.job.mode === 'claim' ? null : turn.now.mono + timers.bidWindowMs
}

function offerBody(job: Job, terms: Terms, at: number, nonce: Uint8Array, commit: Uint8Array): Offer {
  const bidUntil = Math.min(job.bidUntil, job.endBy)
  return {
    at,
    nonce,
    terms,
    value: job.value,
    maxBids: job.maxBids,
    mode: job.mode,
    bidding: job.bidding,
    bidUntil,
    // MKT-04: others drop the offer when no clock can still stand before bidUntil.
    expires: bidUntil + graceMs(job.timers),
    minQuality: job.minQuality,
    nonceCommit: commit,
  }
}

function termsOf(job: Job, panel: PanelTerms): Terms {
  return {
    skill: job.skill,
    input: job.input,
    milestones: job.milestones,
    endBy: job.endBy,
    stakeWorker: job.stakeWorker,
    stakeRequester: job.stakeRequester,
    timers: job.timers,
    revisions: job.revisions,
    attempts: job.attempts,
    panelSize: panel.panelSize,
    witnessSet: panel.witnessSet,
    jury: null,
    dependsOn: [],
    parent: job.parent,
  }
}

function jobProblem(job: Job, wall: number): string | null {
  const { newcomerLimitMicro } = protocolParams
  if (job.endBy <= wall) return 'the deadline has passed already'
  if (job.bidUntil <= wall) return 'bidding would have ended already'
  if (job.milestones.length === 0) return 'a task has at least one milestone'
  if (job.milestones.reduce((sum, each) => sum + each.valuePermille, 0) !== 1_000)
    return 'milestone values do not add up to 1000'
  if (job.milestones.some((each) => each.acceptance.kind === 'jury'))
    return 'acceptance by jury is not part of this version'
  if (job.attempts < 1 || job.attempts > NONCE_CHAIN_LENGTH) return `attempts are 1 to ${NONCE_CHAIN_LENGTH}`
  // TIME-19: a moment that no record can hold would be the last one of a contract.
  const longest = { ...job.timers, leaseMs: Math.max(job.timers.leaseMs, job.timers.leaseMaxMs) }
  if (exposureUntil({ ...termsOf(job, noPanel), timers: longest }) > MAX_AMOUNT)
    return 'the deadline is beyond all time'
  if (!fitsOneContract(job)) return 'so many revisions of so many milestones fit no contract'
  // MKT-16: until a viewer can compute capacity, the newcomer limit bounds every stake.
  if (job.stakeWorker > newcomerLimitMicro || job.stakeRequester > newcomerLimitMicro)
    return 'the stake is above the newcomer limit'
  return null
}

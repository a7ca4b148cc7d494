import { payloadHashOf, type PayloadHash, type RecordId } from '@haggle/protocol'
import type { Answer, Job } from '@haggle/core'
import { profiles } from '@haggle/core'
import { bytesOf } from '../world/identity.ts'
import { Bench } from './bench.ts'
import type { Hand } from './hand.ts'

export const SKILL = 'work'
export const { test: timers } = profiles
/** G of the `test` profile, and its `ack`. */
export const GRACE = 2 * timers.epsilonMs + timers.deltaMs
export const ACK = 2 * timers.deltaMs
export const VALUE = 10_000_000
export const DURATION = 4_000

export function hashOf(text: string): PayloadHash {
  return payloadHashOf(bytesOf(text))
}
export const input = hashOf('input')
export const result = hashOf('result')

let keys = 0

/** A small auction job that any bid takes at once, unless said otherwise. */
export function jobAt(bench: Bench, more: Partial<Job> = {}): Job {
  keys += 1
  const { time } = bench
  return {
    key: `job-${keys}`,
    skill: SKILL,
    input: { hash: input, size: 8, mediaType: null, preview: null, public: null },
    milestones: [{ name: 'm0', durationMs: DURATION, valuePermille: 1_000, acceptance: { kind: 'requester' } }],
    endBy: time + 60_000,
    value: VALUE,
    mode: 'auction',
    bidding: 'open',
    bidUntil: time + 5_000,
    maxBids: 8,
    askPrice: VALUE,
    stakeWorker: 1_000_000,
    stakeRequester: 1_000_000,
    timers,
    revisions: 0,
    attempts: 3,
    panel: null,
    minQuality: null,
    parent: null,
    memo: '',
    ...more,
  }
}

/** The id of an answer that must be a yes. */
export function idOf(answer: Answer): RecordId {
  if (!answer.ok || answer.id === null) throw new Error(`no id: ${JSON.stringify(answer)}`)
  return answer.id
}

/** A requester and a worker that know each other, and how far their contract has come. */
export class Scene {
  readonly bench = new Bench()
  readonly requester: Hand = this.bench.hand()
  readonly worker: Hand = this.bench.hand()

  constructor(slots = 1) {
    this.bench.meet(this.requester, this.worker)
    this.worker.serve(SKILL, slots)
    this.bench.deliver()
  }

  /** A further worker, known to the requester. */
  another(slots = 1): Hand {
    const hand = this.bench.hand()
    this.bench.meet(this.requester, hand)
    hand.serve(SKILL, slots)
    this.bench.deliver()
    return hand
  }

  offer(more: Partial<Job> = {}): RecordId {
    const task = idOf(this.requester.command({ kind: 'offer', job: jobAt(this.bench, more) }))
    this.bench.deliver()
    return task
  }

  bid(
    task: RecordId,
    price = VALUE / 2,
    by: Hand = this.worker,
    generation = 1,
    leaseMs: number | null = null,
  ): Answer {
    const answer = by.command({ kind: 'bid', task, generation, price, etaMs: 1_000, leaseMs })
    this.bench.deliver()
    return answer
  }

  /** Accepted, not yet opened. */
  accepted(more: Partial<Job> = {}): RecordId {
    this.bid(this.offer(more))
    return this.requester.newest('award').id
  }

  /** Opened and under work. */
  opened(more: Partial<Job> = {}): RecordId {
    const contract = this.accepted(more)
    this.bench.pass(ACK)
    return contract
  }

  deliver(contract: RecordId, milestone = 0, by: Hand = this.worker, resultHash = result): Answer {
    const answer = by.command({ kind: 'deliver', contract, milestone, resultHash, size: 1, mediaType: null })
    this.bench.deliver()
    return answer
  }

  /** Delivered and before the requester's application. */
  delivered(more: Partial<Job> = {}): RecordId {
    const contract = this.opened(more)
    this.deliver(contract)
    return contract
  }

  approve(contract: RecordId, milestone = 0): Answer {
    const answer = this.requester.command({ kind: 'approve', contract, milestone })
    this.bench.deliver()
    return answer
  }

  settled(more: Partial<Job> = {}): RecordId {
    const contract = this.delivered(more)
    this.approve(contract)
    return contract
  }
}

import { computeScores, type Scores } from '@haggle/core'
import { protocolParams } from '@haggle/protocol'
import { stream } from '../random.ts'
import type { Seed } from '../seed.ts'
import { Evidence, type Happening } from './evidence.ts'
import { keyOf } from './trader-key.ts'

/** Every number of one agent, as viewers with the same roots compute them. */
export interface Numbers {
  readonly capacity: number
  readonly rank: number
  readonly quality: number
  readonly debt: number
  readonly exposure: number
  /** Of everybody's numbers together. */
  readonly digest: string
}

/** The victim's numbers before and after everything that was said of it. */
export interface SlanderResult {
  readonly slanderers: number
  readonly complaints: number
  readonly unanswered: number
  readonly before: Numbers
  readonly after: Numbers
}

const ANCHORS = [0, 1, 2]
const VICTIM = 7
const HONEST = 30
const CONTRACTS = 400
const ROUNDS = 20
const STAKE_MICRO = 1_000_000
const COMPLAINTS_EACH = 40

/** An honest market, and then slanderers who say of the victim what they like, and offers that it never answers. */
export function slander(seed: Seed, slanderers: number, unanswered: number): SlanderResult {
  const random = stream(seed, 'slander')
  const evidence = new Evidence()
  for (let contract = 0; contract < CONTRACTS; contract += 1) {
    const requester = random.below(HONEST)
    const worker = (requester + random.between(1, HONEST - 1)) % HONEST
    const round = random.below(ROUNDS)
    const success = !random.permille(50)
    evidence.take({ kind: 'ended', deal: { round, requester, worker, skill: 0, stakeMicro: STAKE_MICRO, success } })
  }
  const before = numbersOf(evidence)
  const said: Happening[] = Array.from({ length: slanderers * COMPLAINTS_EACH }, (_, index): Happening => {
    return { kind: 'complaint', by: HONEST + (index % slanderers), about: VICTIM, round: random.below(ROUNDS) }
  })
  for (let offer = 0; offer < unanswered; offer += 1) {
    const requester = random.below(HONEST + slanderers)
    said.push({ kind: 'unanswered', requester, worker: VICTIM, round: random.below(ROUNDS) })
  }
  for (const happening of random.shuffled(said)) evidence.take(happening)
  return {
    ...{ slanderers, complaints: slanderers * COMPLAINTS_EACH, unanswered, before, after: numbersOf(evidence) },
  }
}

function numbersOf(evidence: Evidence): Numbers {
  const scores: Scores = computeScores(evidence.facts, ANCHORS.map(keyOf), protocolParams, ROUNDS)
  const victim = keyOf(VICTIM)
  return {
    ...{ capacity: scores.capacity(victim), rank: scores.rank(victim), quality: scores.quality(victim, null) },
    ...{ debt: scores.debt(victim), exposure: scores.exposure(victim), digest: scores.digest() },
  }
}

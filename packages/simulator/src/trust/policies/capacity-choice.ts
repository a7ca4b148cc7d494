import { admits, computeScores, scoreOf, type ScoreParams, type Scores } from '@haggle/core'
import { protocolParams, type AgentKey } from '@haggle/protocol'
import type { Random } from '../../random.ts'
import { Evidence } from '../evidence.ts'
import type { Bid, Deal, Task } from '../market/deal.ts'
import { keyOf } from '../trader-key.ts'
import type { NamedPolicy, Policy } from './policy.ts'

/** Tasks that are meant for somebody of whom nothing is known yet, as far as their stake fits the newcomer lane. */
const NEWCOMER_PERMILLE = 50

/**
 * The scores of core over what is proven, seen from the anchors: everybody computes equal numbers. Admission by capacity or the
 * newcomer lane, choice by price and quality.
 */
export const capacityChoice: NamedPolicy = choiceWith('Haggle', protocolParams)

/** The same with a sixty-fourth of all rank as a full voice, of which sixteen successes count: why the parameters are not such. */
export const loudVoices: NamedPolicy = choiceWith('Haggle, loud voices', {
  ...protocolParams,
  rankFullMass: protocolParams.rankMass / 64,
  qualityPairSuccesses: 16,
})

function choiceWith(name: string, params: ScoreParams): NamedPolicy {
  return { name, create: ({ anchors, random }) => new CapacityChoice(anchors, random, params) }
}

class CapacityChoice implements Policy {
  readonly #anchors: readonly number[]
  readonly #random: Random
  readonly #evidence = new Evidence()
  readonly #params: ScoreParams
  #scores: Scores

  constructor(anchors: readonly number[], random: Random, params: ScoreParams) {
    this.#anchors = anchors
    this.#params = params
    this.#random = random
    this.#scores = this.#compute(0)
  }

  learn(round: number, deals: readonly Deal[]): void {
    for (const deal of deals) this.#evidence.take({ kind: 'ended', deal })
    this.#scores = this.#compute(round + 1)
  }

  choose(task: Task, bids: readonly Bid[]): number | null {
    const admitted = bids.filter(({ worker }) => this.#admits(task, worker))
    if (admitted.length === 0) return null
    const newcomers = admitted.filter(({ worker }) => this.#isUnknown(keyOf(worker)))
    if (this.#random.permille(NEWCOMER_PERMILLE) && newcomers.length > 0) return this.#random.pick(newcomers).worker
    const rated = admitted.map(({ worker, price }) => ({
      worker,
      score: scoreOf(price, this.#scores.quality(keyOf(worker), null)),
    }))
    const best = Math.min(...rated.map(({ score }) => score))
    return this.#random.pick(rated.filter(({ score }) => score === best)).worker
  }

  /** Nobody we listen to has approved of it, and no fault of it is proven; what strangers say of each other makes nobody known. */
  #isUnknown(worker: AgentKey): boolean {
    return this.#scores.rank(worker) === 0 && this.#scores.debt(worker) === 0
  }

  /** One task of each requester a round is far below the newcomer budget of an epoch: it is whole each time. */
  #admits({ stakeMicro }: Task, worker: number): boolean {
    return admits(this.#scores, keyOf(worker), stakeMicro, {
      ...{ skill: null, minQuality: 0, params: protocolParams },
      newcomerBudget: protocolParams.newcomerBudgetMicro,
    }).admitted
  }

  #compute(epoch: number): Scores {
    return computeScores(this.#evidence.facts, this.#anchors.map(keyOf), this.#params, epoch)
  }
}

import { betaExpectation, type Feedback } from '../baselines/beta.ts'
import type { NamedPolicy } from './policy.ts'

const unknown: Feedback = { good: 0, bad: 0 }

/** Believes every report, and takes who is best spoken of; among equals anybody. */
export const betaChoice: NamedPolicy = {
  name: 'beta',
  create: ({ random }) => {
    const told = new Map<number, Feedback>()
    return {
      learn: (_round, deals) => {
        for (const { worker, success } of deals) {
          const { good, bad } = told.get(worker) ?? unknown
          told.set(worker, success ? { good: good + 1, bad } : { good, bad: bad + 1 })
        }
      },
      choose: (_task, bids) => {
        const rated = bids.map(({ worker }) => ({ worker, rating: betaExpectation(told.get(worker) ?? unknown) }))
        const best = Math.max(...rated.map(({ rating }) => rating))
        return random.pick(rated.filter(({ rating }) => rating === best)).worker
      },
    }
  },
}

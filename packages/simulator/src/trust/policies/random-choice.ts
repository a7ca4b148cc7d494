import type { NamedPolicy } from './policy.ts'

/** Takes any bid, as one does who knows nothing of anybody. */
export const randomChoice: NamedPolicy = {
  name: 'random',
  create: ({ random }) => ({
    learn: () => {},
    choose: (_task, bids) => random.pick(bids).worker,
  }),
}

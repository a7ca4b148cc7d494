import { chain } from './bank/chain.ts'
import { crowds } from './bank/crowds.ts'
import { durability } from './bank/durability.ts'
import { ends } from './bank/ends.ts'
import { market } from './bank/market.ts'
import { panels } from './bank/panels.ts'
import { restarts } from './bank/restarts.ts'
import { time } from './bank/time.ts'
import type { Mutant } from './mutant.ts'

export type { Edit, Mutant } from './mutant.ts'

/** Every planted bug. */
export const mutants: readonly Mutant[] = [
  ...durability,
  ...restarts,
  ...chain,
  ...time,
  ...market,
  ...ends,
  ...panels,
  ...crowds,
]

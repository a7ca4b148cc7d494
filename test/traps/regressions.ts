import { connection } from './regressions/connection.ts'
import { gossip } from './regressions/gossip.ts'
import { input } from './regressions/input.ts'
import { network } from './regressions/network.ts'
import { processes } from './regressions/process.ts'
import type { Regression } from './support/regression.ts'
import { trapOf } from './support/regression.ts'

/** All of them, in the order of the traps. */
export const regressions: readonly Regression[] = [
  ...network,
  ...gossip,
  ...connection,
  ...processes,
  ...input,
].toSorted((one, other) => trapOf(one) - trapOf(other))

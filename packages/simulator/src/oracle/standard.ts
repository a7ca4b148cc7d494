import { contractsEnd } from './invariants/contracts-end.ts'
import { oneAward, oneSettlement } from './invariants/one-award.ts'
import { persistBeforeSend } from './invariants/persist-before-send.ts'
import { nothingLeaks, pairsContract } from './invariants/probes.ts'
import type { Invariant } from './observer.ts'

/** Every promise that is watched over, fresh for one run. */
export function standardInvariants(): readonly Invariant[] {
  return [oneAward(), oneSettlement(), persistBeforeSend(), contractsEnd(), pairsContract(), nothingLeaks()]
}

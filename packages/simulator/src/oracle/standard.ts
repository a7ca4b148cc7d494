import { approvalsCount } from './invariants/approvals.ts'
import { rightAuthors } from './invariants/authors.ts'
import { backOnBoard } from './invariants/back-on-board.ts'
import { clocksReviveNothing } from './invariants/clocks.ts'
import { crowdsBindNoMore } from './invariants/crowds.ts'
import { comparisonsSupply } from './invariants/comparisons.ts'
import { contractsEnd } from './invariants/contracts-end.ts'
import { nothingUnasked } from './invariants/duties.ts'
import { filesVerify } from './invariants/files.ts'
import { groundedReopenings } from './invariants/grounds.ts'
import { lastVotes } from './invariants/last-votes.ts'
import { paidIsVerified } from './invariants/milestones.ts'
import { noVictims } from './invariants/no-victims.ts'
import { oneAward, oneSettlement } from './invariants/one-award.ts'
import { oneLease } from './invariants/one-lease.ts'
import { nothingOfOldGenerations } from './invariants/old-generations.ts'
import { ringsGainNothing } from './invariants/rings.ts'
import { nothingAfterOvertaken } from './invariants/overtaken.ts'
import { withinStakes } from './invariants/penalties.ts'
import { persistBeforeSend } from './invariants/persist-before-send.ts'
import { nothingLeaks, pairsContract } from './invariants/probes.ts'
import { promptAwards } from './invariants/prompt-award.ts'
import { promptOpenings } from './invariants/prompt-opening.ts'
import { retriesEnd } from './invariants/retries.ts'
import { endsMoveUp, sameEnds } from './invariants/same-ends.ts'
import { withinSlots } from './invariants/slots.ts'
import { babblersStopNobody, settledForBoth, tasksEnd } from './invariants/tasks-end.ts'
import { toldOnce } from './invariants/told-once.ts'
import { twiceIsOnce } from './invariants/twice.ts'
import { wholeChains } from './invariants/whole-chain.ts'
import { anyOrder, countedOnce, neverConvicted, provenFaults } from './invariants/breaches.ts'
import { stakesConserved } from './invariants/stakes.ts'
import { rightVotes } from './invariants/right-votes.ts'
import { Ledger } from './ledger.ts'
import type { Invariant } from './observer.ts'
import { TwoWords } from './two-words.ts'

/** Every promise that is watched over, fresh for one run. */
export function standardInvariants(): readonly Invariant[] {
  const ledger = new Ledger()
  const twoWords = new TwoWords()
  return [
    ...[ledger.keeper(), twoWords.keeper()],
    ...[rightAuthors(ledger), oneAward(), groundedReopenings(ledger), nothingOfOldGenerations(ledger)],
    ...[oneLease(ledger), oneSettlement()],
    ...[wholeChains(ledger), sameEnds(ledger), withinSlots(ledger), noVictims(ledger), twiceIsOnce(ledger)],
    ...[persistBeforeSend(), nothingAfterOvertaken(ledger), endsMoveUp(ledger), nothingUnasked(ledger)],
    ...[withinStakes(ledger), clocksReviveNothing(ledger), toldOnce(ledger), paidIsVerified(ledger)],
    ...[tasksEnd(ledger), promptAwards(ledger), promptOpenings(ledger), contractsEnd(), backOnBoard(ledger)],
    ...[
      settledForBoth(ledger),
      babblersStopNobody(ledger, twoWords),
      nothingLeaks(),
      pairsContract(twoWords),
      retriesEnd(ledger),
    ],
    ...[approvalsCount(ledger), comparisonsSupply(ledger), filesVerify(ledger)],
    ...[rightVotes(ledger), neverConvicted(ledger), provenFaults(ledger), stakesConserved(ledger)],
    ...[countedOnce(), anyOrder(), lastVotes(ledger), ringsGainNothing(ledger), crowdsBindNoMore(ledger)],
  ]
}

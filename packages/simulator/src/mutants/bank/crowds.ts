import { mutant, type Mutant } from '../mutant.ts'

const pledge = 'packages/core/dist/requester/pledge.js'
const look = 'packages/core/dist/requester/second-look.js'

/** One key is bound by more than its credit covers. */
export const crowds: readonly Mutant[] = [
  mutant(
    'no-second-look',
    'a requester opens whatever it awarded, whatever others have told meanwhile',
    [look, 'return entrustsBy(scores, deal.peer, stakeWorker);', 'return true;'],
    ['S25'],
    'crowd',
  ),
  mutant(
    'pledges-untold',
    'nobody is told what a worker has pledged',
    [pledge, "turn.publish({ kind: 'facts' }, record);", ''],
    ['S25'],
    'crowd',
  ),
  mutant(
    'told-and-opened-at-once',
    'who tells a pledge opens it without listening to others',
    [pledge, 'deal.soft.openingDue = turn.now.mono + forMs', 'deal.soft.openingDue = turn.now.mono'],
    ['S25'],
    'crowd',
  ),
  mutant(
    'places-in-no-order',
    'of pledges that were told in one moment everybody counts its own first',
    [look, 'contract === deal.id ||', '!deal.soft.pledgesBefore.has(contract) ||'],
    ['S25'],
    'crowd',
  ),
  mutant(
    'unheard-is-nothing',
    'who could not listen takes what it has not heard of for nothing',
    [look, 'hasHeardOut(turn, deal, due) ? [] : unheard(turn, deal)', '[]'],
    ['S25'],
    'crowd',
  ),
]

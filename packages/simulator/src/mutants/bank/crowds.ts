import { mutant, type Mutant } from '../mutant.ts'

const pledge = 'packages/core/dist/requester/pledge.js'

/** One key is bound by more than its credit covers. */
export const crowds: readonly Mutant[] = [
  mutant(
    'no-second-look',
    'a requester opens whatever it awarded, whatever others have told meanwhile',
    [pledge, 'return entrustsBy(scores, deal.peer, stakeWorker);', 'return true;'],
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
    [pledge, 'turn.now.mono + listeningMs(turn, deal)', 'turn.now.mono'],
    ['S25'],
    'crowd',
  ),
  mutant(
    'places-in-no-order',
    'of pledges that were told in one moment everybody counts its own first',
    [pledge, 'contract === deal.id ||', '!deal.soft.pledgesBefore.has(contract) ||'],
    ['S25'],
    'crowd',
  ),
]

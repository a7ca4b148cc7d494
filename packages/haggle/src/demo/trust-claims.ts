import { ringKeys, victim } from './cast.ts'
import type { Claim, ContractFinding, FileFinding } from './claims.ts'
import type { KeptBid, Reputation } from './reputation.ts'

/** What the play shows of numbers: by the verdicts on the task files, and by what a stranger made of the evidence. */
export function trustClaimsOf(
  files: readonly FileFinding[],
  reputations: readonly Reputation[],
  bids: readonly KeptBid[],
): readonly Claim[] {
  return [
    convicted('ghost', 'ABANDONED', files, reputations),
    convicted('slow', 'NO_DELIVERY', files, reputations),
    convicted('denier', 'SILENT_REVIEW', files, reputations),
    slanderMovesNothing(files, reputations, bids),
    ringGainsNothing(files, reputations, bids),
    newcomerEarned(files, reputations),
  ]
}

/** By the votes of witnesses in the file, which a stranger counts too. */
function convicted(
  party: string,
  fault: string,
  files: readonly FileFinding[],
  reputations: readonly Reputation[],
): Claim {
  const counted = reputationOf(party, reputations)?.faults ?? []
  const shown = contractsOf(files).find(
    ({ contract }) =>
      contract.party === party &&
      contract.fault === fault &&
      contract.grade === 'witnessed' &&
      contract.slash > 0 &&
      contract.certificates.some(({ verdict }) => verdict === 'absent') &&
      counted.some((each) => each.contract === contract.contract && each.fault === fault),
  )
  const claim = `the panel convicts the ${party === 'slow' ? 'slow one' : party} by certificate, ${fault}, and a stranger who saw nothing counts the same fault`
  return { claim, holds: shown !== undefined, file: shown?.file ?? null }
}

function slanderMovesNothing(
  files: readonly FileFinding[],
  reputations: readonly Reputation[],
  bids: readonly KeptBid[],
): Claim {
  const slanders = contractsOf(files).filter(({ contract }) => contract.requester === 'slanderer')
  const rejected = slanders.filter(({ contract }) => contract.worker === victim && contract.rejected)
  const snubbed = files.some(
    ({ valid, requester, contracts, task }) =>
      valid &&
      requester === 'slanderer' &&
      contracts.length === 0 &&
      bids.some((bid) => bid.task === task && bid.worker === victim),
  )
  const own = reputationOf(victim, reputations)
  const isMoved = own?.restsOn.some((id) => slanders.some(({ contract }) => contract.contract === id)) ?? true
  const holds = rejected.length > 0 && snubbed && !isMoved && own?.faults.length === 0 && own.capacity > 0
  const claim = `the slanderer rejects ${rejected.length} results of the ${victim} and leaves a bid unanswered: no number of the ${victim} rests on that`
  return { claim, holds, file: holds ? (rejected[0]?.file ?? null) : null }
}

function ringGainsNothing(
  files: readonly FileFinding[],
  reputations: readonly Reputation[],
  bids: readonly KeptBid[],
): Claim {
  const isRing = (name: string): boolean => ringKeys.some((key) => key === name)
  const praise = contractsOf(files).filter(
    ({ contract }) => isRing(contract.requester) && isRing(contract.worker) && contract.end === 'settled',
  )
  const praised = ringKeys.every((key) => praise.some(({ contract }) => contract.worker === key))
  const underbid = contractsOf(files).find(
    ({ contract, task }) =>
      contract.end === 'settled' &&
      !isRing(contract.requester) &&
      !isRing(contract.worker) &&
      bids.some((bid) => bid.task === task && isRing(bid.worker) && bid.price < contract.price),
  )
  const nothing = ringKeys.every((key) => {
    const own = reputationOf(key, reputations)
    return own !== undefined && own.capacity === 0 && own.rank === 0
  })
  const claim = `the ring settles ${praise.length} contracts with itself and bids the least: to a stranger it has neither capacity nor rank`
  const holds = praised && underbid !== undefined && nothing
  return { claim, holds, file: holds ? underbid.file : null }
}

function newcomerEarned(files: readonly FileFinding[], reputations: readonly Reputation[]): Claim {
  const isEarned = (file: string): boolean => contractsOf(files).some((each) => each.file === file && isOwn(each))
  const isOwn = ({ contract }: Placed): boolean => contract.worker === 'newcomer' && contract.end === 'settled'
  const own = contractsOf(files).filter(isOwn)
  const chosen = files.find(({ minQuality, file }) => (minQuality ?? 0) > 0 && isEarned(file))
  const reputation = reputationOf('newcomer', reputations)
  const rests = reputation?.restsOn.every((id) => own.some(({ contract }) => contract.contract === id)) ?? false
  const holds =
    chosen !== undefined &&
    own.length > 1 &&
    rests &&
    reputation !== undefined &&
    reputation.capacity > 0 &&
    reputation.rank > 0
  const claim = `the newcomer, unknown at first, is chosen where a quality of ${chosen?.minQuality ?? 400} is asked for, and all its numbers come from its own work`
  return { claim, holds, file: holds ? chosen.file : null }
}

interface Placed {
  readonly contract: ContractFinding
  readonly file: string
  readonly task: FileFinding['task']
}

/** The contracts of every file that verifies. */
function contractsOf(files: readonly FileFinding[]): readonly Placed[] {
  return files.flatMap(({ valid, contracts, file, task }) =>
    valid ? contracts.map((contract) => ({ contract, file, task })) : [],
  )
}

function reputationOf(name: string, reputations: readonly Reputation[]): Reputation | undefined {
  return reputations.find(({ agent }) => agent === name)
}

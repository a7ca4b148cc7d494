import { errands, taskFileName, workers } from './cast.ts'

/** What `haggle verify` found out about one contract of a task. Agents by their names in the play. */
export interface ContractFinding {
  readonly contract: string
  readonly requester: string
  readonly generation: number
  readonly worker: string
  /** Credits. */
  readonly price: number
  readonly accepted: boolean
  /** Null while the contract is open. */
  readonly end: string | null
  readonly party: string | null
  readonly fault: string | null
  /** Credits. */
  readonly slash: number
  readonly grade: string | null
  /** What its panel certified, and by how many equal votes. */
  readonly certificates: readonly { readonly verdict: string; readonly votes: number }[]
  /** A result was rejected. */
  readonly rejected: boolean
  /** The bids that the award compared. */
  readonly considered: readonly { readonly worker: string; readonly price: number }[]
}

/** What `haggle verify` found out about one task file. */
export interface FileFinding {
  readonly errand: string
  readonly file: string
  readonly valid: boolean
  /** Null where the file does not verify, as its requester is. */
  readonly task: string | null
  readonly requester: string | null
  /** Permille; null where none is asked for. */
  readonly minQuality: number | null
  readonly contracts: readonly ContractFinding[]
}

export interface Claim {
  readonly claim: string
  readonly holds: boolean
  /** The task file that shows it, or shows that it is wrong; null when it takes all of them. */
  readonly file: string | null
}

/** What the play set out to show, decided by the verdicts on its task files and nothing else. */
export function claimsOf(files: readonly FileFinding[]): readonly Claim[] {
  return [
    everythingSettled(files),
    ghostReplaced(files),
    garblerCaught(files),
    slowReplaced(files),
    dearerWon(files),
    nothingTwice(files),
  ]
}

function everythingSettled(files: readonly FileFinding[]): Claim {
  const undone = errands.find(({ label }) => {
    const file = files.find(({ errand }) => errand === label)
    return !settlements(file).some(({ worker }) => isHonest(worker))
  })
  const claim = 'every task was settled, by an honest worker'
  return { claim, holds: undone === undefined, file: undone === undefined ? null : taskFileName(undone.label) }
}

function ghostReplaced(files: readonly FileFinding[]): Claim {
  const claim = 'the ghost accepted a task, did not settle it, and another agent finished it in a later generation'
  return replaced(claim, 'ghost', files)
}

function slowReplaced(files: readonly FileFinding[]): Claim {
  return replaced('the slow one lost its task, and another agent finished it in a later generation', 'slow', files)
}

function replaced(claim: string, cheat: string, files: readonly FileFinding[]): Claim {
  const shown = files.find(({ valid, contracts }) => {
    const lost = contracts.find((each) => each.worker === cheat && each.accepted && each.end !== 'settled')
    const isLater = (each: ContractFinding): boolean => lost !== undefined && each.generation > lost.generation
    return valid && contracts.some((each) => isLater(each) && each.end === 'settled' && each.worker !== cheat)
  })
  return { claim, holds: shown !== undefined, file: shown?.file ?? null }
}

function garblerCaught(files: readonly FileFinding[]): Claim {
  const shown = files.find(
    ({ valid, contracts }) =>
      valid &&
      contracts.some(
        ({ worker, end, party, fault, grade, slash }) =>
          worker === 'garbler' &&
          end === 'breached' &&
          party === 'garbler' &&
          fault === 'BAD' &&
          grade === 'self-proving' &&
          slash > 0,
      ),
  )
  const claim = 'the garbler is at fault, BAD, self-proving by the file alone, and its stake is slashed'
  return { claim, holds: shown !== undefined, file: shown?.file ?? null }
}

function dearerWon(files: readonly FileFinding[]): Claim {
  const shown = files.find((file) => file.valid && file.errand === 'words-2')
  const [first] = shown?.contracts ?? []
  const holds =
    first?.end === 'settled' &&
    isHonest(first.worker) &&
    first.considered.some(({ worker, price }) => worker === 'garbler' && price < first.price)
  const claim = 'the second word statistics went to an honest agent, though the garbler bid less'
  return { claim, holds, file: holds ? (shown?.file ?? null) : null }
}

function nothingTwice(files: readonly FileFinding[]): Claim {
  const missing = errands.find(({ label }) => !files.some(({ errand }) => errand === label))
  const wrong = files.find((file) => !file.valid || settlements(file).length > 1)
  const file = wrong?.file ?? (missing === undefined ? null : taskFileName(missing.label))
  return { claim: 'nothing was settled twice, and every task file verifies', holds: file === null, file }
}

function settlements(file: FileFinding | undefined): readonly ContractFinding[] {
  return file?.valid === true ? file.contracts.filter(({ end }) => end === 'settled') : []
}

function isHonest(name: string): boolean {
  return workers.some((each) => each.name === name && each.manner === 'honest')
}

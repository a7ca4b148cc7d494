import type { AgentKey, Duty, EntryType, HaggleRecord, NoteType, Outcome, RecordId } from '@haggle/protocol'

/** A linked record of a contract: the award, or what the pen-holder wrote after it. */
export type EntryRecord = HaggleRecord<EntryType>
/** A signed remark that moves no pen. */
export type NoteRecord = HaggleRecord<NoteType>
/** What a requester reviews: the result of a milestone, or the word that the task itself failed. */
export type AnswerRecord = HaggleRecord<'deliver' | 'failed'>
/** The word of one member of the panel on one slot. */
export type VoteRecord = HaggleRecord<'vote'>

/** Where a contract stands after one of its entries; each variant is named by what it waits for. */
export type Stage =
  | { readonly kind: 'awaiting-accept' }
  /** The worker owes milestone `milestone`; a first delivery has revision 0. */
  | { readonly kind: 'working'; readonly milestone: number; readonly revision: number }
  | {
      readonly kind: 'awaiting-review'
      readonly milestone: number
      readonly revision: number
      readonly answer: AnswerRecord
    }
  /** The worker may deliver revision `revision + 1`, or concede. */
  | {
      readonly kind: 'rejected'
      readonly milestone: number
      readonly revision: number
      readonly rejection: HaggleRecord<'reject'>
    }
  /** A clock ran out, says the waiting party. `late` is what the old holder wrote on the same prev, if anything. */
  | {
      readonly kind: 'timed-out'
      readonly milestone: number
      readonly duty: Duty
      readonly timeout: HaggleRecord<'timeout'>
      readonly late: EntryRecord | null
    }
  /**
   * Over. `by` is the entry that ended it. `recheck` is the delivery whose objective check, run again, decides: until then
   * `outcome` says what follows if the requester's word about the check is true.
   */
  | {
      readonly kind: 'ended'
      readonly outcome: Outcome
      readonly by: EntryRecord
      readonly recheck: HaggleRecord<'deliver'> | null
    }

/** One entry and where the contract stands right after it, whatever other branches say. */
export interface EntryNode {
  readonly entry: EntryRecord
  readonly stage: Stage
}

/** The fold of one contract's records: a value, never changed in place. */
export interface Contract {
  readonly award: HaggleRecord<'award'>
  readonly requester: AgentKey
  readonly worker: AgentKey
  /** The main line, award first: seq 0, 1, 2 … */
  readonly entries: readonly EntryRecord[]
  /** Every valid entry of every branch by its id. */
  readonly nodes: ReadonlyMap<RecordId, EntryNode>
  readonly notes: readonly NoteRecord[]
  /** What members of the panel certified; they move no pen, and decide which of two branches counts. */
  readonly votes: readonly VoteRecord[]
  /** Entries beside another one by the same author on the same prev: evidence against that author, by seq and id. */
  readonly forks: readonly EntryRecord[]
  readonly stage: Stage
  /** The first opening by its own time, or null. */
  readonly opening: HaggleRecord<'opening'> | null
}

/** Most contracts come to their end without any: one empty list serves all. */
const none: readonly never[] = Object.freeze([])

/** The contract that an award begins. */
export function openContract(award: HaggleRecord<'award'>): Contract {
  const stage: Stage = { kind: 'awaiting-accept' }
  return {
    award,
    requester: award.author,
    worker: award.body.worker,
    entries: [award],
    nodes: new Map([[award.id, { entry: award, stage }]]),
    notes: none,
    votes: none,
    forks: none,
    stage,
    opening: null,
  }
}

/** Whether the terms name a witness panel. */
export function hasPanel({ award }: Pick<Contract, 'award'>): boolean {
  return award.body.terms.panelSize > 0
}

/**
 * The stage whose duty runs once nothing disputes the one after this node: of a silent review with a panel the next milestone, which
 * the worker may go on with (VER-04); every other stage as it is.
 */
export function dutyStage(contract: Pick<Contract, 'award' | 'nodes'>, { entry, stage }: EntryNode): Stage {
  if (stage.kind !== 'timed-out' || stage.duty !== 'review' || entry.type !== 'timeout' || !hasPanel(contract))
    return stage
  const isFailure = contract.nodes.get(entry.body.prev)?.entry.type === 'failed'
  const milestone = stage.milestone + 1
  const isLast = milestone >= contract.award.body.terms.milestones.length
  return isFailure || isLast ? stage : { kind: 'working', milestone, revision: 0 }
}

/** The role that a key plays here, or null for everybody else. */
export function partyOf(contract: Contract, key: AgentKey): 'requester' | 'worker' | null {
  if (key === contract.requester) return 'requester'
  return key === contract.worker ? 'worker' : null
}

/** The other party of one of the two. */
export function otherParty(contract: Contract, key: AgentKey): AgentKey {
  return key === contract.requester ? contract.worker : contract.requester
}

/** Who must write the next entry; null when the contract is over. */
export function penHolder(contract: Contract): AgentKey | null {
  return penAfter(contract, contract.stage)
}

/** Who holds the pen at a stage (CON-02). */
export function penAfter(parties: Pick<Contract, 'requester' | 'worker'>, stage: Stage): AgentKey | null {
  switch (stage.kind) {
    case 'awaiting-accept':
    case 'working':
    case 'rejected':
      return parties.worker
    case 'awaiting-review':
      return parties.requester
    case 'timed-out':
      return stage.timeout.author
    case 'ended':
      return null
  }
}

/** The requester has received the ACCEPT: by its opening, or by a review that went out first and stands for it (CON-22). */
export function isOpened(contract: Contract): boolean {
  return contract.opening !== null || hasReview(contract)
}

/** Whether the requester has answered a delivery, on whatever branch. */
export function hasReview(contract: Pick<Contract, 'nodes'>): boolean {
  for (const { entry } of contract.nodes.values()) if (entry.type === 'approve' || entry.type === 'reject') return true
  return false
}

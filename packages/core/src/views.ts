import type { AgentKey, HaggleRecord, Outcome, PayloadHash, RecordId, Timestamp } from '@haggle/protocol'
import type { Job } from './command.ts'
import { isOpened, penHolder } from './contract/contract.ts'
import { sealOf } from './contract/seal.ts'
import { dueOf } from './contract/timing.ts'
import type { AllegedFault, ClosedAs } from './log-entry.ts'
import { currentContractOf } from './requester/award.ts'
import { isForPanel, SEALED_SURPLUS, sharesWatched } from './witness/held-bytes.ts'
import { isLive, type Deal, type ForeignTask, type OwnTask, type State } from './state.ts'

/** A task as this agent sees it, as requester or as one who bid on it. */
export interface TaskView {
  readonly task: RecordId
  readonly key: string | null
  readonly role: 'requester' | 'worker'
  readonly requester: AgentKey
  readonly skill: string
  readonly job: Job | null
  readonly state: 'open' | 'assigned' | 'done' | 'closed'
  readonly closedAs: ClosedAs | null
  readonly generation: number
  readonly contracts: readonly RecordId[]
  readonly bids: number
}

/** A contract as one of its parties sees it. `due` is the wall-clock end of the duty of whoever holds the pen. */
export interface ContractView {
  readonly contract: RecordId
  readonly task: RecordId
  readonly generation: number
  readonly role: 'requester' | 'worker'
  readonly requester: AgentKey
  readonly worker: AgentKey
  readonly skill: string
  readonly key: string | null
  readonly price: number
  readonly state: string
  readonly pen: 'requester' | 'worker' | null
  readonly due: Timestamp | null
  readonly opened: boolean
  readonly outcome: Outcome | null
  /** CON-45: somebody else runs with our key; nothing more is signed here. */
  readonly overtaken: boolean
  readonly alleged: readonly { readonly party: AgentKey; readonly fault: AllegedFault }[]
  readonly result: { readonly hash: PayloadHash; readonly size: number; readonly mediaType: string | null } | null
  /** What the worker handed over in place of the result, where that went sealed. */
  readonly sealed: { readonly hash: PayloadHash; readonly size: number } | null
  readonly failure: { readonly code: string; readonly note: string } | null
  /** Both sides hold each other's closing: nothing more will be said. */
  readonly closed: boolean
}

/** What we know of a peer from our own contracts. */
export interface Standing {
  readonly settled: number
  readonly faults: number
  readonly quality: number
}

export function taskViews(state: State): TaskView[] {
  const own = [...state.own.values()].map((task) => ownView(state, task))
  return [...own, ...[...state.foreign.values()].map((task) => foreignView(state, task))]
}

export function taskView(state: State, id: RecordId): TaskView | undefined {
  const own = state.own.get(id)
  if (own !== undefined) return ownView(state, own)
  const foreign = state.foreign.get(id)
  return foreign === undefined ? undefined : foreignView(state, foreign)
}

export function taskByKey(state: State, key: string): TaskView | undefined {
  const task = state.taskByKey.get(key)
  return task === undefined ? undefined : taskView(state, task)
}

function foreignView(state: State, task: ForeignTask): TaskView {
  const deals = task.contracts.map((id) => state.deals.get(id))
  const live = deals.some((deal) => deal !== undefined && deal.outcome === null)
  const done = deals.some((deal) => deal?.outcome?.end === 'settled')
  return {
    task: task.task,
    key: null,
    role: 'worker',
    requester: task.offer.author,
    skill: task.offer.body.terms.skill,
    job: null,
    state: done ? 'done' : live ? 'assigned' : task.withdrawal === null ? 'open' : 'closed',
    closedAs: task.withdrawal === null ? null : 'withdrawn',
    generation: task.reopenings.at(-1)?.body.generation ?? 1,
    contracts: [...task.contracts],
    bids: task.bids.length,
  }
}

function ownView(state: State, task: OwnTask): TaskView {
  const open = isLive(task)
  const assigned = currentContractOf(state, task) !== null
  return {
    task: task.task,
    key: task.job.key,
    role: 'requester',
    requester: state.self,
    skill: task.job.skill,
    job: task.job,
    state: task.settled ? 'done' : !open ? 'closed' : assigned ? 'assigned' : 'open',
    closedAs: task.closedAs,
    generation: task.generation,
    contracts: [...task.contracts],
    bids: task.bids.size,
  }
}

export function contractViews(state: State): ContractView[] {
  return [...state.deals.values()].map((deal) => viewOf(state, deal))
}

export function contractView(state: State, id: RecordId): ContractView | undefined {
  const deal = state.deals.get(id)
  return deal === undefined ? undefined : viewOf(state, deal)
}

/**
 * Whether a record of a contract between us and this peer names the payload: its award the input, a delivery the result. A panel may
 * have what it must hold to vote (WIT-25), of its parties and among its members.
 */
export function sharesPayload(state: State, peer: AgentKey, hash: PayloadHash): boolean {
  if (sharesWatched(state, peer, hash)) return true
  for (const deal of state.deals.values()) {
    if (deal.contract.award.body.panel.includes(peer) && isForPanel(deal.contract, hash)) return true
    if (deal.peer !== peer) continue
    if (deal.contract.award.body.terms.input.hash === hash) return true
    if (deal.contract.entries.some((entry) => entry.type === 'deliver' && isOfDelivery(entry, hash))) return true
  }
  return false
}

/** The key of a seal is none of it: whoever is to have that one is shown it in a record. */
function isOfDelivery({ body }: HaggleRecord<'deliver'>, hash: PayloadHash): boolean {
  return body.resultHash === hash || body.sealedHash === hash
}

function viewOf(state: State, deal: Deal): ContractView {
  const { award, entries, stage } = deal.contract
  const pen = deal.outcome === null ? penHolder(deal.contract) : null
  const delivery = entries.findLast((entry) => entry.type === 'deliver')
  const failure = entries.findLast((entry) => entry.type === 'failed')
  return {
    contract: deal.id,
    task: deal.task,
    generation: deal.generation,
    role: deal.role,
    requester: award.author,
    worker: award.body.worker,
    skill: deal.skill,
    key: state.own.get(deal.task)?.job.key ?? null,
    price: award.body.price,
    state: deal.outcome === null ? stage.kind : 'ended',
    pen: pen === null ? null : pen === award.author ? 'requester' : 'worker',
    due: deal.outcome === null ? (dueOf(deal.contract)?.due ?? null) : null,
    opened: isOpened(deal.contract),
    outcome: deal.outcome,
    overtaken: deal.overtaken,
    alleged: [...deal.alleged],
    result:
      delivery === undefined
        ? null
        : { hash: delivery.body.resultHash, size: delivery.body.size, mediaType: delivery.body.mediaType },
    sealed: delivery === undefined ? null : sealedOf(delivery),
    failure: failure === undefined ? null : { code: failure.body.code, note: failure.body.note },
    closed: deal.closings.length === 2,
  }
}

function sealedOf(delivery: HaggleRecord<'deliver'>): ContractView['sealed'] {
  const seal = sealOf(delivery)
  return seal === null ? null : { hash: seal.sealedHash, size: delivery.body.size + SEALED_SURPLUS }
}

/** Every record of a task that we hold: what its task file is made of. */
export function taskRecords(state: State, task: RecordId): HaggleRecord[] {
  const own = state.own.get(task)
  const foreign = state.foreign.get(task)
  const offer = own?.offer ?? foreign?.offer
  if (offer === undefined) return []
  const deals = (own?.contracts ?? foreign?.contracts ?? []).flatMap((id) => state.deals.get(id) ?? [])
  const named = new Set<string>(
    deals.flatMap((deal) => [deal.contract.award.body.bid, ...deal.contract.award.body.reserves.map(({ bid }) => bid)]),
  )
  const bids = own === undefined ? (foreign?.bids ?? []) : [...own.bids.values()].filter((bid) => named.has(bid.id))
  const reopenings = new Map<string, HaggleRecord>()
  if (own?.reopening) reopenings.set(own.reopening.id, own.reopening)
  for (const each of foreign?.reopenings ?? []) reopenings.set(each.id, each)
  for (const deal of deals) if (deal.reopenedBy !== null) reopenings.set(deal.reopenedBy.id, deal.reopenedBy)
  const withdrawal = own?.withdrawal ?? foreign?.withdrawal ?? null
  return [
    offer,
    ...bids,
    ...reopenings.values(),
    ...(withdrawal === null ? [] : [withdrawal]),
    ...deals.flatMap((deal) => [...deal.held.values()]),
  ]
}

export function standingOf(state: State, peer: AgentKey): Standing {
  return state.book.standingOf(peer)
}

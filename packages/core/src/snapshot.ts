import { fromHex, type AgentKey, type HaggleRecord, type Outcome, type RecordId } from '@haggle/protocol'
import type { Job } from './command.ts'
import { awardsFirst } from './evidence/place.ts'
import type { CheckWord } from './contract/ends.ts'
import type { AllegedFault, ClosedAs } from './log-entry.ts'
import type { BookPage } from './score/book.ts'
import type { KeptVotes } from './witness/kept-votes.ts'
import type { CoolDown, Deal, ForeignTask, OwnTask, State } from './state.ts'

/** Keys in one part of a snapshot. */
const KEYS = 1_024
/** Records of evidence in one part. */
const RECORDS = 64

/** What belongs to no task: the tip of our own chain, the newcomer budget, and who waits for a second chance. */
export interface SnapshotHead {
  readonly kind: 'head'
  readonly chainSeq: number
  readonly chainPrev: RecordId | null
  readonly newcomer: { readonly epoch: number; readonly spent: number }
  readonly coolDowns: readonly (readonly [key: string, coolDown: CoolDown])[]
}

export interface OwnTaskPart {
  readonly kind: 'own'
  readonly offer: HaggleRecord<'offer'>
  readonly job: Pick<Job, 'key' | 'askPrice' | 'memo'>
  readonly secret: Uint8Array
  readonly generation: number
  readonly reopening: HaggleRecord<'reopening'> | null
  readonly contracts: readonly RecordId[]
  readonly bids: readonly HaggleRecord<'bid'>[]
  readonly withdrawal: HaggleRecord<'withdrawal'> | null
  readonly closedAs: ClosedAs | null
  readonly settled: boolean
}

export interface ForeignTaskPart {
  readonly kind: 'foreign'
  readonly offer: HaggleRecord<'offer'>
  readonly bids: readonly HaggleRecord<'bid'>[]
  readonly reopenings: readonly HaggleRecord<'reopening'>[]
  readonly contracts: readonly RecordId[]
  readonly withdrawal: HaggleRecord<'withdrawal'> | null
}

export interface DealPart {
  readonly kind: 'deal'
  readonly award: HaggleRecord<'award'>
  /** All that was held after the award, in the order in which it came. */
  readonly held: readonly HaggleRecord[]
  readonly alleged: readonly { readonly party: AgentKey; readonly fault: AllegedFault }[]
  readonly lapsed: boolean
  readonly rechecked: CheckWord | null
  readonly newcomerEpoch: number | null
  readonly overtaken: boolean
  readonly reopenedBy: HaggleRecord<'reopening'> | null
  readonly outcome: Outcome | null
  /** What of this is evidence that we keep, by its place: 0 is the award, the first of `held` is 1. Snapshots of version 1 have none. */
  readonly evidence?: readonly number[] | undefined
}

/**
 * One part of what an engine would remember if it read its whole log: given to a new engine in their order, and then the
 * entries that were written later, they make the same state. Nothing soft is in it.
 */
export type SnapshotPart =
  | SnapshotHead
  | { readonly kind: 'page'; readonly page: BookPage }
  /** Keys of jobs that left memory, oldest first. */
  | { readonly kind: 'spent'; readonly keys: readonly string[] }
  /** A witness set, oldest first. */
  | { readonly kind: 'witness-set'; readonly set: HaggleRecord<'witness-set'> }
  /** A contract of others in which we have voted. */
  | { readonly kind: 'kept-votes'; readonly kept: KeptVotes }
  /** Records of evidence that are in no deal, awards first. */
  | { readonly kind: 'evidence'; readonly records: readonly HaggleRecord[] }
  /** An offer that is kept and has no task yet. */
  | { readonly kind: 'offer'; readonly offer: HaggleRecord<'offer'> }
  | OwnTaskPart
  | ForeignTaskPart
  | DealPart
  /** Contracts whose end is not drawn yet, in the order in which they came to it. */
  | { readonly kind: 'ended'; readonly contracts: readonly RecordId[] }

/** The durable state of this moment; its parts do not change afterwards. */
export function takeSnapshot(state: State): readonly SnapshotPart[] {
  const { chainSeq, chainPrev, newcomer, coolDowns, book } = state
  const evidence = evidenceOf(state)
  const stray = [...state.offers.values()].filter(({ id }) => !state.own.has(id) && !state.foreign.has(id))
  return [
    { kind: 'head', chainSeq, chainPrev, newcomer: { ...newcomer }, coolDowns: [...coolDowns] },
    ...book.pages().map((page) => ({ kind: 'page', page }) as const),
    ...spentKeys(state).map((keys) => ({ kind: 'spent', keys }) as const),
    ...[...state.sets.values()].map((set) => ({ kind: 'witness-set', set }) as const),
    ...[...state.kept.values()].map((kept) => ({ kind: 'kept-votes', kept }) as const),
    ...stray.map((offer) => ({ kind: 'offer', offer }) as const),
    ...[...state.own.values()].map(ownPart),
    ...[...state.foreign.values()].map(foreignPart),
    ...[...state.deals.values()].map((deal) => dealPart(deal, evidence)),
    ...evidenceParts(state, evidence),
    { kind: 'ended', contracts: [...state.ended].map(({ id }) => id) },
  ]
}

/** All that is evidence; what waits to be counted in is told as if it were. */
function evidenceOf({ ledger }: State): ReadonlyMap<RecordId, HaggleRecord> {
  const { records, waiting } = ledger.counted()
  return new Map([...records, ...waiting].map((record) => [record.id, record]))
}

/** Evidence of others. Of our own contracts it stands in their deals: so it is neither written nor read twice. */
function evidenceParts({ deals }: State, evidence: ReadonlyMap<RecordId, HaggleRecord>): SnapshotPart[] {
  const ours = new Set([...deals.values()].flatMap(({ held }) => [...held.keys()]))
  const others = [...evidence.values()].filter(({ id }) => !ours.has(id))
  // What came before its award would have to wait for it, and not all of it might find a place.
  const all = awardsFirst(others)
  const count = Math.ceil(all.length / RECORDS)
  return Array.from({ length: count }, (_, at) => ({
    kind: 'evidence',
    records: all.slice(at * RECORDS, (at + 1) * RECORDS),
  }))
}

/** So few in one part that none is long. */
function spentKeys({ spent }: State): readonly (readonly string[])[] {
  const keys = [...spent]
  return Array.from({ length: Math.ceil(keys.length / KEYS) }, (_, at) => keys.slice(at * KEYS, (at + 1) * KEYS))
}

function ownPart(task: OwnTask): OwnTaskPart {
  const { offer, secret, generation, reopening, withdrawal, closedAs, settled } = task
  const { key, askPrice, memo } = task.job
  return {
    ...{ kind: 'own', offer, job: { key, askPrice, memo }, secret: fromHex(secret), generation, reopening },
    ...{ contracts: [...task.contracts], bids: [...task.kept], withdrawal, closedAs, settled },
  }
}

function foreignPart({ offer, bids, reopenings, contracts, withdrawal }: ForeignTask): ForeignTaskPart {
  return {
    ...{ kind: 'foreign', offer, bids: [...bids], reopenings: [...reopenings], contracts: [...contracts], withdrawal },
  }
}

function dealPart(deal: Deal, evidence: ReadonlyMap<RecordId, HaggleRecord>): DealPart {
  const { alleged, lapsed, rechecked, newcomerEpoch, overtaken, reopenedBy, outcome } = deal
  const { award } = deal.contract
  const held = [...deal.held.values()].filter((record) => record.id !== award.id)
  return {
    ...{ kind: 'deal', award, held, alleged: [...alleged], lapsed, rechecked, newcomerEpoch },
    ...{ overtaken, reopenedBy, outcome },
    evidence: [award, ...held].flatMap(({ id }, at) => (evidence.has(id) ? [at] : [])),
  }
}

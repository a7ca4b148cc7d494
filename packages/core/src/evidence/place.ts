import {
  evidenceTypes,
  protocolParams,
  type AgentKey,
  type EvidenceType,
  type HaggleRecord,
  type RecordId,
} from '@haggle/protocol'
import { keyOf, type EvidenceKey } from './key-tree.ts'

/** A record that proves something about a contract. */
export type EvidenceRecord = HaggleRecord<EvidenceType>

/**
 * EVI-02: where a record belongs: an award begins the dossier of a contract; whatever names the contract lies in it; offer, bid, witness set and
 * reopenings name none, and lie beside the dossiers whose awards name them. `group` is what the record waits for.
 */
export interface EvidencePlace {
  readonly kind: 'award' | 'member' | 'companion'
  readonly group: RecordId
}

const types: ReadonlySet<string> = new Set(evidenceTypes)

/** EVI-01: whether a record is of a type that proves something about a contract. */
export function isEvidence(record: HaggleRecord): record is EvidenceRecord {
  return types.has(record.type)
}

export function placeOf(record: EvidenceRecord): EvidencePlace {
  switch (record.type) {
    case 'award':
      return { kind: 'award', group: record.id }
    case 'offer':
    case 'bid':
    case 'witness-set':
      return { kind: 'companion', group: record.id }
    case 'reopening':
      return { kind: 'companion', group: record.body.task }
    default:
      return { kind: 'member', group: record.body.contract }
  }
}

/** EVI-02: what an award names, and by whom it must be. */
export function companionsOf({ author, body }: HaggleRecord<'award'>): ReadonlyMap<RecordId, AgentKey> {
  const named = new Map<RecordId, AgentKey>([[body.bid, body.worker]])
  named.set(body.task, author)
  if (body.terms.witnessSet !== null) named.set(body.terms.witnessSet, author)
  return named
}

/** EVI-06: who has a voice in a contract: its two parties and its panel. */
export function voicesOf({ author, body }: HaggleRecord<'award'>): ReadonlySet<AgentKey> {
  return new Set([author, body.worker, ...body.panel])
}

/** EVI-03: the hour of a record, by its author's clock. */
export function epochOfRecord({ body }: EvidenceRecord): number {
  return Math.floor(body.at / protocolParams.epochMs)
}

export function keyOfRecord(record: EvidenceRecord): EvidenceKey {
  return keyOf(epochOfRecord(record), record.id)
}

/** EVI-18: in an order in which nothing waits for its award. */
export function awardsFirst<R extends HaggleRecord>(records: Iterable<R>): readonly R[] {
  const all = [...records]
  return [...all.filter(({ type }) => type === 'award'), ...all.filter(({ type }) => type !== 'award')]
}

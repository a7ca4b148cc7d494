import type { RecordId, Timestamp } from '@haggle/protocol'
import { epochOf } from '../bookkeeping.ts'
import type { Scores } from '../score/scores.ts'
import type { State } from '../state.ts'
import type { EvidenceRecord } from './place.ts'

/** What an agent holds as evidence. */
export interface EvidenceView {
  /** EVI-04: equal for equal sets, and for no others. */
  readonly digest: string
  readonly size: number
  /** By (epoch, id). */
  readonly records: () => Iterable<EvidenceRecord>
  /** The contracts of which the award is held. */
  readonly contracts: () => Iterable<RecordId>
  /** Everything on one contract. */
  readonly dossier: (contract: RecordId) => readonly EvidenceRecord[]
}

export function evidenceView({ ledger, ticked }: State): EvidenceView {
  ledger.reckon(ticked?.mono ?? 0, true)
  const { set } = ledger
  return {
    digest: set.digest(),
    size: set.size,
    records: () => set.records(),
    contracts: () => set.contracts(),
    dossier: (contract) => set.dossier(contract),
  }
}

/** The scores of the hour of a moment; of the newest one that was looked at, if nothing is said. */
export function scoresAt({ ledger, ticked }: State, at: Timestamp = ticked?.wall ?? 0): Scores {
  ledger.reckon(ticked?.mono ?? 0, true)
  return ledger.scores(epochOf(at))
}

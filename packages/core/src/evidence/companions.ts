import type { AgentKey, RecordId } from '@haggle/protocol'
import type { Dossier } from './dossier.ts'
import { companionsOf, type EvidenceRecord } from './place.ts'

/** A task of sixteen generations, and who signed some of them twice. */
const MOST_OF_ONE_NAME = 32

interface Group {
  /** The dossiers that name it, with the author whom their awards expect. */
  readonly users: Map<RecordId, { readonly dossier: Dossier; readonly author: AgentKey }>
  readonly records: Map<RecordId, EvidenceRecord>
}

/** EVI-02: records that lie beside the dossiers whose awards name them, for as long as one of these is whole. */
export class Companions {
  readonly #groups = new Map<RecordId, Group>()

  /** From now on what the award of a dossier names has a place; says what that is. */
  use(dossier: Dossier): readonly RecordId[] {
    const named = companionsOf(dossier.award)
    for (const [name, author] of named) {
      const group = this.#groups.get(name) ?? { users: new Map(), records: new Map() }
      group.users.set(dossier.id, { dossier, author })
      this.#groups.set(name, group)
    }
    return [...named.keys()]
  }

  /** Takes away what no other dossier names. */
  release(dossier: Dossier): readonly EvidenceRecord[] {
    return [...companionsOf(dossier.award).keys()].flatMap((name) => {
      const group = this.#groups.get(name)
      group?.users.delete(dossier.id)
      if (group === undefined || group.users.size > 0) return []
      this.#groups.delete(name)
      return [...group.records.values()]
    })
  }

  /** Who names this record: the dossier that pays for it; or why it has no place; or null while nobody names it. */
  placeFor(name: RecordId, { author }: EvidenceRecord): Dossier | 'stranger' | 'quota' | null {
    const group = this.#groups.get(name)
    if (group === undefined) return null
    if (group.records.size >= MOST_OF_ONE_NAME) return 'quota'
    for (const user of group.users.values()) if (user.author === author) return user.dossier
    return 'stranger'
  }

  add(name: RecordId, record: EvidenceRecord): void {
    this.#groups.get(name)?.records.set(record.id, record)
    for (const { dossier } of this.#groups.get(name)?.users.values() ?? []) dossier.heldUntil = null
  }

  of(dossier: Dossier): readonly EvidenceRecord[] {
    return [...companionsOf(dossier.award).keys()].flatMap((name) => [
      ...(this.#groups.get(name)?.records.values() ?? []),
    ])
  }
}

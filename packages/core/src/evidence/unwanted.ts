import { bounds, type RecordId } from '@haggle/protocol'

/** Why a record is not wanted: it was held and gave way to others, or was never taken. */
export type UnwantedReason = 'dropped' | 'refused'

/** EVI-11: ids that are not asked for again, by what they belong to. The oldest are forgotten: then they come once more, and are refused again. */
export class Unwanted {
  readonly #ids = new Map<RecordId, { readonly group: RecordId; readonly reason: UnwantedReason }>()
  readonly #groups = new Map<RecordId, Set<RecordId>>()

  get size(): number {
    return this.#ids.size
  }

  has(id: RecordId): boolean {
    return this.#ids.has(id)
  }

  add(id: RecordId, group: RecordId, reason: UnwantedReason): void {
    this.#delete(id)
    this.#ids.set(id, { group, reason })
    const ids = this.#groups.get(group)
    if (ids === undefined) this.#groups.set(group, new Set([id]))
    else ids.add(id)
    if (this.#ids.size <= bounds.unwantedEvidence) return
    for (const oldest of this.#ids.keys()) {
      this.#delete(oldest)
      return
    }
  }

  /** Every id that is not wanted, the oldest first, with what it belongs to. */
  *entries(): Generator<readonly [id: RecordId, group: RecordId, reason: UnwantedReason]> {
    for (const [id, { group, reason }] of this.#ids) yield [id, group, reason]
  }

  /** What belongs to this is wanted again. */
  forget(group: RecordId): void {
    for (const id of this.#groups.get(group) ?? []) this.#delete(id)
  }

  /** What was never taken is looked at anew; what gave way stays away. */
  forgetRefused(): void {
    for (const [id, { reason }] of this.#ids) if (reason === 'refused') this.#delete(id)
  }

  #delete(id: RecordId): void {
    const known = this.#ids.get(id)
    if (known === undefined) return
    this.#ids.delete(id)
    const ids = this.#groups.get(known.group)
    ids?.delete(id)
    if (ids?.size === 0) this.#groups.delete(known.group)
  }
}

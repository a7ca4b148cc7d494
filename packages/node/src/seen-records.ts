import type { RecordId } from '@haggle/protocol'

/** Records whose signature was verified lately. The signature stands with the id: another one for the same bytes is not known. */
export class SeenRecords {
  readonly #max: number
  readonly #signatures = new Map<RecordId, Uint8Array>()

  constructor(max: number) {
    this.#max = max
  }

  has(id: RecordId, signature: Uint8Array): boolean {
    const known = this.#signatures.get(id)
    return known !== undefined && known.length === signature.length && known.every((byte, at) => byte === signature[at])
  }

  /** Remembers a verified record; the oldest leaves when there are too many. */
  add(id: RecordId, signature: Uint8Array): void {
    this.#signatures.delete(id)
    this.#signatures.set(id, signature)
    if (this.#signatures.size <= this.#max) return
    for (const oldest of this.#signatures.keys()) {
      this.#signatures.delete(oldest)
      return
    }
  }
}

import type { RecordId } from '@haggle/protocol'

const SIGNATURE_BYTES = 64
/** Signatures whose memory is taken in one piece: one object each would cost more than what it holds. */
const PIECE = 1_024

/** Records whose signature was verified lately. The signature stands with the id: another one for the same bytes is not known. */
export class SeenRecords {
  readonly #max: number
  /** Where the signature of a record stands. */
  readonly #places = new Map<RecordId, number>()
  /** Which record stands at each place. */
  readonly #ids: RecordId[] = []
  readonly #pieces: Uint8Array[] = []
  #next = 0

  constructor(max: number) {
    this.#max = max
  }

  has(id: RecordId, signature: Uint8Array): boolean {
    const place = this.#places.get(id)
    if (place === undefined || signature.length !== SIGNATURE_BYTES) return false
    return this.#at(place).every((byte, at) => byte === signature[at])
  }

  /** Remembers a verified record; the oldest gives its place away when there are too many. */
  add(id: RecordId, signature: Uint8Array): void {
    const known = this.#places.get(id)
    const place = known ?? this.#next
    if (known === undefined) {
      const oldest = this.#ids[place]
      if (oldest !== undefined) this.#places.delete(oldest)
      this.#ids[place] = id
      this.#places.set(id, place)
      this.#next = (place + 1) % this.#max
    }
    this.#at(place).set(signature)
  }

  #at(place: number): Uint8Array {
    const index = Math.floor(place / PIECE)
    const piece = (this.#pieces[index] ??= new Uint8Array(PIECE * SIGNATURE_BYTES))
    const start = (place % PIECE) * SIGNATURE_BYTES
    return piece.subarray(start, start + SIGNATURE_BYTES)
  }
}

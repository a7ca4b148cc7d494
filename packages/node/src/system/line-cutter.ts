const NEWLINE = 0x0a

/** Cuts a stream of bytes into lines of at most `maxBytes`; the rest of a longer line is dropped and marked by an ellipsis. */
export class LineCutter {
  readonly #maxBytes: number
  readonly #onLine: (line: string) => void
  #line: Uint8Array[] = []
  #length = 0
  #cut = false

  constructor(maxBytes: number, onLine: (line: string) => void) {
    this.#maxBytes = maxBytes
    this.#onLine = onLine
  }

  push(bytes: Uint8Array): void {
    let start = 0
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, start)
      this.#keep(bytes.subarray(start, newline === -1 ? bytes.length : newline))
      if (newline === -1) return
      this.#emit()
      start = newline + 1
    }
  }

  /** The last line may lack its newline. */
  end(): void {
    if (this.#length > 0) this.#emit()
  }

  #keep(part: Uint8Array): void {
    const free = this.#maxBytes - this.#length
    if (part.length > free) this.#cut = true
    const kept = part.subarray(0, free)
    if (kept.length === 0) return
    this.#line.push(kept)
    this.#length += kept.length
  }

  #emit(): void {
    const text = Buffer.concat(this.#line).toString('utf8').replace(/\r$/, '')
    const line = this.#cut ? `${text}…` : text
    this.#line = []
    this.#length = 0
    this.#cut = false
    this.#onLine(line)
  }
}

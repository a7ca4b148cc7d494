import { limits, payloadHashOf, type PayloadHash } from '@haggle/protocol'
import type { Blobs, HeldBlob, Journal } from '@haggle/ports'
import { abortable } from './abortable.ts'
import { mismatch } from './blob-errors.ts'

/** Small payloads that are remembered once used: an input is read right after it was put, to travel beside the award. */
const REMEMBERED = 256

/**
 * Payloads up to the inline limit with the rows of the journal, where they share its syncs; larger ones in files. Errors are
 * those of the two.
 */
export function tieredBlobs(journal: Journal, files: Blobs): Blobs {
  return new TieredBlobs(journal, files)
}

class TieredBlobs implements Blobs {
  readonly #journal: Journal
  readonly #files: Blobs
  readonly #recent = new Map<PayloadHash, Uint8Array>()

  constructor(journal: Journal, files: Blobs) {
    this.#journal = journal
    this.#files = files
  }

  async put(source: AsyncIterable<Uint8Array>, expect?: HeldBlob, signal?: AbortSignal): Promise<HeldBlob> {
    if (expect !== undefined && expect.size > limits.inlineBytes) return this.#files.put(source, expect, signal)
    const rest = abortable(source, signal)[Symbol.asyncIterator]()
    const first = await head(rest)
    if (first.more) return this.#files.put(resumed(first.chunks, rest), expect, signal)
    const bytes = new Uint8Array(Buffer.concat(first.chunks))
    const held = { hash: payloadHashOf(bytes), size: bytes.length }
    if (expect !== undefined && held.size !== expect.size) {
      throw mismatch(`${held.size} bytes came instead of ${expect.size}`)
    }
    if (expect !== undefined && held.hash !== expect.hash) throw mismatch(`its hash is ${held.hash}`)
    // One that is kept already and not remembered is written over itself: cheaper than to look.
    if (!this.#recent.has(held.hash)) this.#journal.keep(held.hash, bytes)
    this.#remember(held.hash, bytes)
    return held
  }

  gather(
    expect: HeldBlob,
    from: (offset: number) => AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<HeldBlob> {
    return expect.size > limits.inlineBytes
      ? this.#files.gather(expect, from, signal)
      : this.put(from(0), expect, signal)
  }

  async size(hash: PayloadHash): Promise<number | undefined> {
    return (await this.#small(hash))?.length ?? this.#files.size(hash)
  }

  async *read(hash: PayloadHash, offset = 0): AsyncIterable<Uint8Array> {
    const small = await this.#small(hash)
    if (small === undefined) yield* this.#files.read(hash, offset)
    // A copy: who reads may write into it.
    else if (offset < small.length) yield small.slice(offset)
  }

  async path(hash: PayloadHash): Promise<string | null> {
    return (await this.#files.size(hash)) === undefined ? null : this.#files.path(hash)
  }

  async #small(hash: PayloadHash): Promise<Uint8Array | undefined> {
    const recent = this.#recent.get(hash)
    if (recent !== undefined) return recent
    const kept = await this.#journal.kept(hash)
    if (kept !== undefined) this.#remember(hash, kept)
    return kept
  }

  #remember(hash: PayloadHash, bytes: Uint8Array): void {
    this.#recent.delete(hash)
    this.#recent.set(hash, bytes)
    if (this.#recent.size <= REMEMBERED) return
    for (const oldest of this.#recent.keys()) {
      this.#recent.delete(oldest)
      break
    }
  }
}

interface Head {
  readonly chunks: readonly Uint8Array[]
  /** There is more than the inline limit. */
  readonly more: boolean
}

/** Reads until the end of a stream or beyond the inline limit, whichever comes first. */
async function head(stream: AsyncIterator<Uint8Array>): Promise<Head> {
  const chunks: Uint8Array[] = []
  let size = 0
  while (size <= limits.inlineBytes) {
    const next = await stream.next()
    if (next.done === true) return { chunks, more: false }
    chunks.push(next.value)
    size += next.value.length
  }
  return { chunks, more: true }
}

/** A stream whose beginning was read already. */
async function* resumed(
  chunks: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* chunks
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

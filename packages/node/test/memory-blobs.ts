import { HaggleError, payloadHashOf, type PayloadHash } from '@haggle/protocol'
import type { Blobs, HeldBlob } from '@haggle/ports'

/** The Blobs port in memory. */
export class MemoryBlobs implements Blobs {
  readonly #held = new Map<PayloadHash, Uint8Array>()

  async put(source: AsyncIterable<Uint8Array>, expect?: HeldBlob): Promise<HeldBlob> {
    const chunks: Uint8Array[] = []
    for await (const chunk of source) chunks.push(chunk)
    const bytes = Uint8Array.from(Buffer.concat(chunks))
    const hash = payloadHashOf(bytes)
    if (expect !== undefined && (expect.hash !== hash || expect.size !== bytes.length)) {
      throw new HaggleError('blob/mismatch', 'the payload is not the one that was named', { next: 'Ask for it again.' })
    }
    this.#held.set(hash, bytes)
    return { hash, size: bytes.length }
  }

  gather(expect: HeldBlob, from: (offset: number) => AsyncIterable<Uint8Array>): Promise<HeldBlob> {
    return this.put(from(0), expect)
  }

  async size(hash: PayloadHash): Promise<number | undefined> {
    return this.#held.get(hash)?.length
  }

  async *read(hash: PayloadHash, offset = 0): AsyncIterable<Uint8Array> {
    const bytes = this.#held.get(hash)
    if (bytes === undefined)
      throw new HaggleError('blob/missing', 'the payload is not held', { next: 'Fetch it first.' })
    if (offset < bytes.length) yield bytes.slice(offset)
  }

  async path(hash: PayloadHash): Promise<string> {
    return `/memory/${hash}`
  }
}

import { HaggleError, limits, payloadHashOf, type PayloadHash } from '@haggle/protocol'
import type { Blobs, HeldBlob } from '@haggle/ports'
import type { Disk } from './disk.ts'

/** The Blobs port of one process: small payloads become durable with the next commit, large ones are files of their own. */
export class SimBlobs implements Blobs {
  readonly #disk: Disk
  readonly #op: (name: string) => boolean
  readonly #told: (hash: PayloadHash) => void

  /** `told` hears of every payload that came. */
  constructor(disk: Disk, op: (name: string) => boolean, told: (hash: PayloadHash) => void) {
    this.#disk = disk
    this.#op = op
    this.#told = told
  }

  async put(source: AsyncIterable<Uint8Array>, expect?: HeldBlob): Promise<HeldBlob> {
    const chunks: Uint8Array[] = []
    for await (const chunk of source) chunks.push(chunk)
    return this.#store(joined(chunks), expect)
  }

  async gather(expect: HeldBlob, from: (offset: number) => AsyncIterable<Uint8Array>): Promise<HeldBlob> {
    return this.put(from(0), expect)
  }

  async size(hash: PayloadHash): Promise<number | undefined> {
    return this.#disk.payload(hash)?.length
  }

  async *read(hash: PayloadHash, offset = 0): AsyncGenerator<Uint8Array, void, undefined> {
    const bytes = this.#disk.payload(hash)
    if (bytes === undefined)
      throw new HaggleError('blob/missing', 'the payload is not held', { next: 'Fetch it first.' })
    if (offset < bytes.length) yield bytes.slice(offset)
  }

  async path(): Promise<null> {
    return null
  }

  #store(bytes: Uint8Array, expect: HeldBlob | undefined): HeldBlob {
    const held = { hash: payloadHashOf(bytes), size: bytes.length }
    if (expect !== undefined && (expect.hash !== held.hash || expect.size !== held.size)) {
      throw new HaggleError('blob/mismatch', 'the payload is not the one that was named', { next: 'Ask for it again.' })
    }
    if (this.#op('blob')) {
      this.#disk.hold(held.hash, bytes, bytes.length > limits.inlineBytes)
      this.#told(held.hash)
    }
    return held
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}

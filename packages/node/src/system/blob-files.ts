import { createHash } from 'node:crypto'
import { mkdir, open, readdir, rename, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { HaggleError, limits, type PayloadHash } from '@haggle/protocol'
import type { Blobs, BlobSource, HeldBlob } from '@haggle/ports'
import { abortable } from './abortable.ts'
import { ioError, mismatch, onDisk, tooLarge, writeAll } from './blob-errors.ts'
import { extendPart, forgetLeftParts, partPath } from './blob-part.ts'
import { errnoOf, syncFolder, TEMPORARY, temporaryBeside, unlinkIfThere } from './durable-file.ts'

/** Bytes read from a file at once: large enough to be cheap, small enough for one write to a stream. */
const READ_BYTES = 65_536
const HASH = /^[0-9a-f]{64}$/

/**
 * Payloads as files named by their hash, in a directory that it creates when missing. What a crash left half-written is
 * removed here, but for payloads that were being gathered; so only the holder of the agent directory may open it.
 *
 * `put` and `gather` reject with `blob/too-large`, `blob/mismatch`, `blob/disk-full` or `blob/io`, or with the reason of the
 * signal; `read` with `blob/missing`.
 */
export async function blobFiles(directory: string, options: { readonly maxBytes?: number } = {}): Promise<Blobs> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  for (const name of await readdir(directory)) {
    if (name.startsWith(TEMPORARY)) await unlinkIfThere(join(directory, name))
  }
  await forgetLeftParts(directory, new Set())
  return new BlobFiles(directory, options.maxBytes ?? limits.blobBytes)
}

/** A held payload as the network serves it, or undefined when it is not held. */
export async function sourceOf(blobs: Blobs, hash: PayloadHash): Promise<BlobSource | undefined> {
  const size = await blobs.size(hash)
  return size === undefined ? undefined : { size, read: (offset) => blobs.read(hash, offset) }
}

class BlobFiles implements Blobs {
  readonly #directory: string
  readonly #maxBytes: number
  /** Payloads that are being gathered: each has one file, which one writer at a time may extend. */
  readonly #gathering = new Set<PayloadHash>()

  constructor(directory: string, maxBytes: number) {
    this.#directory = directory
    this.#maxBytes = maxBytes
  }

  async put(source: AsyncIterable<Uint8Array>, expect?: HeldBlob, signal?: AbortSignal): Promise<HeldBlob> {
    if (expect !== undefined) {
      // Refused before a byte is written: the size is part of what was promised.
      if (expect.size > this.#maxBytes) throw tooLarge(this.#maxBytes)
      if ((await this.size(expect.hash)) === expect.size) {
        await source[Symbol.asyncIterator]().return?.()
        return expect
      }
    }
    const temporary = temporaryBeside(join(this.#directory, 'blob'))
    try {
      const held = await this.#spool(source, temporary, expect, signal)
      await this.#keep(temporary, held)
      return held
    } catch (thrown) {
      await unlinkIfThere(temporary)
      throw thrown
    }
  }

  async gather(
    expect: HeldBlob,
    from: (offset: number) => AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<HeldBlob> {
    const { hash, size } = expect
    if (size > this.#maxBytes) throw tooLarge(this.#maxBytes)
    if ((await this.size(hash)) === size) return expect
    if (this.#gathering.has(hash)) return this.put(from(0), expect, signal)
    this.#gathering.add(hash)
    try {
      const path = partPath(this.#directory, hash)
      let done = await extendPart(path, expect, from, signal)
      // What a power cut left may be damaged, which shows only at the end: then it is fetched once more, from the start.
      if (!done.whole && done.resumed) done = await extendPart(path, expect, from, signal)
      if (!done.whole) throw mismatch('its bytes have another hash')
      await this.#keep(path, expect)
      return expect
    } catch (thrown) {
      await forgetLeftParts(this.#directory, this.#gathering)
      throw thrown
    } finally {
      this.#gathering.delete(hash)
    }
  }

  async size(hash: PayloadHash): Promise<number | undefined> {
    try {
      return (await stat(this.#path(hash))).size
    } catch (thrown) {
      if (errnoOf(thrown) === 'ENOENT') return undefined
      throw ioError(thrown)
    }
  }

  async *read(hash: PayloadHash, offset = 0): AsyncIterable<Uint8Array> {
    const handle = await openHeld(this.#path(hash), hash)
    try {
      let position = offset
      for (;;) {
        // A buffer of its own for each chunk: a slow reader may still hold the last one.
        const { bytesRead, buffer } = await handle.read(new Uint8Array(READ_BYTES), 0, READ_BYTES, position)
        if (bytesRead === 0) return
        position += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    } finally {
      await handle.close()
    }
  }

  async path(hash: PayloadHash): Promise<string> {
    return this.#path(hash)
  }

  #path(hash: PayloadHash): string {
    // The brand promises it; a name that left the directory would cost too much to trust a brand.
    if (!HASH.test(hash)) throw new TypeError('a payload hash is 64 lower-case hexadecimal digits')
    return join(this.#directory, hash)
  }

  async #spool(
    source: AsyncIterable<Uint8Array>,
    temporary: string,
    expect: HeldBlob | undefined,
    signal: AbortSignal | undefined,
  ): Promise<HeldBlob> {
    const most = expect?.size ?? this.#maxBytes
    const hasher = createHash('sha256')
    let size = 0
    const handle = await onDisk(open(temporary, 'wx', 0o600))
    try {
      for await (const chunk of abortable(source, signal)) {
        size += chunk.length
        if (size > most) throw expect === undefined ? tooLarge(most) : mismatch(`more than ${most} bytes came`)
        hasher.update(chunk)
        await onDisk(writeAll(handle, chunk))
      }
      // The hexadecimal digest of SHA-256 is what the brand says.
      const hash = hasher.digest('hex') as PayloadHash
      if (expect !== undefined && size !== expect.size) throw mismatch(`${size} bytes came instead of ${expect.size}`)
      if (expect !== undefined && hash !== expect.hash) throw mismatch(`its hash is ${hash}`)
      await onDisk(handle.sync())
      return { hash, size }
    } finally {
      await handle.close()
    }
  }

  async #keep(temporary: string, { hash, size }: HeldBlob): Promise<void> {
    // A file of that name and size is that payload; one of another size is damaged, and is replaced.
    if ((await this.size(hash)) === size) return unlinkIfThere(temporary)
    await onDisk(rename(temporary, this.#path(hash)))
    await onDisk(syncFolder(this.#directory))
  }
}

async function openHeld(path: string, hash: PayloadHash): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT') throw ioError(thrown)
    throw new HaggleError('blob/missing', `the payload ${hash} is not held here`, {
      next: 'Fetch it from a party of the contract.',
      detail: { hash },
    })
  }
}

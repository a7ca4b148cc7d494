import { createHash, type Hash } from 'node:crypto'
import { open, readdir, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { limits, type PayloadHash } from '@haggle/protocol'
import type { HeldBlob } from '@haggle/ports'
import { abortable } from './abortable.ts'
import { mismatch, onDisk, writeAll } from './blob-errors.ts'
import { unlinkIfThere } from './durable-file.ts'

/** Prefix of the file of a payload that is being gathered; its hash follows. */
const PART = '.part-'
const READ_BYTES = 65_536
/** Less than this comes again faster than it is looked after. */
const WORTH_KEEPING = 1_048_576
/** What is kept of payloads that broke off, all together: two of the largest. */
const LEFT_BYTES = 2 * limits.blobBytes
/** A contract that waits longer for its payload is over. */
const LEFT_MS = 86_400_000

export function partPath(directory: string, hash: PayloadHash): string {
  return join(directory, PART + hash)
}

/**
 * Brings a payload's file to its end: what it holds is hashed again, and `from` gives the rest. False when all came and is
 * another payload; then the file is gone, and may be begun anew if it held something before. When `from` breaks off, the file
 * stays.
 */
export async function extendPart(
  path: string,
  { hash, size }: HeldBlob,
  from: (offset: number) => AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<{ readonly whole: boolean; readonly resumed: boolean }> {
  const handle = await onDisk(open(path, 'a+', 0o600))
  const hasher = createHash('sha256')
  let held = 0
  let atSource = false
  let whole = false
  let resumed = false
  try {
    held = await onDisk(rehash(handle, size, hasher))
    resumed = held > 0
    if (held < size || size === 0) {
      atSource = true
      for await (const chunk of abortable(from(held), signal)) {
        atSource = false
        held += chunk.length
        if (held > size) throw mismatch(`more than ${size} bytes came`)
        hasher.update(chunk)
        await onDisk(writeAll(handle, chunk))
        atSource = true
      }
      atSource = false
    }
    if (held !== size) throw mismatch(`${held} bytes came instead of ${size}`)
    whole = hasher.digest('hex') === hash
    if (whole) await onDisk(handle.sync())
    return { whole, resumed }
  } finally {
    await handle.close()
    if (!whole && !(atSource && held >= WORTH_KEEPING)) await unlinkIfThere(path)
  }
}

/** Removes parts that nobody came back for: old ones, and the oldest of too many; those in use stay. */
export async function forgetLeftParts(directory: string, inUse: ReadonlySet<PayloadHash>): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.startsWith(PART))
  const parts = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name)
      const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }))
      // Whatever follows the prefix: a name that is no hash is in nobody's use.
      return { path, size, mtimeMs, used: [...inUse].some((hash) => path === partPath(directory, hash)) }
    }),
  )
  let kept = 0
  for (const { path, size, mtimeMs } of parts.filter(({ used }) => !used).toSorted((a, b) => b.mtimeMs - a.mtimeMs)) {
    kept += size
    if (kept > LEFT_BYTES || Date.now() - mtimeMs > LEFT_MS) await unlinkIfThere(path)
  }
}

/** Hashes what a file holds; one that is longer than it should be holds nothing of use. */
async function rehash(handle: FileHandle, size: number, hasher: Hash): Promise<number> {
  const held = (await handle.stat()).size
  if (held > size) {
    await handle.truncate(0)
    return 0
  }
  let at = 0
  while (at < held) {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(READ_BYTES), 0, READ_BYTES, at)
    if (bytesRead === 0) break
    hasher.update(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
  return at
}

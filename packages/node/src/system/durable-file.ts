import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { link, open, rename, unlink, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Prefix of files that are being written: they mean nothing until they are renamed. */
export const TEMPORARY = '.new-'

/** A name in the same folder that nobody else uses: a rename stays within one file system. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `${TEMPORARY}${randomBytes(9).toString('hex')}`)
}

/** Writes a small file so that a crash leaves the old one or the new one, never a part. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = await writeBeside(path, text)
  try {
    await rename(temporary, path)
  } catch (thrown) {
    await unlinkIfThere(temporary)
    throw thrown
  }
  await syncFolder(dirname(path))
}

/** Creates a small file whole, or leaves the one that is there: of two processes that try, exactly one wins. */
export async function createFile(path: string, text: string): Promise<boolean> {
  const temporary = await writeBeside(path, text)
  try {
    await link(temporary, path)
    await syncFolder(dirname(path))
    return true
  } catch (thrown) {
    if (errnoOf(thrown) === 'EEXIST') return false
    throw thrown
  } finally {
    await unlinkIfThere(temporary)
  }
}

/** The text of a file of at most `maxBytes`, or undefined when there is none. A longer one is cut, and so fails to parse. */
export async function readSmallFile(path: string, maxBytes: number): Promise<string | undefined> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined
    throw thrown
  }
  try {
    const buffer = Buffer.alloc(maxBytes)
    let length = 0
    while (length < maxBytes) {
      const { bytesRead } = await handle.read(buffer, length, maxBytes - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.toString('utf8', 0, length)
  } finally {
    await handle.close()
  }
}

/** Makes names in a folder durable: syncing a file alone does not keep its name over a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT') throw thrown
  }
}

/** The platform's code of a thrown error (`ENOENT`), or undefined. */
export function errnoOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
}

async function writeBeside(path: string, text: string): Promise<string> {
  const temporary = temporaryBeside(path)
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } catch (thrown) {
    await unlinkIfThere(temporary)
    throw thrown
  } finally {
    await handle.close()
  }
  return temporary
}

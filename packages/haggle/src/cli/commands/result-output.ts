import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { HaggleError, type JsonValue } from '@haggle/protocol'
import { toString } from 'uint8arrays'
import type { Session } from '../session.ts'

/** A larger result stands in `--json` by its path only. */
const SHOWN_BYTES = 65_536

export interface ResultBytes {
  readonly size: number
  path(): Promise<string | null>
  stream(): AsyncIterable<Uint8Array>
}

/** Streams a result to stdout, byte for byte. */
export async function writeResult(session: Session, result: ResultBytes): Promise<void> {
  for await (const chunk of result.stream()) {
    if (session.unread.aborted) return
    await session.write(chunk)
  }
}

/** Streams a result into a file; a reader of that name never sees half of it. */
export async function saveResult(path: string, result: ResultBytes): Promise<void> {
  const part = `${path}.${process.pid}.part`
  try {
    const file = createWriteStream(part, { flags: 'wx' })
    const done = finished(file)
    // A failure to open is told by `done` below.
    done.catch(() => undefined)
    for await (const chunk of result.stream()) {
      if (file.errored !== null) break
      if (!file.write(chunk)) await Promise.race([once(file, 'drain'), done])
    }
    file.end()
    await done
    await rename(part, path)
  } catch (cause) {
    await rm(part, { force: true })
    throw unwritable(path, cause)
  }
}

/** A file of the user cannot be written. */
export function unwritable(path: string, cause: unknown): HaggleError {
  return new HaggleError('file/unwritable', `${path} cannot be written: ${reasonOf(cause)}`, {
    next: 'Choose a file in a folder that exists and is yours; the result stays in the store: haggle contract result ID.',
    cause,
  })
}

/** A file of the user cannot be read. */
export function unreadable(path: string, cause: unknown): HaggleError {
  return new HaggleError('file/unreadable', `${path} cannot be read: ${reasonOf(cause)}`, {
    next: 'Check the name and the permissions of the file.',
    cause,
  })
}

/** A result as `--json` shows it: { size, sha256, and text, base64 or path }. */
export async function resultJson(
  result: ResultBytes,
  savedAs: string | null,
): Promise<{ readonly [field: string]: JsonValue }> {
  const hash = createHash('sha256')
  const shown: Uint8Array[] = []
  for await (const chunk of result.stream()) {
    hash.update(chunk)
    if (result.size <= SHOWN_BYTES) shown.push(chunk)
  }
  const base = { size: result.size, sha256: hash.digest('hex') }
  if (savedAs !== null) return { ...base, path: savedAs }
  if (result.size > SHOWN_BYTES) return { ...base, path: await result.path() }
  const bytes = Buffer.concat(shown)
  const text = textOf(bytes)
  return text === undefined ? { ...base, base64: toString(bytes, 'base64pad') } : { ...base, text }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const code = 'code' in cause ? cause.code : undefined
  switch (code) {
    case 'ENOENT':
      return 'there is no such file or folder'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'EISDIR':
      return 'it is a folder'
    case 'ENOSPC':
      return 'the disk is full'
    default:
      return cause.message
  }
}

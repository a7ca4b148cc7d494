import type { FileHandle } from 'node:fs/promises'
import { HaggleError } from '@haggle/protocol'
import { errnoOf } from './durable-file.ts'

/** What an operation on a payload's file failed with, as the code of `blobFiles` that says so. */
export async function onDisk<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation
  } catch (thrown) {
    throw ioError(thrown)
  }
}

export async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length;) {
    written += (await handle.write(chunk, written, chunk.length - written)).bytesWritten
  }
}

export function ioError(cause: unknown): HaggleError {
  const code = errnoOf(cause)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HaggleError('blob/disk-full', 'the disk is full: the payload was not stored', {
      next: 'Free some space and try again.',
      cause,
    })
  }
  return new HaggleError('blob/io', `a payload could not be stored or read: ${code ?? 'unknown error'}`, {
    next: 'Check the disk and the permissions of the directory.',
    cause,
  })
}

export function tooLarge(most: number): HaggleError {
  return new HaggleError('blob/too-large', `the payload is larger than ${most} bytes`, {
    next: 'Send a smaller one, or split the task.',
    detail: { most },
  })
}

export function mismatch(problem: string): HaggleError {
  return new HaggleError('blob/mismatch', `the payload is not the one that was promised: ${problem}`, {
    next: 'Ask another party of the contract for it; nothing of it was kept.',
  })
}

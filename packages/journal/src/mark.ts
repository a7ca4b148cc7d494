import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { JournalTable } from '@haggle/ports'
import { checksum, tables } from './row.ts'

const MARK_FILE = 'MARK'
/** Digits of 2^53 - 1: the file keeps its length, so writing it needs no space on the disk. */
const DIGITS = 16

/** One past the last durable row of each table. */
export type Ends = ReadonlyMap<JournalTable, number>

/**
 * How far each table was durable, in a file of its own. The database recovers from a damaged write-ahead log by dropping what
 * it cannot read, without a word: a tail that was signed for and is gone would pass as never written. The mark is written
 * after the sync of what it counts and not synced itself, so it may be behind the truth, never ahead of it.
 */
export class Mark {
  readonly #file: FileHandle

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** Opens the mark in the directory of a journal; `ends` is undefined when there is none that can be read. */
  static async open(directory: string): Promise<{ readonly mark: Mark; readonly ends: Ends | undefined }> {
    const path = join(directory, MARK_FILE)
    const file = await open(path, 'a').then(async (created) => {
      await created.close()
      return open(path, 'r+')
    })
    const buffer = new Uint8Array(256)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    return { mark: new Mark(file), ends: endsOf(new TextDecoder('latin1').decode(buffer.subarray(0, bytesRead))) }
  }

  async write(ends: Ends): Promise<void> {
    await this.#file.write(textOf(ends), 0, 'latin1')
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

function textOf(ends: Ends): string {
  const numbers = tables.map((table) => `${table} ${(ends.get(table) ?? 0).toString().padStart(DIGITS, '0')}`).join(' ')
  return `${numbers} ${sumOf(numbers)}\n`
}

/** A mark that was torn by a power cut, or is missing, says nothing. */
function endsOf(text: string): Ends | undefined {
  const words = text.trimEnd().split(' ')
  const sum = words.pop()
  if (sum !== sumOf(words.join(' '))) return undefined
  // A mark that was written before a table existed says nothing of it.
  return new Map(
    tables.filter((table) => words.includes(table)).map((table) => [table, Number(words[words.indexOf(table) + 1])]),
  )
}

function sumOf(numbers: string): string {
  return Buffer.from(checksum(MARK_FILE, new TextEncoder().encode(numbers))).toString('hex')
}

import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { FlightSink } from '../flight/flight-recorder.ts'

/** A ring of so many segments: when the oldest goes, three quarters of the past are left. */
const SEGMENTS = 4

/** What a ring of files needs to know. */
export interface FlightFilesInit {
  /** All segments together. */
  readonly maxBytes: number
  /** Called once, when nothing can be recorded any more; the agent goes on without. */
  readonly onFailure: (cause: Error) => void
}

/** The files of a flight record in a directory, oldest first. */
export function flightFilesIn(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => /^flight-\d{8}\.jsonl$/.test(name))
    .toSorted()
    .map((name) => join(directory, name))
}

/**
 * Segments of a flight record as files that only their owner reads, since they hold what commands were given. Lines are
 * written at once, so that a process that is killed leaves its last input behind. Throws when the directory cannot be made.
 */
export function flightFiles(directory: string, init: FlightFilesInit): FlightSink {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const last = /(\d{8})\.jsonl$/.exec(flightFilesIn(directory).at(-1) ?? '')?.[1] ?? '0'
  return new FlightFiles(directory, init, Number(last))
}

class FlightFiles implements FlightSink {
  readonly #directory: string
  readonly #init: FlightFilesInit
  #number: number
  #file: number | undefined
  #bytes = 0
  /** Bytes of the segment's first lines: a state that is large by itself must not begin anew with every input. */
  #headBytes = 0

  constructor(directory: string, init: FlightFilesInit, number: number) {
    this.#directory = directory
    this.#init = init
    this.#number = number
  }

  get isFull(): boolean {
    return this.#bytes > this.#init.maxBytes / SEGMENTS && this.#bytes > 2 * this.#headBytes
  }

  begin(lines: readonly string[]): boolean {
    this.close()
    const text = lines.map((line) => `${line}\n`).join('')
    const head = Buffer.byteLength(text)
    if (head > this.#init.maxBytes / 2) {
      this.#init.onFailure(new Error(`the state alone takes ${head} bytes, more than half of the flight record`))
      return false
    }
    return this.#guarded(() => {
      this.#number += 1
      const name = `flight-${this.#number.toString().padStart(8, '0')}.jsonl`
      this.#file = openSync(join(this.#directory, name), 'wx', 0o600)
      this.#bytes = 0
      this.#headBytes = head
      this.#write(text)
      this.#dropOldest()
    })
  }

  add(line: string): boolean {
    return this.#guarded(() => this.#write(`${line}\n`))
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #write(text: string): void {
    if (this.#file === undefined) return
    this.#bytes += writeSync(this.#file, text)
  }

  /** Room for what this segment may still become. */
  #dropOldest(): void {
    const files = flightFilesIn(this.#directory)
    const room = Math.max(this.#init.maxBytes / SEGMENTS, 2 * this.#headBytes)
    let bytes = room
    for (const [index, file] of files.toReversed().entries()) {
      if (index === 0) continue
      bytes += statSync(file).size
      if (bytes > this.#init.maxBytes) rmSync(file)
    }
  }

  #guarded(work: () => void): boolean {
    try {
      work()
      return true
    } catch (error) {
      this.close()
      this.#init.onFailure(error instanceof Error ? error : new Error(String(error)))
      return false
    }
  }
}

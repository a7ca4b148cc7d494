import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { replayFlight, type Replayed } from '@haggle/node'
import { flightFilesIn } from '@haggle/node/system'
import { HaggleError } from '@haggle/protocol'
import { printable } from '../../view/event-view.ts'
import { exitCode } from '../exit-code.ts'
import type { CommonFlags } from '../flags.ts'
import { localSession } from '../local-session.ts'
import { writeJson } from '../session.ts'

/** `haggle replay`: runs each segment of a flight record through an engine again. */
export async function runReplay(directory: string, flags: CommonFlags): Promise<number> {
  const session = localSession({ catchSignals: false })
  let same = true
  for (const file of segmentsIn(directory)) {
    const replayed = await replayOne(file)
    if (replayed.differsAt !== null) same = false
    const segment = basename(file)
    if (flags.json === true) await writeJson(session, { segment, same: replayed.differsAt === null, ...replayed })
    else await session.write(`${segment}  ${wordsOf(replayed)}\n`)
  }
  return same ? exitCode.ok : exitCode.failure
}

function segmentsIn(directory: string): readonly string[] {
  let files: readonly string[] = []
  try {
    files = flightFilesIn(directory)
  } catch {
    // Said below, like an empty directory.
  }
  if (files.length > 0) return files
  throw new HaggleError('flight/none', `${directory} holds no flight record`, {
    next: 'Name the directory that was given to --flight.',
  })
}

async function replayOne(file: string): Promise<Replayed> {
  try {
    return await replayFlight(createInterface({ input: createReadStream(file), crlfDelay: Infinity }))
  } catch (error) {
    if (!(error instanceof HaggleError)) throw error
    throw new HaggleError(error.code, `${file}: ${error.message}`, { next: error.next, cause: error })
  }
}

function wordsOf({ inputs, state, differsAt, note }: Replayed): string {
  if (differsAt !== null) return `differs after input ${differsAt}: ${printable(note)}`
  return `${inputs} inputs, the same: state ${state}${note === '' ? '' : ` (${printable(note)})`}`
}

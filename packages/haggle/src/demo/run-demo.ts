import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HaggleError } from '@haggle/protocol'
import { exitCode } from '../cli/exit-code.ts'
import { localSession } from '../cli/local-session.ts'
import { signalExitCode } from '../cli/session.ts'
import { UsageError } from '../cli/usage-error.ts'
import { Bazaar } from './bazaar.ts'
import { dispensable } from './cast.ts'
import { bazaarFiles } from './texts.ts'

/** The play takes half a minute; after this something is wrong with the machine or with us. */
const LIMIT_MS = 120_000

export interface DemoOptions {
  /** Who does not take part: the claim about each of them then fails. */
  readonly without: readonly string[]
  /** Events and claims as JSON lines instead of a story. */
  readonly json: boolean
  /** Shows what the processes say on stderr, and keeps their files. */
  readonly debug: boolean
}

/** Plays the bazaar and returns the exit code: 0 when every claim holds. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const stranger = options.without.find((name) => !dispensable.includes(name))
  if (stranger !== undefined)
    throw new UsageError(
      `"${stranger}" cannot be left out of the bazaar.`,
      `--without takes ${dispensable.join(', ')}.`,
    )
  const session = localSession({ catchSignals: true })
  const limit = AbortSignal.timeout(LIMIT_MS)
  const signal = AbortSignal.any([session.interrupted, session.unread, limit])
  const folder = await mkdtemp(join(tmpdir(), 'haggle-bazaar-'))
  const network = `bazaar-${randomBytes(4).toString('hex')}`
  const bazaar = new Bazaar({ ...options, session, signal, network, home: folder, files: await writeFiles(folder) })
  try {
    return (await bazaar.play()) ? exitCode.ok : exitCode.failure
  } catch (error) {
    if (session.interrupted.aborted) return signalExitCode(session.interrupted)
    if (session.unread.aborted) return exitCode.ok
    if (!limit.aborted) throw error
    throw new HaggleError('demo/limit', `the bazaar was not over after ${LIMIT_MS / 1_000} s`, {
      next: 'Is the machine very busy? Run it again; with --debug it shows what each process says.',
      cause: error,
    })
  } finally {
    await bazaar.end()
    if (options.debug) session.note(`haggle: the agents' directories and task files are kept in ${folder}`)
    else await rm(folder, { recursive: true, force: true })
  }
}

async function writeFiles(folder: string): Promise<string> {
  const files = join(folder, 'files')
  await mkdir(files)
  for (const [name, text] of bazaarFiles()) await writeFile(join(files, name), text)
  return files
}

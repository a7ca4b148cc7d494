import { randomBytes } from 'node:crypto'
import { open, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openAgentDirectory, type AgentDirectory } from '@haggle/node/system'
import { agentText, HaggleError } from '@haggle/protocol'
import { showSize } from '../cli/values.ts'
import { ok, quoted, toMend, warning, type Check } from './check.ts'

/** A store compacts itself: with less than this it stops in the middle. */
const TOO_LITTLE_SPACE = 16 * 1_048_576
/** Inputs and results are up to 256 MiB each. */
const LITTLE_SPACE = 1_024 * 1_048_576

/** What is written to see whether writing works; a full disk takes an empty file and no byte of it. */
const PROBE_BYTES = 65_536

/** The directory of an agent as the doctor found it. */
export interface ExaminedDirectory {
  readonly checks: readonly Check[]
  /** Undefined while there is none, or none that can be used. */
  readonly directory: AgentDirectory | undefined
  /** Whether anything was ever put there. */
  readonly exists: boolean
}

/** Looks at an agent's directory without making one. */
export async function examineDirectory(path: string): Promise<ExaminedDirectory> {
  const exists = await isThere(path)
  const place = exists ? path : await nearestFolder(path)
  const written = await tryWriting(place)
  const where = exists ? path : `${path} (not there yet; its first start makes it)`
  const checks = [directoryCheck(where, place, written), await spaceCheck(place, written)]
  const begun = exists && ((await isThere(join(path, 'key'))) || (await isThere(join(path, 'store'))))
  if (!begun)
    return {
      checks: [...checks, ok('key', 'none yet: the first start makes one')],
      directory: undefined,
      exists: false,
    }
  const opened = await openAgentDirectory(path).catch((error: unknown) => error)
  if (opened instanceof Error || !isDirectory(opened))
    return { checks: [...checks, keyTrouble(opened)], directory: undefined, exists }
  return {
    checks: [...checks, ok('key', `${agentText(opened.key)}, readable by you alone`)],
    directory: opened,
    exists,
  }
}

function isDirectory(value: unknown): value is AgentDirectory {
  return typeof value === 'object' && value !== null && 'seed' in value
}

/** Key, FORMAT and settings are one question: can this directory be opened as an agent. */
function keyTrouble(error: unknown): Check {
  if (!(error instanceof HaggleError))
    return toMend('key', String(error), 'Run the command again with --debug and report what it prints.')
  return toMend('key', `${error.message} (${error.code})`, error.next)
}

function directoryCheck(where: string, place: string, written: string | undefined): Check {
  if (written === undefined || isFull(written)) return ok('directory', where)
  const saw = `${where}: ${place} cannot be written (${written})`
  if (written === 'EROFS') {
    return toMend(
      'directory',
      saw,
      `Mount it writable (mount -o remount,rw ${quoted(place)}), or choose another place: export HAGGLE_HOME=DIR`,
    )
  }
  return toMend(
    'directory',
    saw,
    `Make it yours: sudo chown -R "$USER" ${quoted(place)} && chmod u+rwx ${quoted(place)}`,
  )
}

async function spaceCheck(place: string, written: string | undefined): Promise<Check> {
  const more = `Free some space on the disk of ${quoted(place)} (df -h ${quoted(place)}), or move the agents: export HAGGLE_HOME=DIR`
  const free = await statfs(place).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  )
  const saw = free === undefined ? 'the free space cannot be read' : `${showSize(free)} free`
  if (written !== undefined && isFull(written))
    return toMend('space', `the disk of ${place} is full (${written}, ${saw})`, more)
  if (free === undefined) return warning('space', saw, null)
  if (free < TOO_LITTLE_SPACE) return toMend('space', `the disk of ${place} is full: ${saw}`, more)
  return free < LITTLE_SPACE ? warning('space', `only ${saw} for payloads`, more) : ok('space', saw)
}

function isFull(code: string): boolean {
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/** The code with which writing a file in a folder fails, or undefined. Nothing is left behind. */
async function tryWriting(folder: string): Promise<string | undefined> {
  const probe = join(folder, `.new-${randomBytes(9).toString('hex')}`)
  try {
    const handle = await open(probe, 'wx', 0o600)
    try {
      await handle.writeFile(new Uint8Array(PROBE_BYTES))
      await handle.sync()
    } finally {
      await handle.close()
    }
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  } finally {
    await rm(probe, { force: true }).catch(() => undefined)
  }
}

async function nearestFolder(path: string): Promise<string> {
  const parent = dirname(path)
  return parent === path || (await isThere(parent)) ? parent : nearestFolder(parent)
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

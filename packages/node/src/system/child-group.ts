import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { lstat, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { HaggleError } from '@haggle/protocol'
import { errnoOf } from './durable-file.ts'
import { processStart } from './process-start.ts'

const WORK_PREFIX = 'haggle-work-'
/** From SIGTERM to SIGKILL: what a command gets to put its things in order. */
const KILL_GRACE_MS = 5_000
/** How long to wait for killed processes to vanish: only the kernel delays them, or a container in which nobody reaps orphans. */
const VANISH_MS = 1_000
const VANISH_POLL_MS = 10
/** Start of a process that was gone before it could be asked; it matches no process. */
const GONE = 'gone'

/** Enough to find a child again after a restart, and to be sure that it is that child. */
export interface ChildRecord {
  readonly pid: number
  readonly started: string
  /** The working directory that was made for it, or null when it was given one. */
  readonly directory: string | null
}

export interface ChildExit {
  readonly code: number | null
  readonly signal: string | null
}

export interface ChildInit {
  readonly command: string
  readonly args: readonly string[]
  /** Where it runs; without it, in a fresh empty directory that is removed afterwards. */
  readonly cwd?: string
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>
  readonly killGraceMs?: number
}

/** A command in a process group of its own, so that its children can be killed with it. */
export interface ChildGroup {
  readonly record: ChildRecord
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  readonly exited: Promise<ChildExit>
  /** Asks the whole group to end, and ends it after a grace. */
  stop(): void
  /** Ends what is left of the group, and removes its working directory if it was made for it. */
  clear(): Promise<void>
}

/** Starts a command. Rejects with `work/cannot-start`. */
export async function startGroup(init: ChildInit): Promise<ChildGroup> {
  const directory = init.cwd === undefined ? mkdtempSync(join(tmpdir(), WORK_PREFIX)) : null
  const cwd = init.cwd ?? directory ?? tmpdir()
  try {
    const child = spawn(init.command, init.args, {
      cwd,
      env: { ...process.env, ...init.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    const exited = new Promise<ChildExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
    })
    // What nobody listens to when the process exits is thrown away by the platform: a quick command would have no result.
    for (const output of [child.stdout, child.stderr])
      output.on('readable', () => undefined).on('error', () => undefined)
    const pid = await spawned(child)
    const started = await processStart(pid).catch(() => undefined)
    const record = { pid, started: started ?? GONE, directory }
    return groupOf(child, record, exited, init.killGraceMs ?? KILL_GRACE_MS)
  } catch (cause) {
    if (directory !== null) await rm(directory, { recursive: true, force: true })
    throw new HaggleError(
      'work/cannot-start',
      `the command ${init.command} cannot be started: ${errnoOf(cause) ?? 'unknown error'}`,
      {
        next: `Check that it exists and is executable, and that ${cwd} is a folder.`,
        cause,
      },
    )
  }
}

/**
 * Kills a child that an earlier process of this agent left behind, with its children, and removes its working directory.
 * False when it is gone: another process with its pid is left alone.
 */
export async function killLeftBehind(record: ChildRecord): Promise<boolean> {
  const isThere = async (): Promise<boolean> => (await processStart(record.pid)) === record.started
  const found = await isThere()
  if (found) {
    signalGroup(record.pid, 'SIGKILL')
    await vanished(isThere)
  }
  if (record.directory !== null) await removeWorkDirectory(record.directory)
  return found
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/** Groups that may still have members. */
const living = new Set<number>()

/** Whatever ends this process, a command that ignores SIGTERM does not outlive it by that. */
function killLiving(): void {
  for (const pid of living) signalGroup(pid, 'SIGKILL')
}

function groupOf(child: Child, record: ChildRecord, exited: Promise<ChildExit>, graceMs: number): ChildGroup {
  let hardKill: NodeJS.Timeout | undefined
  let cleared = false
  if (living.size === 0) process.on('exit', killLiving)
  living.add(record.pid)
  // A command that does not read its input breaks the pipe: that is its right.
  child.stdin.on('error', () => undefined)
  return {
    record,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    stop() {
      if (hardKill !== undefined) return
      signalGroup(record.pid, 'SIGTERM')
      hardKill = setTimeout(() => signalGroup(record.pid, 'SIGKILL'), graceMs)
    },
    async clear() {
      // Once only: later the name of the group may belong to others.
      if (cleared) return
      cleared = true
      clearTimeout(hardKill)
      // Killed is not gone yet: what still runs could write where it should be no more.
      if (signalGroup(record.pid, 'SIGKILL')) await vanished(async () => signalGroup(record.pid, 0))
      living.delete(record.pid)
      if (living.size === 0) process.off('exit', killLiving)
      if (record.directory !== null) await removeWorkDirectory(record.directory)
    },
  }
}

function spawned(child: Child): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => {
      if (child.pid === undefined) reject(new Error('the process has no pid'))
      else resolve(child.pid)
    })
  })
}

/** Signals a group, which has the pid of its first process as its name as long as any member is left. False: none is. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch (thrown) {
    // ESRCH: nobody is left. EPERM: macOS says so of a group of which only unreaped remains are left.
    if (errnoOf(thrown) === 'ESRCH' || errnoOf(thrown) === 'EPERM') return false
    throw thrown
  }
}

/** Waits until they are gone, or for as long as that may take. They are not our children: nobody tells us. */
async function vanished(isThere: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < VANISH_MS && (await isThere()); waited += VANISH_POLL_MS) {
    await new Promise((resolve) => {
      setTimeout(resolve, VANISH_POLL_MS)
    })
  }
}

/** Removes a directory only if it is one that was made for a command: the name may come from a file. */
async function removeWorkDirectory(directory: string): Promise<void> {
  if (dirname(directory) !== tmpdir() || !basename(directory).startsWith(WORK_PREFIX)) return
  if (isRemovedEmpty(directory)) return
  try {
    if (!(await lstat(directory)).isDirectory()) return
    await rm(directory, { recursive: true, force: true, maxRetries: 3 })
  } catch (thrown) {
    // What the command made unremovable is left to the cleaner of the temporary folder: no reason to lose its result.
    if (errnoOf(thrown) === undefined) throw thrown
  }
}

/** Most commands leave nothing behind: their directory goes at once, without turns of the event loop in which others come first. */
function isRemovedEmpty(directory: string): boolean {
  try {
    rmdirSync(directory)
    return true
  } catch {
    return false
  }
}

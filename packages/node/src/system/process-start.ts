import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { errnoOf } from './durable-file.ts'

const run = promisify(execFile)
/** Fields of /proc/<pid>/stat after the name in brackets: the state comes first, the start time is the 20th. */
const STATE_FIELD = 0
const START_FIELD = 19
/** Names the boot of this machine; null until it is asked for. */
let boot: string | null = null

/**
 * When a process started, as an opaque text that differs for the next process with the same pid, also after a restart of the
 * machine; undefined when there is no such process, or only its unreaped remains.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  return process.platform === 'linux' ? linuxStart(pid) : otherStart(pid)
}

// Read at once: the kernel answers from memory, and a thread that did it would cost several turns of the event loop.
function linuxStart(pid: number): string | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT' || errnoOf(thrown) === 'ESRCH') return undefined
    throw thrown
  }
  // The name may hold spaces and brackets: fields count from after the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[STATE_FIELD]
  if (state === 'Z' || state === 'X') return undefined
  // The start time counts ticks since boot, so it needs the boot beside it.
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  return `${boot}:${fields[START_FIELD] ?? ''}`
}

async function otherStart(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
    })
    const [state, ...start] = stdout.trim().split(/\s+/)
    return state === undefined || state === '' || state.startsWith('Z') ? undefined : start.join(' ')
  } catch {
    // `ps` answers with a failure when it lists no process.
    return undefined
  }
}

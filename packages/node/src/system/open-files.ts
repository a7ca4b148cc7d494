import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How many files a process may have open, this one by default; undefined where the system does not tell. */
export async function openFilesLimit(pid?: number): Promise<number | undefined> {
  if (process.platform === 'linux') {
    const limits = await readFile(`/proc/${pid ?? 'self'}/limits`, 'utf8').catch(() => '')
    return numberOf(/^Max open files\s+(\S+)/m.exec(limits)?.[1])
  }
  if (pid !== undefined) return undefined
  // A shell inherits the limit of the process that starts it.
  const { stdout } = await run('/bin/sh', ['-c', 'ulimit -n']).catch(() => ({ stdout: '' }))
  return numberOf(stdout.trim())
}

function numberOf(text: string | undefined): number | undefined {
  if (text === 'unlimited') return Infinity
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

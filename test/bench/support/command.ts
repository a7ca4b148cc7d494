import { spawn, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { within } from '../../process/support/limit.ts'
import type { Bench } from './bench.ts'

/** A program that says in one line of JSON that it is ready. */
export interface Ready {
  readonly pid: number
  /** From its start to that line. */
  readonly readyMs: number
  end(): Promise<void>
}

/** Starts the built `haggle` and waits until it serves. */
export function startHaggle(bench: Bench, home: string, args: readonly string[]): Promise<Ready> {
  return startReady(home, [join(bench.init.root, 'packages/haggle/bin/haggle.js'), ...args])
}

export async function startReady(home: string, args: readonly string[]): Promise<Ready> {
  const began = performance.now()
  const env = { ...process.env, HAGGLE_HOME: home, XDG_RUNTIME_DIR: home, TMPDIR: home, NO_COLOR: '1' }
  const child = spawn(process.execPath, [...args], { env, cwd: home, stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  const end = async (): Promise<void> => {
    child.kill('SIGKILL')
    await gone
  }
  try {
    await within(Promise.race([saysReady(child), gone.then(() => fail(args))]), `${args.join(' ')} to be ready`)
  } catch (error) {
    await end()
    throw error
  }
  return { pid: child.pid ?? 0, readyMs: performance.now() - began, end }
}

async function saysReady(child: ChildProcess): Promise<void> {
  if (child.stdout === null) return
  for await (const line of createInterface(child.stdout)) if (line.includes('"event":"ready"')) break
  child.stdout.resume()
}

function fail(args: readonly string[]): never {
  throw new Error(`${args.join(' ')} ended before it was ready`)
}

/** Memory that a process has in use now, bytes. */
export async function rssOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN) * 1_024
}

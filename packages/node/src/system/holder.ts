import { join } from 'node:path'
import type { JsonValue } from '@haggle/protocol'
import { readSmallFile, replaceFile, unlinkIfThere } from './durable-file.ts'
import { jsonObject } from './json-object.ts'
import { processStart } from './process-start.ts'

const HOLDER_FILE = 'holder.json'
const MAX_HOLDER_BYTES = 4_096

/** The process that holds an agent directory. */
export interface HolderInfo {
  readonly pid: number
  /** When it started, as `processStart` tells it: a reused pid is noticed. */
  readonly started: string
  /** Its control socket. */
  readonly socket: string
}

/** Whether a living process holds an agent directory. */
export type HolderState =
  | { readonly kind: 'live'; readonly holder: HolderInfo }
  /** The file names a process that is gone, or cannot be read. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'none' }

/** A hold on an agent directory. */
export interface Hold {
  readonly holder: HolderInfo
  /** Removes the file, unless another process has taken the directory since. */
  release(): Promise<void>
}

/**
 * Says in the directory that this process holds it. Only to be called while holding the journal, whose lock is the guard:
 * whatever `holder.json` said before is out of date by then.
 */
export async function takeHolder(directory: string, init: { readonly socket: string }): Promise<Hold> {
  const path = join(directory, HOLDER_FILE)
  const started = (await processStart(process.pid)) ?? 'unknown'
  const holder: HolderInfo = { pid: process.pid, started, socket: init.socket }
  await replaceFile(path, `${JSON.stringify(holder)}\n`)
  return {
    holder,
    async release() {
      const now = holderOf(await readSmallFile(path, MAX_HOLDER_BYTES))
      if (now?.pid === holder.pid && now.started === holder.started && now.socket === holder.socket) {
        await unlinkIfThere(path)
      }
    },
  }
}

/** Who holds the directory, as far as its file tells. */
export async function readHolder(directory: string): Promise<HolderState> {
  const text = await readSmallFile(join(directory, HOLDER_FILE), MAX_HOLDER_BYTES)
  if (text === undefined) return { kind: 'none' }
  const holder = holderOf(text)
  if (holder === undefined || (await processStart(holder.pid)) !== holder.started) return { kind: 'stale' }
  return { kind: 'live', holder }
}

function holderOf(text: string | undefined): HolderInfo | undefined {
  const json: { readonly [key: string]: JsonValue } | undefined = text === undefined ? undefined : jsonObject(text)
  if (json === undefined) return undefined
  const { pid, started, socket } = json
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined
  if (typeof started !== 'string' || typeof socket !== 'string') return undefined
  return { pid, started, socket }
}

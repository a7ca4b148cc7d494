import { setTimeout as pause } from 'node:timers/promises'
import { openJournal } from '@haggle/journal'
import type { Journal } from '@haggle/ports'
import { HaggleError } from '@haggle/protocol'
import { connectControl, readHolder, type ControlChannel } from '@haggle/node/system'
import { BusyError } from './usage-error.ts'

/** How long processes of one agent wait for each other. */
export const PATIENCE_MS = 2_000
const RETRY_MS = 25

/** What stands where an agent's process should be: one that runs, or the store, which is now ours. */
export type Place =
  | { readonly kind: 'held'; readonly pid: number; readonly channel: ControlChannel }
  | { readonly kind: 'free'; readonly journal: Journal }

/**
 * Attaches to the process that holds an agent's directory, or takes its journal, whose lock decides between two that try
 * at the same moment. A holder that is just leaving, or a reader that is just looking, is waited for.
 */
export async function enter(path: string, storePath: string, deadline: number): Promise<Place> {
  for (;;) {
    const state = await readHolder(path)
    if (state.kind === 'live') {
      const channel = await reach(state.holder.socket, deadline)
      if (channel !== undefined) return { kind: 'held', pid: state.holder.pid, channel }
    }
    const journal = await take(storePath)
    if (journal !== undefined) return { kind: 'free', journal }
    if (performance.now() > deadline)
      throw new BusyError(await whoIsThere(path), 'Try again, or act as another agent with --as NAME.')
    await pause(RETRY_MS)
  }
}

/** Takes the journal of an agent that must not run elsewhere. */
export async function takePlace(path: string, storePath: string, name: string): Promise<Journal> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const journal = await take(storePath)
    if (journal !== undefined) return journal
    if (performance.now() > deadline) {
      throw new BusyError(
        `agent ${name} runs already (${await whoIsThere(path)}).`,
        'Give this one another name with --as NAME, or stop the other.',
      )
    }
    await pause(RETRY_MS)
  }
}

/** The process that holds a directory, in words. */
export async function whoIsThere(path: string): Promise<string> {
  const state = await readHolder(path)
  return state.kind === 'live' ? `process ${state.holder.pid} holds ${path}` : `another process holds ${path}`
}

async function reach(socket: string, deadline: number): Promise<ControlChannel | undefined> {
  try {
    return await connectControl(socket, Math.max(deadline - performance.now(), 1))
  } catch (error) {
    // It left between its file and its socket: whether its store is free shows next.
    if (error instanceof HaggleError && error.code === 'control/unreachable') return undefined
    throw error
  }
}

async function take(storePath: string): Promise<Journal | undefined> {
  try {
    return await openJournal(storePath)
  } catch (error) {
    if (error instanceof HaggleError && error.code === 'journal/held') return undefined
    throw error
  }
}

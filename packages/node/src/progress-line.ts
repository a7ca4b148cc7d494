import type { AgentKey, RecordId } from '@haggle/protocol'
import type { Answer, AppRequest, Command } from '@haggle/core'
import type { NodeEvent } from './agent-types.ts'

type ProgressEvent = Extract<NodeEvent, { readonly event: 'progress' }>

export interface ProgressParts {
  readonly wall: () => number
  readonly tell: (event: ProgressEvent) => void
  readonly command: (command: Command) => Promise<Answer>
}
/** What every word on the progress of one contract has in common. */
export interface ProgressOf {
  readonly task: RecordId
  readonly contract: RecordId
  readonly generation: number
  readonly peer: AgentKey
}

/** Characters of a note beyond which nothing of it can be left after the engine cut it to its bytes. */
const MOST_NOTE = 256

/**
 * `task.progress` of one run: local listeners hear every word; the engine hears the newest one whenever it has taken the one
 * before, so that a handler which says it in a loop fills no inbox.
 */
export function progressLine(parts: ProgressParts, of: ProgressOf): (fraction: number, note?: string) => void {
  let waiting: Extract<Command, { readonly kind: 'progress' }> | undefined
  let busy = false
  const send = async (): Promise<void> => {
    busy = true
    try {
      for (let next = waiting; next !== undefined; next = waiting) {
        waiting = undefined
        await parts.command(next)
      }
    } catch {
      // The agent has stopped: nobody is left to tell.
    } finally {
      busy = false
    }
  }
  return (fraction, words) => {
    const part = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0
    const note = words === undefined ? null : words.slice(0, MOST_NOTE)
    parts.tell({ event: 'progress', at: parts.wall(), ...of, role: 'worker', fraction: part, note })
    waiting = { kind: 'progress', contract: of.contract, permille: Math.round(part * 1_000), note }
    if (!busy) void send()
  }
}

/** What the worker of a contract of ours said, as an event of ours. */
export function heardProgress(
  { task, contract, generation, worker, permille, note }: Extract<AppRequest, { readonly kind: 'progress' }>,
  at: number,
): ProgressEvent {
  const fraction = permille / 1_000
  return { event: 'progress', at, task, contract, generation, peer: worker, role: 'requester', fraction, note }
}

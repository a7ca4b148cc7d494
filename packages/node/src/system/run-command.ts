import { limits } from '@haggle/protocol'
import type { Blobs, HeldBlob } from '@haggle/ports'
import { runGroup, type RunFailure, type RunInit } from './run-group.ts'

/** How the command of a worker is run; sizes in bytes. */
export interface CommandInit extends Omit<RunInit<HeldBlob>, 'consume' | 'maxOutputBytes'> {
  /** Where the result goes, streamed. */
  readonly blobs: Blobs
  /** The largest payload when not given. */
  readonly maxOutputBytes?: number
}

/** How the run of a command ended. */
export type CommandOutcome =
  | { readonly kind: 'delivered'; readonly result: HeldBlob }
  /** `work/exit` with the exit code; the other codes say why the command was ended. */
  | { readonly kind: 'failed'; readonly code: RunFailure; readonly exit: number | null; readonly signal: string | null }
  /** Its signal was aborted. */
  | { readonly kind: 'stopped' }

/**
 * Runs the command of a worker: the input on stdin, the result from stdout straight into the blobs. Only exit code 0
 * delivers; nothing of any other run is kept, and no process of it runs on.
 *
 * Rejects with `work/cannot-start`, `work/input-lost`, or an error of the blobs.
 */
export async function runCommand(init: CommandInit): Promise<CommandOutcome> {
  const maxOutputBytes = Math.min(init.maxOutputBytes ?? limits.blobBytes, limits.blobBytes)
  const outcome = await runGroup({ ...init, maxOutputBytes, consume: (output) => init.blobs.put(output) })
  return outcome.kind === 'done' ? { kind: 'delivered', result: outcome.value } : outcome
}

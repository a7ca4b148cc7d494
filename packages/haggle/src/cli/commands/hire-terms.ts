import { open, stat } from 'node:fs/promises'
import type { HireTerms, PayloadSource } from '@haggle/node'
import { HaggleError, limits, type Acceptance, type PayloadHash } from '@haggle/protocol'
import type { HireRequest } from '../request.ts'
import type { Session } from '../session.ts'
import { showSize } from '../values.ts'
import { unreadable } from './result-output.ts'

/** The terms of a job as the SDK takes them. */
export function hireTerms(request: HireRequest, session: Session): HireTerms {
  return {
    deadline: request.deadlineMs,
    wait: request.waitMs,
    attempts: request.attempts,
    budget: credits(request.budget),
    mode: request.mode,
    sealed: request.sealed,
    ...(request.key === null ? {} : { key: request.key }),
    ...(request.leaseMs === null ? {} : { lease: request.leaseMs }),
    ...(request.stake === null ? {} : { stake: credits(request.stake) }),
    ...(request.bidsMs === null ? {} : { bids: request.bidsMs }),
    ...(request.ask === null ? {} : { ask: credits(request.ask) }),
    ...(request.panel === null ? {} : { panel: request.panel }),
    minQuality: request.minQuality,
    ...acceptTerms(request, session),
  }
}

function acceptTerms(request: HireRequest, session: Session): HireTerms {
  const { accept } = request
  if (accept === null) return {}
  if (accept.kind === 'cmd') {
    // The command stands in the store with its folder, so that whichever process finishes the job can run it.
    return { reviewCommand: accept.command, memo: { cwd: session.cwd } }
  }
  const acceptance: Acceptance =
    accept.kind === 'hash'
      ? // The request's schema checked 64 hexadecimal digits.
        { kind: 'hash', hash: accept.hex as PayloadHash }
      : { kind: 'schema', schema: accept.text }
  return { accept: acceptance }
}

/** Opens the input of a job; it is streamed into the store and never held whole. */
export async function hireInput(request: HireRequest, session: Session): Promise<PayloadSource> {
  switch (request.input.kind) {
    case 'text':
      return request.input.text
    case 'file':
      return fileInput(request.input.path)
    case 'stdin':
      if (session.tty.stdin) session.note('haggle: reading the input from the terminal; end it with Ctrl-D.')
      return bounded(session.input(), 'The input')
  }
}

async function fileInput(path: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    const found = await stat(path)
    if (found.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
    // Opened before anything is offered: a missing file costs nobody a message.
    const file = await open(path, 'r')
    return bounded(file.createReadStream(), path)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

async function* bounded(source: AsyncIterable<Uint8Array>, what: string): AsyncIterable<Uint8Array> {
  let size = 0
  for await (const chunk of source) {
    size += chunk.length
    if (size > limits.blobBytes) {
      throw new HaggleError('input/too-large', `${what} is larger than ${showSize(limits.blobBytes)}.`, {
        next: 'Split it, or offer a task whose input says where the data is.',
      })
    }
    yield chunk
  }
}

function credits(micro: number): number {
  return micro / 1_000_000
}

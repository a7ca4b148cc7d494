import { HaggleError } from '@haggle/protocol'
import type { ControlChannel } from '@haggle/node/system'
import { CHUNK_BYTES } from './attach.ts'
import type { Call } from './request.ts'
import type { Session } from './session.ts'

/** The session of an attached process, seen from the agent that carries its command out. */
export interface RemoteSession extends Session {
  /** Handles one message of the attached process. */
  take(message: { readonly [key: string]: unknown }, chunk: Uint8Array | undefined): void
  /** The attached process is gone: its command goes on without a reader. */
  leave(): void
}

export function remoteSession(channel: ControlChannel, init: Call['session']): RemoteSession {
  const first = new AbortController()
  const second = new AbortController()
  const unread = new AbortController()
  let asked: { resolve(chunk: Uint8Array | null): void; reject(error: Error): void } | undefined
  const answer = (give: (waiting: NonNullable<typeof asked>) => void): void => {
    const waiting = asked
    asked = undefined
    if (waiting !== undefined) give(waiting)
  }
  const next = (): Promise<Uint8Array | null> =>
    new Promise((resolve, reject) => {
      if (unread.signal.aborted) reject(lost('its process is gone'))
      asked = { resolve, reject }
      channel.send({ kind: 'more' }).catch(reject)
    })
  return {
    ...init,
    async *input() {
      for (let chunk = await next(); chunk !== null; chunk = await next()) yield chunk
    },
    async write(chunk) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      for (let at = 0; at < bytes.length && !unread.signal.aborted; at += CHUNK_BYTES) {
        await channel.send({ kind: 'out' }, bytes.subarray(at, at + CHUNK_BYTES)).catch(() => unread.abort('gone'))
      }
    },
    note(text) {
      // Whoever left reads no notes.
      channel.send({ kind: 'note', text }).catch(() => unread.abort('gone'))
    },
    interrupted: first.signal,
    killed: second.signal,
    unread: unread.signal,
    take(message, chunk) {
      switch (message['kind']) {
        case 'input':
          answer((waiting) => waiting.resolve(chunk ?? new Uint8Array()))
          break
        case 'input-end':
          answer((waiting) => waiting.resolve(null))
          break
        case 'input-failed':
          answer((waiting) => waiting.reject(lost(String(message['reason']))))
          break
        case 'interrupt':
          first.abort(message['signal'] === 'SIGTERM' ? 'SIGTERM' : 'SIGINT')
          break
        case 'kill':
          second.abort(message['signal'])
          break
        case 'unread':
          unread.abort('EPIPE')
          break
        default:
          throw new HaggleError('control/malformed', 'an attached command sent a message of no known kind', {
            next: 'Use the same version of haggle for the agent and for the command.',
          })
      }
    },
    leave() {
      unread.abort('gone')
      answer((waiting) => waiting.reject(lost('its process is gone')))
    },
  }
}

function lost(why: string): HaggleError {
  return new HaggleError('input/lost', `the input of an attached command ended early: ${why}`, {
    next: 'Run the command again.',
  })
}

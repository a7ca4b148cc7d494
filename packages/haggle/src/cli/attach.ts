import type { JsonValue } from '@haggle/protocol'
import { HaggleError } from '@haggle/protocol'
import type { ControlChannel } from '@haggle/node/system'
import type { Call } from './request.ts'
import { signalExitCode, type Session } from './session.ts'
import { BusyError } from './usage-error.ts'

/** Bytes of stdin sent at once; a control message carries no more. */
export const CHUNK_BYTES = 65_536

/**
 * Has a command carried out by the running agent, with this process as its terminal. Undefined: the agent left before it
 * took the command, so somebody else may.
 */
export async function attach(
  channel: ControlChannel,
  call: Call,
  session: Session,
  deadline: number,
): Promise<number | undefined> {
  const messages = channel.messages()[Symbol.asyncIterator]()
  const timer = new AbortController()
  let accepted: boolean
  try {
    await channel.send({ kind: 'call', call })
    const first = await Promise.race([messages.next(), silence(deadline, timer.signal)])
    if (first === 'silent')
      throw new BusyError('the running agent does not answer.', 'Stop it, or act as another agent with --as NAME.')
    if (first.done === true) return undefined
    accepted = first.value.message['kind'] === 'accepted'
  } catch (error) {
    if (error instanceof HaggleError && error.code.startsWith('control/')) return undefined
    throw error
  } finally {
    timer.abort()
  }
  if (!accepted) {
    void channel.close()
    throw foreign()
  }
  const unlisten = forwardSignals(channel, session)
  try {
    return await obey({ [Symbol.asyncIterator]: () => messages }, channel, session)
  } finally {
    unlisten()
    void channel.close()
  }
}

async function obey(
  messages: AsyncIterable<{ readonly message: { readonly [key: string]: JsonValue }; readonly chunk?: Uint8Array }>,
  channel: ControlChannel,
  session: Session,
): Promise<number> {
  const input = inputPump(channel, session)
  const iterator = messages[Symbol.asyncIterator]()
  for (;;) {
    const next = await nextOrKilled(iterator, session.killed)
    if (next === 'killed') return signalExitCode(session.interrupted)
    if (next.done === true) break
    const { message, chunk } = next.value
    switch (message['kind']) {
      case 'out':
        if (chunk !== undefined) await session.write(chunk)
        break
      case 'note':
        if (typeof message['text'] === 'string') session.note(message['text'])
        break
      case 'more':
        void input()
        break
      case 'exit':
        return Number(message['code'])
      default:
        throw foreign()
    }
  }
  throw new HaggleError('control/closed', 'the running agent ended while it carried out this command', {
    next: 'Run "haggle contracts" to see how far it came.',
  })
}

// A race with one promise for the whole command would keep every chunk alive until its end: that promise holds on to its races.
function nextOrKilled<T>(iterator: AsyncIterator<T>, killed: AbortSignal): Promise<IteratorResult<T> | 'killed'> {
  return new Promise((resolve, reject) => {
    const leave = (): void => resolve('killed')
    if (killed.aborted) return leave()
    killed.addEventListener('abort', leave, { once: true })
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => killed.removeEventListener('abort', leave))
  })
}

/** Sends one chunk of stdin each time the agent asks, so that neither side holds more than one. */
function inputPump(channel: ControlChannel, session: Session): () => Promise<void> {
  const chunks = pieces(session)
  return async () => {
    try {
      const next = await chunks.next()
      if (next.done === true) await channel.send({ kind: 'input-end' })
      else await channel.send({ kind: 'input' }, next.value)
    } catch (error) {
      await channel.send({ kind: 'input-failed', reason: String(error) }).catch(() => undefined)
    }
  }
}

async function* pieces(session: Session): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of session.input()) {
    for (let at = 0; at < chunk.length; at += CHUNK_BYTES) yield chunk.subarray(at, at + CHUNK_BYTES)
  }
}

function forwardSignals(channel: ControlChannel, session: Session): () => void {
  const done = new AbortController()
  const forward = (signal: AbortSignal, kind: string): void => {
    const send = (): void => void channel.send({ kind, signal: String(signal.reason) }).catch(() => undefined)
    if (signal.aborted) send()
    else signal.addEventListener('abort', send, { once: true, signal: done.signal })
  }
  forward(session.interrupted, 'interrupt')
  forward(session.killed, 'kill')
  forward(session.unread, 'unread')
  return () => done.abort()
}

async function silence(deadline: number, signal: AbortSignal): Promise<'silent'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('silent'), Math.max(deadline - performance.now(), 1))
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  })
}

function foreign(): HaggleError {
  return new HaggleError('control/malformed', 'the running agent speaks another version of the control language', {
    next: 'Stop it and start it again with this version of haggle.',
  })
}

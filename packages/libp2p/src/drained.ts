import type { Stream } from '@libp2p/interface'

/**
 * Resolves when the stream takes more bytes; rejects when it closed or the signal aborted.
 * NOTE: the stream's own `onDrain` keeps one promise for ever, so it waits only the first time.
 */
export async function drained(stream: Stream, signal: AbortSignal): Promise<void> {
  while (stream.writableNeedsDrain) {
    signal.throwIfAborted()
    if (stream.writeStatus !== 'writable') throw new Error('the stream closed before it took all bytes')
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        stream.removeEventListener('drain', wake)
        stream.removeEventListener('close', wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      stream.addEventListener('drain', wake)
      stream.addEventListener('close', wake)
      signal.addEventListener('abort', wake)
    })
  }
  signal.throwIfAborted()
}

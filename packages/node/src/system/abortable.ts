/**
 * The items of a source until the signal aborts; then it rejects with the signal's reason at once, also when the source
 * hangs, and tells the source that nobody reads any more.
 */
export async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncIterable<T> {
  signal?.throwIfAborted()
  const iterator = source[Symbol.asyncIterator]()
  let abort: () => void = () => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal?.reason)
  })
  // Nobody may be waiting when the signal aborts; the next turn of the loop finds out.
  aborted.catch(() => undefined)
  signal?.addEventListener('abort', abort, { once: true })
  let done = false
  try {
    for (;;) {
      const step = await Promise.race([iterator.next(), aborted])
      if (step.done === true) {
        done = true
        return
      }
      yield step.value
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    // Not awaited: a hanging source answers only when what it waits for comes.
    if (!done) void iterator.return?.()?.catch(() => undefined)
  }
}

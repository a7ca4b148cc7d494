/**
 * The items of a source until the signal aborts; then it rejects with the signal's reason at once, also when the source
 * hangs, and tells the source that nobody reads any more.
 */
export async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncIterable<T> {
  signal?.throwIfAborted()
  const iterator = source[Symbol.asyncIterator]()
  let done = false
  try {
    for (;;) {
      const step = await nextOrAbort(iterator, signal)
      if (step.done === true) {
        done = true
        return
      }
      yield step.value
    }
  } finally {
    // Not awaited: a hanging source answers only when what it waits for comes.
    if (!done) void iterator.return?.()?.catch(() => undefined)
  }
}

// A race of each step with one promise for all of them would keep every item alive until the end: that promise holds on to its races.
function nextOrAbort<T>(iterator: AsyncIterator<T>, signal: AbortSignal | undefined): Promise<IteratorResult<T>> {
  if (signal === undefined) return iterator.next()
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(asError(signal.reason))
    const settled = (): void => signal.removeEventListener('abort', abort)
    // It may have aborted while the last item was used.
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    iterator.next().then(resolve, reject).finally(settled)
  })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}

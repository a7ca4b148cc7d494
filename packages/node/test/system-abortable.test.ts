import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { abortable } from '../src/system/abortable.ts'

async function* chunks(count: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < count; at += 1) yield new Uint8Array(1_024)
}

test('items that were given out are not kept until the end', async () => {
  setFlagsFromString('--expose-gc')
  // What the flag adds to a new context.
  const collect = runInNewContext('gc') as () => void
  const given: WeakRef<Uint8Array>[] = []
  let alive = 0
  for await (const chunk of abortable(chunks(64), new AbortController().signal)) {
    given.push(new WeakRef(chunk))
    if (given.length < 64) continue
    // A weak reference that was just made holds on until the end of the turn.
    await new Promise(setImmediate)
    collect()
    alive = given.filter((each) => each.deref() !== undefined).length
  }
  expect(given).toHaveLength(64)
  expect(alive).toBeLessThan(8)
})

test('an abort ends it at once with its reason, and leaves no listener behind', async () => {
  const stop = new AbortController()
  const reason = new Error('stopped')
  const taken: number[] = []
  async function* hanging(): AsyncIterable<number> {
    yield 1
    stop.abort(reason)
    await new Promise(() => undefined)
  }
  const taking = (async () => {
    for await (const item of abortable(hanging(), stop.signal)) taken.push(item)
  })()
  await expect(taking).rejects.toBe(reason)
  expect(taken).toEqual([1])
})

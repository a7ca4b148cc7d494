import { Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { pair } from './support/agents.ts'

/** Bytes that say how long an encrypted packet is. */
const LENGTH_BYTES = 2

test('a packet goes to the socket in one piece, its length with it', async () => {
  const [ada, bob] = await pair()
  // Watched, not replaced: the sockets do what they always do.
  const write = vi.spyOn(Socket.prototype, 'write')
  onTestFinished(() => write.mockRestore())
  for (let n = 1; n <= 20; n += 1) {
    expect(ada.net.send(bob.key, new Uint8Array(n * 100))).toBe(true)
    await bob.until(() => bob.seen.frames.length === n)
  }
  const calls: readonly (readonly unknown[])[] = write.mock.calls
  const sizes = calls.map(([bytes]) => (bytes instanceof Uint8Array ? bytes.length : Number.NaN))
  expect(sizes.length).toBeGreaterThanOrEqual(20)
  expect(sizes.filter((size) => !(size > LENGTH_BYTES))).toEqual([])
})

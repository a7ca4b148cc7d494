import { expect, test } from 'vitest'
import { pair } from './support/agents.ts'

test('TAX-10: what went through the sockets is counted on both sides, also when they are closed', async () => {
  const [ada, bob] = await pair()
  const size = 30_000
  for (let n = 0; n < 8; n += 1) expect(ada.net.send(bob.key, new Uint8Array(size))).toBe(true)
  await bob.until(() => bob.seen.frames.length === 8)
  const sent = ada.net.socketBytes?.()?.out ?? 0
  expect(sent).toBeGreaterThan(8 * size)
  // Encryption and multiplexing take their share; a second counting of the same bytes would take a whole.
  expect(sent).toBeLessThan(12 * size)
  expect(bob.net.socketBytes?.()?.in).toBeGreaterThan(8 * size)
  await ada.net.stop()
  expect(ada.net.socketBytes?.()?.out).toBeGreaterThanOrEqual(sent)
})

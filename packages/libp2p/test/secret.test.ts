import { randomBytes } from 'node:crypto'
import type { LogFields } from '@haggle/ports'
import { expect, test } from 'vitest'
import { agent, met, pair, silent } from './support/agents.ts'

const secret = randomBytes(32)
const topic = 'lab/topic'

test('NET-34: agents that hold one secret meet, gossip and fetch payloads', async () => {
  const bytes = randomBytes(8 * 1_048_576)
  // The hash is checked by who asked, and nobody does here.
  const hash = 'ab'.repeat(32) as Parameters<Awaited<ReturnType<typeof agent>>['net']['fetchBlob']>[1]
  const blob = { size: bytes.length, read: (offset: number) => pieces(bytes.subarray(offset)) }
  const [ada, bob] = await pair({ secret, blob: () => blob })
  for (const each of [ada, bob]) each.net.subscribe(topic)
  await ada.net.listening(topic, 1)
  await ada.net.publish(topic, Buffer.from('hello'))
  await bob.until(() => bob.seen.gossip.length === 1)
  const got: Uint8Array[] = []
  const stream = await ada.net.fetchBlob(bob.key, hash, 0, new AbortController().signal)
  for await (const chunk of stream) got.push(chunk)
  expect(Buffer.concat(got).equals(bytes)).toBe(true)
})

test.each([
  ['another secret', randomBytes(32)],
  ['no secret', undefined],
])(
  'T-58 NET-34: an agent with a secret and one with %s never meet, and the dial and the log say why',
  async (_, other) => {
    const warnings: { event: string; fields: LogFields | undefined }[] = []
    const ada = await agent('ada', { secret })
    const logger = { ...silent, warn: (event: string, fields?: LogFields) => void warnings.push({ event, fields }) }
    const theirs = other === undefined ? {} : { secret: other }
    const bob = await agent('bob', { ...theirs, logger, bootstrap: [ada.address] })
    const failed = bob.net.dial(ada.address)
    await expect(failed).rejects.toMatchObject({ code: 'net/dial-failed' })
    await expect(failed).rejects.toThrow('speaks no word that we understand')
    await expect.poll(() => warnings.map(({ event }) => event), { timeout: 15_000 }).toContain('net.other-secret')
    expect(bob.seen.ups).toEqual([])
    expect(ada.seen.ups).toEqual([])
    // Who holds the secret is not disturbed by who does not.
    const eve = await agent('eve', { secret })
    await eve.net.dial(ada.address)
    await met(eve, ada)
  },
)

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

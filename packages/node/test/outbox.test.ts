import type { AgentKey } from '@haggle/protocol'
import { expect, test } from 'vitest'
import { Outbox, type Parcel } from '../src/outbox.ts'

// Any text names a peer here: nothing looks at it.
const peer = 'ab' as AgentKey
const parcel = (): Parcel => ({ records: [], payload: null })

/** A peer whose queue takes `places` parcels, until it is given more or goes away. */
function slowPeer(places: number) {
  const sent: Parcel[] = []
  let left = places
  let settle: (isThere: boolean) => void = () => {}
  const outbox = new Outbox(
    { room: () => (left > 0 ? Promise.resolve(true) : new Promise((resolve) => (settle = resolve))) },
    async (_, each) => {
      if (left === 0) return false
      left -= 1
      sent.push(each)
      return true
    },
  )
  const give = (more: number): void => {
    left += more
    settle(true)
  }
  return { outbox, sent, give, leave: () => settle(false) }
}

/** Lets everything that can happen happen. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('NET-40: what does not fit waits, and goes out in order when there is room', async () => {
  const { outbox, sent, give } = slowPeer(2)
  const parcels = Array.from({ length: 5 }, parcel)
  for (const each of parcels) expect(await outbox.put(peer, each)).toBe(true)
  await settled()
  expect(sent).toEqual(parcels.slice(0, 2))
  give(2)
  await settled()
  expect(sent).toHaveLength(4)
  give(9)
  await settled()
  expect(sent).toHaveLength(5)
  sent.forEach((each, at) => expect(each).toBe(parcels[at]))
})

test('NET-40: what waits for a peer is bounded, and gone with it', async () => {
  const { outbox, sent, give, leave } = slowPeer(0)
  let taken = 0
  while (await outbox.put(peer, parcel())) {
    taken += 1
    expect(taken).toBeLessThan(10_000)
  }
  leave()
  await settled()
  give(1)
  expect(await outbox.put(peer, parcel())).toBe(true)
  await settled()
  expect(sent).toHaveLength(1)
})

test('NET-40: a peer that has room and takes nothing is given up, and nobody waits for it', async () => {
  let tries = 0
  const outbox = new Outbox({ room: async () => true }, async () => {
    tries += 1
    return false
  })
  await outbox.put(peer, parcel())
  await settled()
  expect(tries).toBe(3)
})

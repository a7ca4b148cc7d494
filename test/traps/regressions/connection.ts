import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { passing, within } from '../../process/support/limit.ts'
import type { PayloadHash } from '@haggle/protocol'
import { met, pair, peer, TOPIC, WAIT_MS } from '../support/peer.ts'
import { strangerOf } from '../support/stranger.ts'
import type { Regression } from '../support/regression.ts'

const PING = '/ipfs/ping/1.0.0'
/** The first ping comes within 10 seconds, and no answer is awaited for more than 10. */
const GIVEN_UP_MS = 25_000
const payload = Buffer.alloc(262_144, 7)
// Any 32 bytes are a payload hash to the transport.
const hashOf = (text: string): PayloadHash => createHash('sha256').update(text).digest('hex') as PayloadHash

/** Traps 9, 10 and 12: streams, pings and the name of a node. */
export const connection: readonly Regression[] = [
  {
    id: '9',
    says: 'thirty fetches that are given up, on one connection, leave room for one that ends well',
    without: [
      {
        file: 'packages/libp2p/dist/transfer.js',
        text: "if (reason !== undefined || this.stream.status !== 'open')",
        instead: 'if (reason !== undefined) return this.#ended();\n        if (false)',
      },
    ],
    async run() {
      const [held, endless] = [hashOf('held'), hashOf('endless')]
      const [ada, bob] = await pair({
        // Of the endless one, who asks gets a byte now and then: only giving up ends the stream.
        blob: (hash) => ({ size: payload.length, read: hash === held ? () => pieces() : () => piecesOfEndless() }),
      })
      for (let number = 0; number < 30; number += 1) {
        const signal = AbortSignal.timeout(WAIT_MS)
        for await (const piece of await ada.net.fetchBlob(bob.key, endless, 0, signal)) if (piece.length > 0) break
      }
      let size = 0
      for await (const piece of await ada.net.fetchBlob(bob.key, held, 0, AbortSignal.timeout(WAIT_MS)))
        size += piece.length
      assert.equal(size, payload.length)
    },
  },
  {
    id: '10a',
    says: 'a peer that answers no ping keeps its connection',
    without: [{ file: 'packages/libp2p/dist/host.js', text: 'enabled: false', instead: '' }],
    async run() {
      const ada = await peer('ada')
      const { node, connection: link } = await strangerOf(ada)
      // A ping would come every 10 seconds; it is taken here and never answered, so it would be given up after a while.
      await node.handle(PING, () => undefined)
      const cut = new Promise<void>((resolve) => link.addEventListener('close', () => resolve()))
      await Promise.race([cut, passing(GIVEN_UP_MS)])
      assert.equal(link.status, 'open')
    },
  },
  {
    id: '10b',
    says: 'many that wait on one signal leak no listeners: Node gives no warning',
    without: [
      {
        file: 'packages/libp2p/dist/running.js',
        text: 'setMaxListeners(0, this.#stopping.signal);',
        instead: '',
      },
    ],
    async run() {
      const warnings: string[] = []
      process.on('warning', ({ name }) => warnings.push(name))
      const ada = await peer('ada')
      const waits = Array.from({ length: 40 }, () => ada.net.listening(TOPIC, 1))
      const bob = await peer('bob', { bootstrap: [ada.address] })
      bob.net.subscribe(TOPIC)
      await within(Promise.all(waits), 'a listener', WAIT_MS)
      assert.deepEqual(warnings, [])
    },
  },
  {
    id: '12',
    says: 'an agent that starts again is the same peer: who wrote its address down reaches it',
    without: [{ file: 'packages/libp2p/dist/host.js', text: 'privateKey,\n', instead: '\n' }],
    async run() {
      const first = await peer('ada')
      const { address, key } = first
      await first.net.stop()
      const again = await peer('ada', { listen: [address.split('/p2p/')[0] ?? ''] })
      assert.equal(again.key, key)
      const bob = await peer('bob', { bootstrap: [address] })
      await met(bob, again)
    },
  },
]

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < payload.length; at += 65_536) yield await Promise.resolve(payload.subarray(at, at + 65_536))
}

async function* piecesOfEndless(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < payload.length; at += 1) {
    yield payload.subarray(at, at + 1)
    await passing(20)
  }
}

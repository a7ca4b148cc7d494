import assert from 'node:assert/strict'
import { createAgent } from 'haggle'
import { libp2pNetwork } from '@haggle/libp2p'
import { ed25519Signer } from '@haggle/node/pure'
import { limits, networkIdOf, protocolParams } from '@haggle/protocol'
import { passing, within } from '../../process/support/limit.ts'
import {
  bytesOf,
  heard,
  listening,
  met,
  pair,
  peer,
  seedOf,
  TOPIC,
  WAIT_MS,
  type Peer,
  type PeerOptions,
} from '../support/peer.ts'
import { hears, publish, strangerOf } from '../support/stranger.ts'
import type { Regression } from '../support/regression.ts'

const GOSSIP = 'packages/libp2p/dist/gossip.js'
const TOO_LARGE = 'x'.repeat(limits.recordBytes + 1)

/** Traps 5 and 6: what is published reaches whoever listens, now or later, and once. */
const publishing: readonly Regression[] = [
  {
    id: '5a',
    says: 'a message for which nobody listened is told as such, and may be published again',
    without: [{ file: GOSSIP, text: 'if (this.listeners(topic) === 0)', instead: 'if (false)' }],
    async run() {
      const [ada, bob] = await pair()
      assert.deepEqual(await ada.net.publish(TOPIC, bytesOf('early')), { recipients: 0 })
      bob.net.subscribe(TOPIC)
      await listening(ada, 1)
      await ada.net.publish(TOPIC, bytesOf('early'))
      await heard(bob, 'early', 5_000)
    },
  },
  {
    id: '5b',
    says: 'an offer that was made before there was any worker reaches the worker that comes',
    without: [
      {
        file: 'packages/core/dist/market/receive.js',
        text: "turn.effects.push({ kind: 'send', to: from, records: missing.slice(index, index + SYNC_BATCH), payload: null });",
        instead: '',
      },
    ],
    async run() {
      const ada = await createAgent({ name: 'ada' })
      const job = await ada.hire('shout', 'hello', { deadline: '30s', wait: '20s' })
      const bob = await createAgent({ name: 'bob' })
      await bob.serve('shout', async (task) => (await task.text()).toUpperCase()).ready
      const result = await within(job.settled(), 'the early offer to be settled', WAIT_MS)
      assert.equal(await result.text(), 'HELLO')
    },
  },
  {
    id: '6a',
    says: 'publishing the same bytes twice is no error: the second time they go to nobody',
    without: [{ file: GOSSIP, text: 'ignoreDuplicatePublishError: true,', instead: '' }],
    async run() {
      const [ada, bob] = await pair()
      bob.net.subscribe(TOPIC)
      await listening(ada, 1)
      assert.deepEqual(await ada.net.publish(TOPIC, bytesOf('once')), { recipients: 1 })
      assert.deepEqual(await ada.net.publish(TOPIC, bytesOf('once')), { recipients: 0 })
      await heard(bob, 'once')
    },
  },
  {
    id: '6b',
    says: 'a record above the limit is refused to its publisher, with a code, before it is sent',
    without: [{ file: GOSSIP, text: 'if (bytes.length > limits.recordBytes) {', instead: 'if (false) {' }],
    async run() {
      const [ada, bob] = await pair()
      bob.net.subscribe(TOPIC)
      await listening(ada, 1)
      await assert.rejects(ada.net.publish(TOPIC, bytesOf(TOO_LARGE)), { code: 'net/too-large' })
      await ada.net.publish(TOPIC, bytesOf('small'))
      await heard(bob, 'small')
    },
  },
  {
    id: '6c',
    says: 'a record above the limit that somebody else sends is not heard, and mutes nobody',
    without: [{ file: GOSSIP, text: '!subscribed.has(topic) || bytes.length > limits.recordBytes', instead: 'false' }],
    async run() {
      const ada = await peer('ada')
      ada.net.subscribe(TOPIC)
      const { node } = await strangerOf(ada)
      await publish(node, TOO_LARGE)
      await publish(node, 'small')
      await heard(ada, 'small')
      assert.deepEqual(ada.seen.gossip, ['small'])
      const answered = hears(node, 'answer')
      node.services.pubsub.subscribe(TOPIC)
      await listening(ada, 1)
      await ada.net.publish(TOPIC, bytesOf('answer'))
      await answered
    },
  },
  {
    id: '6d',
    says: 'messages that differ in their last byte alone are two messages',
    without: [
      {
        file: 'packages/libp2p/dist/message-id.js',
        text: 'Buffer.concat([Buffer.from(`${topic}\\0`), bytes])',
        instead: 'Buffer.concat([Buffer.from(`${topic}\\0`), bytes.subarray(0, 64)])',
      },
    ],
    async run() {
      const [ada, bob] = await pair()
      bob.net.subscribe(TOPIC)
      await listening(ada, 1)
      const common = 'offer '.repeat(20)
      await ada.net.publish(TOPIC, bytesOf(`${common}1`))
      await ada.net.publish(TOPIC, bytesOf(`${common}2`))
      await heard(bob, `${common}1`)
      await heard(bob, `${common}2`, 3_000)
    },
  },
  {
    id: '6e',
    says: 'no agent falls back to flooding: it does not speak the protocol without a mesh and scores',
    without: [{ file: GOSSIP, text: 'fallbackToFloodsub: false,', instead: 'fallbackToFloodsub: true,' }],
    async run() {
      const ada = await peer('ada')
      const { connection } = await strangerOf(ada)
      await assert.rejects(connection.newStream('/floodsub/1.0.0'), { name: 'UnsupportedProtocolError' })
      await (await connection.newStream('/meshsub/1.2.0')).close()
    },
  },
]

/** Traps 7 and 8: who is listened to, and under which policy. */
const mesh: readonly Regression[] = [
  {
    id: '7a',
    says: 'a peer whose messages are rejected again and again is no longer listened to',
    without: [
      {
        file: GOSSIP,
        text: 'this.#inside.opts.scoreParams.topics[topic] ??= createTopicScoreParams(topicScore);',
        instead: '',
      },
    ],
    async run() {
      const bob = await peer('bob', { verdict: () => 'reject' })
      bob.net.subscribe(TOPIC)
      const ada = await peer('ada', { bootstrap: [bob.address] })
      await listening(ada, 1)
      for (let number = 0; number < 60; number += 1) {
        await ada.net.publish(TOPIC, bytesOf(`bad ${number}`))
        await passing(50)
      }
      assert(bob.seen.gossip.length < 60, `all ${bob.seen.gossip.length} bad messages were looked at`)
    },
  },
  {
    id: '7b',
    says: 'what an agent rejects it does not pass on',
    without: [
      {
        file: GOSSIP,
        text: 'return verdicts[verdict];',
        instead: 'return TopicValidatorResult.Accept;',
      },
    ],
    async run() {
      const [ada, bob, cyd] = await line({ verdict: (text) => (text === 'bad' ? 'reject' : 'accept') })
      for (const text of ['bad', 'good']) await ada.net.publish(TOPIC, bytesOf(text))
      await heard(cyd, 'good')
      assert.deepEqual(bob.seen.gossip, ['bad', 'good'])
      assert.deepEqual(cyd.seen.gossip, ['good'])
    },
  },
  {
    id: '8',
    says: 'messages carry no signature of the transport: an implementation of that policy hears us, and we hear it',
    without: [
      { file: GOSSIP, text: 'globalSignaturePolicy: StrictNoSign,', instead: "globalSignaturePolicy: 'StrictSign'," },
    ],
    async run() {
      const ada = await peer('ada')
      ada.net.subscribe(TOPIC)
      const { node } = await strangerOf(ada)
      node.services.pubsub.subscribe(TOPIC)
      await publish(node, 'from outside')
      await heard(ada, 'from outside', 5_000)
      const answered = hears(node, 'from inside')
      await listening(ada, 1)
      await ada.net.publish(TOPIC, bytesOf('from inside'))
      await answered
    },
  },
]

/** Trap 11. */
const topics: readonly Regression[] = [
  {
    id: '11',
    says: 'a requester that has no task left stays on the topic of its skill, so the next one begins without a pause',
    without: [{ file: 'packages/core/dist/market/topics.js', text: 'now.mono + LINGER_MS', instead: 'now.mono' }],
    async run() {
      const left: string[] = []
      const seed = seedOf('ada')
      const networkId = networkIdOf('haggle', protocolParams)
      const hello = { network: 'haggle', networkId, params: protocolParams, version: '0.1.0' }
      const net = libp2pNetwork({
        privateKeySeed: seed,
        hello: () => ({ ...hello, time: Date.now() }),
        listen: ['/ip4/127.0.0.1/tcp/0'],
        bootstrap: [],
        mdns: true,
        networkName: 'haggle',
        logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      })
      const unsubscribe = net.unsubscribe.bind(net)
      net.unsubscribe = (topic) => {
        left.push(topic)
        unsubscribe(topic)
      }
      const ada = await createAgent({ name: 'ada', components: { network: net, signer: ed25519Signer(seed) } })
      const bob = await createAgent({ name: 'bob' })
      await bob.serve('shout', async (task) => (await task.text()).toUpperCase()).ready
      for (const key of ['first', 'second']) {
        const job = await ada.hire('shout', 'hello', { key, deadline: '30s' })
        await within(job.settled(), `the ${key} task to be settled`, WAIT_MS)
        // Both closings are exchanged after the end; only then is a topic of no use any more.
        await job.acknowledged('5s')
        await passing(300)
      }
      assert.deepEqual(left, [])
    },
  },
]

/** Two that hear each other only through a third: ada, bob in the middle, cyd. */
async function line(options: PeerOptions = {}): Promise<readonly [Peer, Peer, Peer]> {
  const [ada, bob, cyd] = await Promise.all([
    peer('ada', { maxPeers: 1 }),
    peer('bob', options),
    peer('cyd', { maxPeers: 1 }),
  ])
  for (const { net } of [ada, bob, cyd]) net.subscribe(TOPIC)
  await ada.net.dial(bob.address)
  await met(ada, bob)
  await cyd.net.dial(bob.address)
  await met(cyd, bob)
  await Promise.all([listening(ada, 1), listening(cyd, 1), listening(bob, 2)])
  return [ada, bob, cyd]
}

export const gossip: readonly Regression[] = [...publishing, ...mesh, ...topics]

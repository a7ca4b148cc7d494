import assert from 'node:assert/strict'
import { passing } from '../../process/support/limit.ts'
import { bytesOf, heard, listening, met, pair, peer, TOPIC, type Peer } from '../support/peer.ts'
import type { Regression } from '../support/regression.ts'

const HOST = 'packages/libp2p/dist/host.js'
const GOSSIP = 'packages/libp2p/dist/gossip.js'
const RUNNING = 'packages/libp2p/dist/running.js'

/** Traps 1 to 4: that nodes of one host come together at all, and stay. */
export const network: readonly Regression[] = [
  {
    id: '1',
    says: 'two agents meet and talk on a Node without Promise.withResolvers',
    preload: 'node-20',
    without: [
      {
        file: 'packages/libp2p/dist/shim.js',
        text: "if (typeof Promise.withResolvers !== 'function') {",
        instead: 'if (false) {',
      },
    ],
    async run() {
      const [ada, bob] = await pair()
      bob.net.subscribe(TOPIC)
      await listening(ada, 1)
      await ada.net.publish(TOPIC, bytesOf('hello'))
      await heard(bob, 'hello')
    },
  },
  {
    id: '2',
    says: 'a hub of sixteen peers with one IP address reaches them all, also once their scores were looked at',
    without: [{ file: GOSSIP, text: 'IPColocationFactorWeight: 0,', instead: '' }],
    async run() {
      const hub = await peer('hub')
      const names = Array.from({ length: 16 }, (_, number) => `spoke ${number}`)
      // Full with the hub alone, so each hears of nothing but through it.
      const spokes = await Promise.all(names.map((name) => peer(name, { bootstrap: [hub.address], maxPeers: 1 })))
      for (const { net } of spokes) net.subscribe(TOPIC)
      await listening(hub, spokes.length)
      for (let number = 0; number < 5; number += 1) {
        // Scores are looked at once a second.
        await passing(700)
        await hub.net.publish(TOPIC, bytesOf(`message ${number}`))
      }
      await Promise.all(spokes.map((spoke) => heard(spoke, 'message 4', 3_000)))
      assert(spokes.every(({ seen }) => seen.gossip.length === 5))
    },
  },
  {
    id: '3',
    says: 'of twelve that dial one agent at the same moment none is refused',
    without: [
      { file: HOST, text: 'inboundConnectionThreshold: 1_024,', instead: '' },
      { file: HOST, text: 'maxIncomingPendingConnections: 1_024,', instead: '' },
    ],
    async run() {
      const hub = await peer('hub')
      const names = Array.from({ length: 12 }, (_, number) => `dialler ${number}`)
      const diallers = await Promise.all(names.map((name) => peer(name, { maxPeers: 1 })))
      await Promise.all(diallers.map(({ net }) => net.dial(hub.address)))
      await Promise.all(diallers.map((dialler) => met(dialler, hub)))
    },
  },
  {
    id: '4a',
    says: 'who is only heard of by multicast is dialled: three agents that nobody introduced meet',
    without: [
      {
        file: RUNNING,
        text: 'this.#keeper.heardOf(key, worthDialling(addresses, ownInterfaces(), true).map(String), true);',
        instead: '',
      },
    ],
    async run() {
      const all = await Promise.all(['ada', 'bob', 'cyd'].map((name) => peer(name, { mdns: true })))
      await Promise.all(all.map((one) => one.until('both others', () => one.net.peers().length === 2)))
    },
  },
  {
    id: '4b',
    says: 'newcomers that know one bootstrap node alone hear each other when it is gone',
    without: [
      {
        file: RUNNING,
        text: 'this.#keeper.heardOf(key, worthDialling(addressesOf(agentText(key), addresses), own, here).map(String), false);',
        instead: '',
      },
    ],
    async run() {
      const hub = await peer('hub')
      const names = Array.from({ length: 8 }, (_, number) => `leaf ${number}`)
      const leaves = await Promise.all(names.map((name) => peer(name, { bootstrap: [hub.address] })))
      for (const { net } of leaves) net.subscribe(TOPIC)
      await Promise.all(leaves.map((leaf) => leaf.until('three peers', () => leaf.net.peers().length >= 3)))
      await hub.net.stop()
      const [first, ...others] = leaves
      assert(first !== undefined)
      await listening(first, 2)
      await first.net.publish(TOPIC, bytesOf('without a hub'))
      await Promise.all(others.map((leaf: Peer) => heard(leaf, 'without a hub')))
    },
  },
]

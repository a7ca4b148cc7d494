import { performance } from 'node:perf_hooks'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Gossip } from '../src/gossip.ts'
import type { Host } from '../src/host.ts'
import { seedOf } from './support/agents.ts'
import { bareHost } from './support/bare-host.ts'

// Real sockets on a machine that does other things: the bound is for what hangs, not for what is slow.
vi.setConfig({ testTimeout: 20_000 })

const TOPIC = 'haggle/1/lab/market/7'
/** A machine that does something else for so long is behind with its work. */
const BUSY_MS = 400

/** A node of gossip that takes everything. */
interface Node {
  readonly host: Host
  readonly gossip: Gossip
  readonly heard: string[]
  /** Called before something that was heard is taken. */
  onHeard: (text: string) => void
  readonly say: (text: string) => Promise<unknown>
  /** What came in one packet from a node, packet by packet. */
  readonly packetsFrom: (other: Node) => readonly (readonly string[])[]
}

async function nodeOf(name: string): Promise<Node> {
  const subscribed = new Set<string>()
  const host = await bareHost(seedOf(name), { subscribed })
  onTestFinished(async () => host.stop())
  await host.start()
  const packets = packetsOf(host.services.pubsub)
  const heard: string[] = []
  const gossip = new Gossip(host.services.pubsub, subscribed, {
    handle: (_topic, _from, bytes) => {
      const text = Buffer.from(bytes).toString()
      heard.push(text)
      node.onHeard(text)
      return 'accept'
    },
    wasted: () => {},
    overrun: () => {},
  })
  const node: Node = {
    ...{ host, gossip, heard, onHeard: () => {} },
    say: (text) => gossip.publish(TOPIC, Buffer.from(text)),
    packetsFrom: (other) =>
      packets.flatMap(({ from, texts }) => (from === other.host.peerId.toString() ? [texts] : [])),
  }
  gossip.subscribe(TOPIC)
  return node
}

interface Packet {
  readonly from: string
  readonly texts: readonly string[]
}
type TakeRpc = (
  from: { toString(): string },
  rpc: { readonly messages: readonly { readonly data: Uint8Array }[] },
) => Promise<void>

/** Every packet of messages that a node is sent from now on. */
function packetsOf(pubsub: object): readonly Packet[] {
  const packets: Packet[] = []
  const { handleReceivedRpc } = pubsub as { readonly handleReceivedRpc: TakeRpc }
  const take: TakeRpc = (from, rpc) => {
    const texts = rpc.messages.map(({ data }) => Buffer.from(data).toString())
    if (texts.length > 0) packets.push({ from: from.toString(), texts })
    return handleReceivedRpc.call(pubsub, from, rpc)
  }
  Object.assign(pubsub, { handleReceivedRpc: take })
  return packets
}

/** Three nodes in a row: what the first says the last hears by the middle one alone. */
async function threeInARow(name: string): Promise<readonly [Node, Node, Node]> {
  const [first, middle, last] = await Promise.all(['first', 'middle', 'last'].map((each) => nodeOf(`${name} ${each}`)))
  if (first === undefined || middle === undefined || last === undefined) throw new Error('three were started')
  for (const node of [first, last]) await node.host.dial(middle.host.getMultiaddrs().map((each) => multiaddr(each)))
  await vi.waitFor(
    () => {
      expect([first, middle, last].map(({ gossip }) => gossip.listeners(TOPIC))).toEqual([1, 2, 1])
      expect(meshOf(middle.host.services.pubsub).get(TOPIC)?.size).toBe(2)
    },
    { timeout: 15_000 },
  )
  return [first, middle, last]
}

/** Whom a node passes messages on to, by topic: public on the class of gossipsub, and not part of its interface. */
function meshOf(pubsub: object): ReadonlyMap<string, ReadonlySet<string>> {
  return (pubsub as { readonly mesh: ReadonlyMap<string, ReadonlySet<string>> }).mesh
}

/** Keeps everything in this process from its work, while `node` has something to pass on. */
async function makeLate([first, node, last]: readonly [Node, Node, Node]): Promise<void> {
  node.onHeard = () => void setTimeout(beBusy)
  await first.say('while it is busy')
  await heardBy(last, 'while it is busy')
  node.onHeard = () => {}
}

function beBusy(): void {
  const until = performance.now() + BUSY_MS
  while (performance.now() < until);
}

async function heardBy(node: Node, text: string): Promise<void> {
  await vi.waitFor(() => expect(node.heard).toContain(text), { timeout: 10_000, interval: 5 })
}

test('NET-79: what a node accepts while it is behind with its work goes to each peer in one packet', async () => {
  const nodes = await threeInARow('one packet')
  const [first, middle, last] = nodes
  await makeLate(nodes)
  const texts = ['a', 'b', 'c', 'd', 'e']
  for (const text of texts) {
    await first.say(text)
    await heardBy(middle, text)
  }
  await heardBy(last, 'e')
  expect(last.packetsFrom(middle).at(-1)).toEqual(texts)
})

test('NET-79: whoever sends a message to a node that waits does not get it back', async () => {
  const nodes = await threeInARow('not back')
  const [first, middle, last] = nodes
  await makeLate(nodes)
  await first.say('both say it')
  await heardBy(middle, 'both say it')
  await last.say('both say it')
  await first.say('and then')
  await heardBy(last, 'and then')
  expect(middle.packetsFrom(last)).toEqual([['both say it']])
  expect(last.packetsFrom(middle).flat()).not.toContain('both say it')
})

test('NET-79: what a node says itself does not wait for what it passes on', async () => {
  const nodes = await threeInARow('own words')
  const [first, middle, last] = nodes
  await makeLate(nodes)
  await first.say('passed on')
  await heardBy(middle, 'passed on')
  await middle.say('its own')
  await heardBy(last, 'passed on')
  expect(last.heard.slice(1)).toEqual(['its own', 'passed on'])
})

test('NET-79: a node that stops passes on what it has accepted', async () => {
  const nodes = await threeInARow('stops')
  const [first, middle, last] = nodes
  await makeLate(nodes)
  await first.say('the last word')
  await heardBy(middle, 'the last word')
  middle.gossip.stop()
  await middle.say('its own')
  // So large that it would not wait.
  const afterIt = 'x'.repeat(65_536)
  await first.say(afterIt)
  await heardBy(middle, afterIt)
  await middle.say('and no more')
  await heardBy(last, 'and no more')
  expect(last.heard.slice(1)).toEqual(['the last word', 'its own', 'and no more'])
})

test('NET-79: nothing waits where much is to be passed on', async () => {
  const nodes = await threeInARow('much')
  const [first, middle, last] = nodes
  await makeLate(nodes)
  const [small, large] = ['x'.repeat(1_000), 'x'.repeat(65_000)]
  for (const text of [small, large, `${large}!`]) await first.say(text)
  await heardBy(last, `${large}!`)
  const packets = last.packetsFrom(middle).slice(1)
  expect(packets.map((texts) => texts.map((text) => text.length))).toEqual([[1_000, 65_000], [65_001]])
})

import { networkIdOf, protocolParams, type AgentKey } from '@haggle/protocol'
import {
  blobAnswer,
  blobRequest,
  readBlobAnswer,
  readBlobRequest,
  ANSWER_BYTES,
  REQUEST_BYTES,
} from '../../../packages/libp2p/src/blob-messages.ts'
import { differingParams, HELLO_BYTES, helloBytes, helloFrom } from '../../../packages/libp2p/src/hello.ts'
import { peersBytes, peersFrom } from '../../../packages/libp2p/src/peer-exchange.ts'
import { topicName, topicOfName } from '../../../packages/node/src/topic-name.ts'
import { mutated, type Material } from '../mutator.ts'
import { mustHold, stateless, type Target } from '../target.ts'
import { equal } from './records.ts'

const networkId = networkIdOf('haggle', protocolParams)
const hello = { network: 'haggle', networkId, params: protocolParams, version: '0.1.0', time: 1_800_000_000_000 }
const addresses = ['/ip4/192.0.2.7/tcp/4001', '/ip6/::1/tcp/0', '/dns4/example.org/tcp/1/p2p-circuit']
const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value))

/** The first thing that a stranger says, and whom it tells of. */
export const hellos: Target = {
  name: 'hello',
  about: 'hellos and lists of peers',
  open() {
    // Any 32 bytes are a key.
    const key = 'ab'.repeat(32) as AgentKey
    const corpus = [
      helloBytes(hello, addresses),
      helloBytes({ ...hello, params: {}, time: -1 }, []),
      peersBytes([{ key, addresses }]),
      peersBytes(Array.from({ length: 16 }, () => ({ key, addresses: [] }))),
    ]
    const material: Material = { form: 'text', corpus, dictionary: addresses.map(text) }
    return stateless((random) => mutated(material, random), heard)
  },
}

function heard(bytes: Uint8Array): string {
  const said = helloFrom(bytes)
  const peers = peersFrom(bytes)
  mustHold(said === undefined || peers === undefined, 'bytes are a hello and a list of peers at once')
  if (peers !== undefined) {
    const again = peersFrom(peersBytes(peers))
    mustHold(JSON.stringify(again) === JSON.stringify(peers), 'a list of peers says something else when it is told on')
    return 'peers'
  }
  if (said === undefined) return 'none'
  differingParams(protocolParams, said.params)
  const again = helloBytes(said, said.addresses)
  // Numbers may be written more briefly than they are written out again.
  if (again.length > HELLO_BYTES) return 'hello of long numbers'
  mustHold(
    JSON.stringify(helloFrom(again)) === JSON.stringify(said),
    'a hello says something else when it is said again',
  )
  return 'hello'
}

/** Requests for payloads and what is answered. */
export const blobMessages: Target = {
  name: 'blob-messages',
  about: 'requests for payloads, and the answers',
  open() {
    const corpus = [
      new Uint8Array(REQUEST_BYTES),
      new Uint8Array(REQUEST_BYTES).fill(255),
      new Uint8Array(ANSWER_BYTES),
    ]
    return stateless(
      (random) => {
        const bytes = mutated({ form: 'binary', corpus }, random)
        // A reader takes exactly as many bytes as the message has.
        const exact = new Uint8Array(random.once(2) ? REQUEST_BYTES : ANSWER_BYTES)
        exact.set(bytes.subarray(0, exact.length))
        return exact
      },
      (bytes) => {
        if (bytes.length === ANSWER_BYTES) {
          const { status, size } = readBlobAnswer(bytes)
          return Number.isSafeInteger(size) && status < 4 ? exactly(bytes, answerOf(status, size)) : 'beyond'
        }
        const { hash, offset } = readBlobRequest(bytes)
        return Number.isSafeInteger(offset) ? exactly(bytes, blobRequest(hash, offset)) : 'beyond'
      },
    )
  },
}

function answerOf(status: number, size: number): Uint8Array {
  const known = [0, 1, 2, 3] as const
  return blobAnswer(known.find((each) => each === status) ?? 1, size)
}

function exactly(bytes: Uint8Array, again: Uint8Array): string {
  mustHold(equal(bytes, again), 'a message is written otherwise than it was read')
  return bytes.length === ANSWER_BYTES ? 'answer' : 'request'
}

/** Names of topics. */
export const topics: Target = {
  name: 'topics',
  about: 'names of topics',
  open() {
    const names = [
      topicName({ kind: 'adverts' }, networkId),
      topicName({ kind: 'facts' }, networkId),
      topicName({ kind: 'market', shard: 7 }, networkId),
    ]
    const material: Material = { form: 'text', corpus: names.map(text), dictionary: ['/market/', '1023'].map(text) }
    return stateless(
      (random) => mutated(material, random),
      (bytes) => {
        const name = Buffer.from(bytes).toString('latin1')
        const topic = topicOfName(name, networkId)
        if (topic === undefined) return 'none'
        mustHold(topicName(topic, networkId) === name, 'one topic has two names')
        return topic.kind
      },
    )
  },
}

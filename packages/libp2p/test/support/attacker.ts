import '../../src/shim.ts'
import type { AgentKey } from '@haggle/protocol'
import { agentFromText, networkIdOf, PROTOCOL_VERSION, protocolParams } from '@haggle/protocol'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Connection, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createHash, randomBytes } from 'node:crypto'
import { helloBytes } from '../../src/hello.ts'
import type { Host } from '../../src/host.ts'
import { DIRECT_PROTOCOL } from '../../src/links.ts'
import { bareHost } from './bare-host.ts'

const NETWORK = 'haggle'
const GOSSIP_PROTOCOL = '/meshsub/1.2.0'

export const networkId = networkIdOf(NETWORK, protocolParams)

/** A libp2p node of the real network that says whatever its script wants, beside or instead of what an agent would. */
export class Attacker {
  readonly host: Host
  readonly connection: Connection
  readonly #target: string

  private constructor(host: Host, connection: Connection, target: string) {
    this.host = host
    this.connection = connection
    this.#target = target
  }

  /** Connects; its key is smaller than the target's, so that it opens the stream between them. */
  static async open(target: string): Promise<Attacker> {
    const key = agentFromText(target.slice(target.lastIndexOf('/') + 1))
    if (key === undefined) throw new Error(`no agent in ${target}`)
    const host = await bareHost(await seedBelow(key), { listen: [], networkName: NETWORK })
    await host.handle(DIRECT_PROTOCOL, () => {})
    await host.start()
    return new Attacker(host, await host.dial(multiaddr(target)), target)
  }

  /** One more connection to the same target. */
  async again(): Promise<Connection> {
    return this.host.dial(multiaddr(this.#target), { force: true })
  }

  /** The stream of frames, after a handshake in good order: what it is sent is read and forgotten, unless it is paused. */
  async direct(connection = this.connection): Promise<Stream> {
    const stream = await connection.newStream(DIRECT_PROTOCOL)
    stream.addEventListener('message', () => {})
    const hello = { network: NETWORK, networkId, params: protocolParams, version: '0.1.0', time: Date.now() }
    stream.send(Buffer.concat([frameOf(0, helloBytes(hello, [])), frameOf(1)]))
    return stream
  }

  /** A gossip stream of our own making: gossipsub on the other side takes it for the peer's. */
  async gossip(): Promise<Stream> {
    return this.connection.newStream(GOSSIP_PROTOCOL)
  }

  async close(): Promise<void> {
    await this.host.stop()
  }
}

/** One frame of the direct stream. */
export function frameOf(channel: number, body: Uint8Array = new Uint8Array()): Uint8Array {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(body.length + 1)
  head[4] = channel
  return Buffer.concat([head, body])
}

export interface Rpc {
  readonly subscriptions?: readonly { readonly topic: string; readonly subscribe: boolean }[]
  readonly messages?: readonly { readonly topic: string; readonly data: Uint8Array }[]
  readonly ihave?: readonly { readonly topic: string; readonly ids: readonly Uint8Array[] }[]
  readonly iwant?: readonly { readonly ids: readonly Uint8Array[] }[]
  readonly graft?: readonly string[]
}

/** A gossip message as it travels: its length, then the protocol buffer, with as much in it as the caller likes. */
export function rpcOf(rpc: Rpc): Uint8Array {
  const text = (value: string): Uint8Array => Buffer.from(value)
  const control = [
    ...(rpc.ihave ?? []).map((each) =>
      field(1, [field(1, [text(each.topic)]), ...each.ids.map((id) => field(2, [id]))]),
    ),
    ...(rpc.iwant ?? []).map((each) =>
      field(
        2,
        each.ids.map((id) => field(1, [id])),
      ),
    ),
    ...(rpc.graft ?? []).map((topic) => field(3, [field(1, [text(topic)])])),
  ]
  const body = Buffer.concat([
    ...(rpc.subscriptions ?? []).map(({ topic, subscribe }) =>
      field(1, [Uint8Array.of(8, subscribe ? 1 : 0), field(2, [text(topic)])]),
    ),
    ...(rpc.messages ?? []).map(({ topic, data }) => field(2, [field(2, [data]), field(4, [text(topic)])])),
    ...(control.length === 0 ? [] : [field(3, control)]),
  ])
  return Buffer.concat([varint(body.length), body])
}

export function topicOf(name: string): string {
  return `haggle/${PROTOCOL_VERSION}/${networkId.slice(0, 16)}/${name}`
}

/** Resolves when a stream takes more bytes; rejects when it is gone. */
export async function taken(stream: Stream): Promise<void> {
  while (stream.writableNeedsDrain) {
    if (stream.status !== 'open') throw new Error('the stream is gone')
    await new Promise<void>((resolve) => {
      stream.addEventListener('drain', () => resolve(), { once: true })
      stream.addEventListener('close', () => resolve(), { once: true })
    })
  }
  if (stream.status !== 'open') throw new Error('the stream is gone')
}

function field(number: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts)
  return Buffer.concat([Uint8Array.of(number * 8 + 2), varint(body.length), body])
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest])
    bytes.push((rest % 128) + 128)
  }
}

async function seedBelow(key: AgentKey): Promise<Uint8Array> {
  const salt = randomBytes(16)
  for (let n = 0; ; n += 1) {
    const seed = createHash('sha256').update(salt).update(String(n)).digest()
    const { publicKey } = await generateKeyPairFromSeed('Ed25519', seed)
    if (Buffer.from(publicKey.raw).toString('hex') < key) return seed
  }
}

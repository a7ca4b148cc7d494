// Multicast DNS as nobody speaks it, and agents that nobody is. Usage: lan PORT: at PORT somebody takes connections and says nothing.
import { createHash, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { agentText, toHex, type AgentKey } from '@haggle/protocol'
import { passing, say } from './say.ts'

const [port = '1'] = process.argv.slice(2)
const TAG = `_haggle-${createHash('sha256').update('haggle').digest('hex').slice(0, 16)}._udp.local`
const socket = createSocket({ type: 'udp4', reuseAddr: true })
await new Promise<void>((resolve) => socket.bind(0, resolve))
socket.setMulticastLoopback(true)
socket.setMulticastInterface('127.0.0.1')

const PTR = 12
const TXT = 16
const textOf = (text: string): Buffer => Buffer.concat([Buffer.from([text.length % 256]), Buffer.from(text)])
const nameOf = (name: string): Buffer => Buffer.concat([...name.split('.').map(textOf), Buffer.from([0])])

interface Row {
  readonly name: Buffer
  readonly type: number
  readonly data: Buffer
}

function response(rows: readonly Row[], counted = rows.length): Buffer {
  const head = Buffer.from([0, 0, 0x84, 0, 0, 0, counted >> 8, counted & 255, 0, 0, 0, 0])
  const parts = rows.map(({ name, type, data }) =>
    Buffer.concat([name, Buffer.from([0, type, 0, 1, 0, 0, 0, 120, data.length >> 8, data.length & 255]), data]),
  )
  return Buffer.concat([head, ...parts])
}

/** What an agent of this name says of itself, whatever its addresses are. */
function announcement(peer: string, addresses: readonly string[]): Buffer {
  const name = nameOf(`${peer.slice(-32)}.${TAG}`)
  return response([
    { name: nameOf(TAG), type: PTR, data: name },
    ...addresses.map((address) => ({ name, type: TXT, data: textOf(`dnsaddr=${address}`) })),
  ])
}

function somebodyNew(): string {
  // A PeerId is the text of any 32 bytes.
  return agentText(toHex(randomBytes(32)) as AgentKey)
}

const loop = Buffer.concat([Buffer.from([0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0]), Buffer.from([0xc0, 12, 0, 12, 0, 1])])
const query = Buffer.concat([
  Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
  nameOf(TAG),
  Buffer.from([0, 12, 0, 1]),
])
const malformed: readonly (() => Buffer)[] = [
  () => randomBytes(1 + (randomBytes(2).readUInt16BE() % 1_400)),
  () => Buffer.alloc(0),
  () => loop,
  () => Buffer.from(query.subarray(0, 20)),
  () => response([], 65_535),
  () => response([{ name: nameOf(TAG), type: PTR, data: Buffer.from([0xc0, 0xff]) }]),
  () => announcement('', []),
  () => announcement('x', ['']),
  () => announcement('x', ['/ip4/999.1.1.1/tcp/1/p2p/x', '/dns4/'.padEnd(240, 'a')]),
  () => announcement('x', ['/ip4/127.0.0.1/tcp/99999/p2p/12D3KooW', '__proto__']),
  () => announcement(somebodyNew(), ['/ip4/127.0.0.1/tcp/1']),
  () => response([{ name: nameOf(TAG), type: TXT, data: Buffer.alloc(1_300, 0xff) }]),
  () => query,
]

async function send(packet: Buffer): Promise<void> {
  await new Promise((resolve) => socket.send(packet, 5_353, '224.0.0.251', resolve))
}

for (let round = 0; round < 500; round += 1) for (const make of malformed) await send(make())
say('malformed')
for (let n = 0; n < 5_000; n += 1) {
  const peer = somebodyNew()
  // One in a hundred takes a connection and says nothing; at the others nobody listens.
  const at = n % 100 === 0 ? port : String(1 + (n % 1_000))
  await send(announcement(peer, [`/ip4/127.0.0.1/tcp/${at}/p2p/${peer}`]))
  if (n % 50 === 0) await passing(50)
}
say('done')
await passing(120_000)

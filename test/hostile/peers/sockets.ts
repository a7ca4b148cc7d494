// Everything that is not libp2p on the port of an agent: bytes without meaning, HTTP, TLS, and sockets that say nothing at all.
// Usage: sockets ADDRESS. Says how long an honest dial takes while 500 sockets stand half-open.
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { Attacker } from '../../../packages/libp2p/test/support/attacker.ts'
import { say } from './say.ts'

const HALF_OPEN = 500
const [address = ''] = process.argv.slice(2)
const port = Number(/\/tcp\/(\d+)/.exec(address)?.[1])

// The first lines of a TLS 1.2 hello; what follows in one does not matter to who cannot read it.
const tlsHello = Buffer.concat([Buffer.from('16030100c8010000c40303', 'hex'), randomBytes(194)])
const hellos = [
  randomBytes(65_536),
  Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n'),
  tlsHello,
  Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n'.concat('\xff'.repeat(70_000)), 'latin1'),
  Buffer.alloc(1_048_576, 0xff),
]

async function opened(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.on('data', () => undefined)
  // Not `once` of node:events, for which a reset is an error of its own.
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
  return socket
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())))
}

async function timed(): Promise<number> {
  const before = performance.now()
  const dialled = await Attacker.open(address)
  await dialled.direct()
  const span = performance.now() - before
  await dialled.close()
  return Math.round(span)
}

await timed()
const idle = await timed()
for (let round = 0; round < 10; round += 1) {
  const talkers = await Promise.all(hellos.map(async (hello) => (await opened()).end(hello)))
  await Promise.all(talkers.map(closed))
}
say('talked')
const sockets = await Promise.all(Array.from({ length: HALF_OPEN }, opened))
const spans: number[] = []
// A dial that fails took longer than anybody waits.
for (let n = 0; n < 5; n += 1) spans.push(await timed().catch(() => 60_000))
const open = sockets.filter((socket) => socket.readyState === 'open').length
for (const socket of sockets) socket.destroy()
say('done', { idle, spans: spans.toSorted((a, b) => a - b), open })
process.exit(0)

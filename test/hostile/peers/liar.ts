// Somebody who holds whatever is asked for, and lies about it. Usage: liar ADDRESS LIE, with a lie of the table below.
import { Attacker, taken } from '../../../packages/libp2p/test/support/attacker.ts'
import { BLOB_PROTOCOL, blobAnswer, blobStatus } from '../../../packages/libp2p/src/blob-messages.ts'
import { keyOfPeer } from '../../../packages/libp2p/src/peer-key.ts'
import { passing, say } from './say.ts'

type Stream = Awaited<ReturnType<Attacker['direct']>>

const [address = '', lie = ''] = process.argv.slice(2)
const SIZE = 4_194_304
const chunk = Buffer.alloc(65_536, 7)

const lies: Readonly<Record<string, (stream: Stream) => unknown>> = {
  'a size beyond all': (stream) => stream.send(blobAnswer(blobStatus.held, Number.MAX_SAFE_INTEGER)),
  'a size above the bound': (stream) => stream.send(blobAnswer(blobStatus.held, 268_435_457)),
  'a status that is none': (stream) => stream.send(Buffer.concat([Uint8Array.of(77), blobAnswer(0, SIZE).subarray(1)])),
  'wrong bytes': async (stream) => {
    stream.send(blobAnswer(blobStatus.held, SIZE))
    await pour(stream, SIZE)
    await stream.close()
  },
  'fewer bytes': async (stream) => {
    stream.send(blobAnswer(blobStatus.held, SIZE))
    await pour(stream, SIZE / 2)
    await stream.close()
  },
  'more bytes': async (stream) => {
    stream.send(blobAnswer(blobStatus.held, SIZE / 2))
    await pour(stream, SIZE)
  },
  'no end': async (stream) => {
    stream.send(blobAnswer(blobStatus.held, 268_435_456))
    await pour(stream, Number.POSITIVE_INFINITY)
  },
  silence: () => {},
  'a byte at a time': async (stream) => {
    stream.send(blobAnswer(blobStatus.held, SIZE))
    for (;;) {
      stream.send(Uint8Array.of(7))
      await passing(250)
    }
  },
}

async function pour(stream: Stream, size: number): Promise<void> {
  for (let sent = 0; sent < size; sent += chunk.length) {
    stream.send(chunk)
    await taken(stream)
  }
}

const tell = lies[lie]
if (tell === undefined) throw new Error(`no lie ${lie}`)
const attacker = await Attacker.open(address)
await attacker.host.handle(BLOB_PROTOCOL, (stream) => {
  stream.addEventListener('message', () => void Promise.resolve(tell(stream)).catch(() => undefined), { once: true })
})
await attacker.direct()
say('lying', { peer: keyOfPeer(attacker.host.peerId) ?? '' })
await passing(120_000)

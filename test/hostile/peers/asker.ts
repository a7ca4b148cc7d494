// Asks for a payload, and reads nothing more once it comes. Usage: asker ADDRESS.
import { randomBytes } from 'node:crypto'
import { payloadHashOf } from '@haggle/protocol'
import { Attacker } from '../../../packages/libp2p/test/support/attacker.ts'
import { BLOB_PROTOCOL, blobRequest } from '../../../packages/libp2p/src/blob-messages.ts'
import { passing, say } from './say.ts'

const [address = ''] = process.argv.slice(2)
const attacker = await Attacker.open(address)
await attacker.direct()
const stream = await attacker.connection.newStream(BLOB_PROTOCOL)
const came = { bytes: 0 }
stream.addEventListener('message', ({ data }) => {
  came.bytes += data.byteLength
  stream.pause()
})

stream.send(blobRequest(payloadHashOf(randomBytes(8)), 0))
while (came.bytes === 0) await passing(20)
say('reading')
await passing(120_000)

// Breaks the framing of the direct stream in every way, each on a connection of a key of its own. Usage: breaker ADDRESS.
import { Attacker, frameOf } from '../../../packages/libp2p/test/support/attacker.ts'
import { DIRECT_PROTOCOL } from '../../../packages/libp2p/src/links.ts'
import { passing, say } from './say.ts'

const [address = ''] = process.argv.slice(2)
const hello = (text: string): Uint8Array => frameOf(0, Buffer.from(text))
const good = { network: 'haggle', networkId: 'ab', params: {}, version: '1', time: 0, addresses: [] }

const beginnings: readonly Uint8Array[] = [
  Buffer.from('ffffffff00', 'hex'),
  Buffer.from('0000000000', 'hex'),
  frameOf(3, Buffer.from('too early')),
  frameOf(0, Buffer.alloc(8_193, 0x20)),
  hello('{'),
  hello('[]'),
  hello('['.repeat(8_000)),
  hello('{"__proto__":{"network":"haggle"}}'),
  hello(JSON.stringify({ ...good, params: { constructor: 1, ['__proto__']: 2 } })),
  hello(JSON.stringify(good).replace('"time":0', '"time":1e400')),
  hello(`{"network":"haggle","network":"other","networkId":"ab","params":{},"version":"1","time":0,"addresses":[]}`),
  hello(JSON.stringify({ ...good, network: '\ud800' })),
  hello(JSON.stringify({ ...good, addresses: ['/ip4/127.0.0.1'.repeat(20)] })),
]
let left = 0
for (const beginning of beginnings) {
  const attacker = await Attacker.open(address)
  const stream = await attacker.connection.newStream(DIRECT_PROTOCOL)
  stream.addEventListener('message', () => {})
  const gone = new Promise<boolean>((resolve) => attacker.connection.addEventListener('close', () => resolve(true)))
  stream.send(beginning)
  if (await Promise.race([gone, passing(20_000).then(() => false)])) left += 1
  await attacker.close()
}
say('done', { tried: beginnings.length, left })
process.exit(0)

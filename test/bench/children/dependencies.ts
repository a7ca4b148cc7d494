import '../../../packages/libp2p/src/shim.ts'
import { join } from 'node:path'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { sha256 } from '@noble/hashes/sha2.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { encode } from 'cborg'
import { base32 } from 'multiformats/bases/base32'
import { fromString } from 'uint8arrays'
import { z } from 'zod'
import { identify } from '@libp2p/identify'
import { mdns } from '@libp2p/mdns'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { ClassicLevel } from 'classic-level'
import { Command } from 'commander'
import { createLibp2p } from 'libp2p'
import picocolors from 'picocolors'

// The floor of an idle agent: the packages that it depends on, started with what they need, and nothing of ours.

const directory = process.argv[2] ?? '.'
const store = new ClassicLevel(join(directory, 'store'))
await store.open()
await store.put('key', 'value', { sync: true })
const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  peerDiscovery: [mdns()],
  services: { identify: identify(), ping: ping(), pubsub: gossipsub() },
})
new Command('bare').parse(['node', 'bare'])
process.stdout.write(`${JSON.stringify({ event: 'ready', addresses: node.getMultiaddrs().length })}\n`)
process.stdin.on('end', () => process.exit(0)).resume()
// A running agent loads these as well. They are named and not used: what using them takes is the agent's own.
void [Ajv2020, base32, encode, fromString, picocolors, sha256, z]

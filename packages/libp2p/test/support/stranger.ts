import type { AgentKey } from '@haggle/protocol'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Connection, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { onTestFinished } from 'vitest'
import { helloBytes } from '../../src/hello.ts'
import type { Host } from '../../src/host.ts'
import { DIRECT_PROTOCOL } from '../../src/links.ts'
import { helloOf, seedOf } from './agents.ts'
import type { Agent } from './agents.ts'
import { bareHost } from './bare-host.ts'

/** A real libp2p node that says what the test makes it say; its key is smaller than the agent's, so it opens the stream. */
export async function stranger(agent: Agent, isSmaller = true): Promise<Host> {
  const host = await bareHost(await seedBeside(agent.key, isSmaller), { maxPeers: 8 })
  onTestFinished(async () => host.stop())
  await host.handle(DIRECT_PROTOCOL, () => {})
  await host.start()
  return host
}

export async function openDirect(host: Host, agent: Agent): Promise<{ stream: Stream; connection: Connection }> {
  const connection = await host.dial(multiaddr(agent.address))
  return { stream: await connection.newStream(DIRECT_PROTOCOL), connection }
}

/** Resolves when the connection is gone. */
export async function closed(connection: Connection): Promise<void> {
  if (connection.status === 'open') await new Promise((resolve) => connection.addEventListener('close', resolve))
}

export function frame(channel: number, body: Uint8Array = new Uint8Array()): Uint8Array {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(body.length + 1)
  head[4] = channel
  return Buffer.concat([head, body])
}

export function helloFrame(): Uint8Array {
  return frame(0, helloBytes(helloOf(), []))
}

async function seedBeside(key: AgentKey, isSmaller: boolean): Promise<Uint8Array> {
  for (let n = 0; ; n += 1) {
    const seed = seedOf(`stranger ${n}`)
    const { publicKey } = await generateKeyPairFromSeed('Ed25519', seed)
    if (Buffer.from(publicKey.raw).toString('hex') < key === isSmaller) return seed
  }
}

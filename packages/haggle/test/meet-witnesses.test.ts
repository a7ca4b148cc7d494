import { generateKeyPairSync } from 'node:crypto'
import type { PeerStatus } from '@haggle/node'
import { agentText, type AgentKey } from '@haggle/protocol'
import { describe, expect, it } from 'vitest'
import { meetWitnesses, type Seeker } from '../src/cli/commands/meet-witnesses.ts'

const never = new AbortController().signal

function peer(told: Partial<PeerStatus>): PeerStatus {
  const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  // The brand says: lower-case hexadecimal of a public key.
  const key = Buffer.from(x, 'base64url').toString('hex') as AgentKey
  const numbers = { clockSkewMs: 0, rttMs: 1, settled: 0, faults: 0, quality: 300 }
  return { key, peerId: agentText(key), addresses: [], skills: [], witness: false, ...numbers, ...told }
}

/** How long a hire waits that meets these, each at its time. */
async function waited(comers: readonly (readonly [atMs: number, peer: PeerStatus])[]): Promise<number> {
  let now = 0
  const time = { now: () => now, pause: async (spanMs: number) => void (now += spanMs) }
  await meetWitnesses(
    seeker(() => comers.flatMap(([at, each]) => (at <= now ? [each] : []))),
    never,
    time,
  )
  return now
}

function seeker(peers: Seeker['peers'], halted: () => string | null = () => null): Seeker {
  return { peers, status: () => ({ halted: halted() }) }
}

describe('a hire that has just started', () => {
  const worker = peer({ skills: ['echo'] })

  it('waits for nothing when it knows a witness', async () => {
    expect(await waited([[0, peer({ witness: true })]])).toBe(0)
  })

  it('offers a moment after the last witness has come', async () => {
    expect(
      await waited([
        [100, peer({ witness: true })],
        [280, peer({ witness: true })],
      ]),
    ).toBe(480)
  })

  it('waits no longer for witnesses where those who come serve without witnessing', async () => {
    expect(await waited([[100, worker]])).toBe(300)
  })

  it('meets the witness who comes shortly after the worker', async () => {
    expect(
      await waited([
        [100, worker],
        [280, peer({ witness: true })],
      ]),
    ).toBe(480)
  })

  it('offers after 0.8 s when nobody has said what it does', async () => {
    expect(await waited([[100, peer({})]])).toBe(800)
  })

  it('looks once for all the tasks of its process, and no longer when it has halted', async () => {
    let now = 0
    const time = { now: () => now, pause: async (spanMs: number) => void (now += spanMs) }
    const agent = seeker(
      () => [],
      () => (now >= 100 ? 'the disk is gone' : null),
    )
    await meetWitnesses(agent, never, time)
    expect(now).toBe(100)
    now = 0
    await meetWitnesses(agent, never, time)
    expect(now).toBe(0)
  })
})

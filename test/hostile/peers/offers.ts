import { randomBytes } from 'node:crypto'
import { graceMs, profiles } from '@haggle/core'
import { ed25519Signer } from '@haggle/node/pure'
import type { Signer } from '@haggle/ports'
import { createRecord, encodeWire, payloadHashOf, type AgentKey } from '@haggle/protocol'
import { networkId } from '../../../packages/libp2p/test/support/attacker.ts'

/** Somebody with a key. */
export function somebody(): Signer {
  return ed25519Signer(randomBytes(32))
}

/** An offer in good order in wire form, dated now: only what is done with it makes it hostile. */
export function offerOf(signer: Signer, skill: string, span = 60_000): Uint8Array {
  const at = Date.now()
  const timers = profiles.lan
  const bidUntil = at + span
  const terms = {
    skill,
    input: { hash: payloadHashOf(new Uint8Array()), size: 0, mediaType: null, preview: null, public: null },
    milestones: [{ name: 'm', durationMs: 30_000, valuePermille: 1_000, acceptance: { kind: 'requester' as const } }],
    endBy: at + span + 60_000,
    ...{ stakeWorker: 1_000_000, stakeRequester: 1_000_000, timers, revisions: 0, attempts: 1, parent: null },
    ...{ panelSize: 0, witnessSet: null, jury: null, dependsOn: [] },
  }
  const offer = {
    ...{ at, nonce: randomBytes(16), terms, value: 10_000_000, maxBids: 8, bidUntil },
    ...{ mode: 'auction' as const, bidding: 'open' as const, minQuality: null },
    ...{ expires: bidUntil + graceMs(timers), nonceCommit: randomBytes(32) },
  }
  return encodeWire(createRecord('offer', offer, originOf(signer)))
}

export function originOf(signer: Signer): {
  networkId: typeof networkId
  author: AgentKey
  sign: (message: Uint8Array) => Uint8Array
} {
  return { networkId, author: signer.key, sign: (message) => signer.sign(message) }
}

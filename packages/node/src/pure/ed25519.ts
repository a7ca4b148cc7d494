import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { toHex, type AgentKey } from '@haggle/protocol'
import type { Signer, Verify } from '@haggle/ports'
import { Lru } from './lru.ts'
import { x25519Unwrap, x25519Wrap } from './x25519.ts'

/** RFC 8410 PKCS #8 and SubjectPublicKeyInfo for Ed25519, up to the 32 raw bytes. */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
const SEED_BYTES = 32
const SIGNATURE_BYTES = 64
/** Public keys kept ready: every peer and everyone in the peer book; a stranger beyond that costs 20 microseconds more. */
const CACHED_KEYS = 8_192

/** Signs with a 32-byte Ed25519 seed, and opens what is sealed for its key; both keys are prepared once. */
export function ed25519Signer(seed: Uint8Array): Signer {
  const privateKey = privateKeyOf(seed)
  const key = agentKeyOf(privateKey)
  return {
    key,
    sign: (message) => Uint8Array.from(sign(null, message, privateKey)),
    wrap: x25519Wrap,
    unwrap: x25519Unwrap(seed),
  }
}

/** The agent key that belongs to a 32-byte Ed25519 seed. */
export function agentKeyOfSeed(seed: Uint8Array): AgentKey {
  return agentKeyOf(privateKeyOf(seed))
}

/** A verifier with its own bounded cache of prepared public keys. */
export function ed25519Verifier(cachedKeys: number = CACHED_KEYS): Verify {
  const keys = new Lru<AgentKey, KeyObject>(cachedKeys)
  return (agent, message, signature) => {
    if (signature.length !== SIGNATURE_BYTES) return false
    let key = keys.get(agent)
    if (key === undefined) {
      key = publicKeyOf(agent)
      if (key === undefined) return false
      keys.set(agent, key)
    }
    return verify(null, message, key, signature)
  }
}

/** Ed25519 verification by OpenSSL, with one cache for the whole process. */
export const ed25519Verify: Verify = ed25519Verifier()

function privateKeyOf(seed: Uint8Array): KeyObject {
  if (seed.length !== SEED_BYTES) throw new TypeError(`an Ed25519 seed has ${SEED_BYTES} bytes, not ${seed.length}`)
  return createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, seed]), format: 'der', type: 'pkcs8' })
}

function agentKeyOf(privateKey: KeyObject): AgentKey {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  // Lower-case hexadecimal of a raw Ed25519 public key is what the brand says.
  return toHex(spki.subarray(PUBLIC_PREFIX.length)) as AgentKey
}

function publicKeyOf(agent: AgentKey): KeyObject | undefined {
  const raw = Buffer.from(agent, 'hex')
  if (raw.length !== SEED_BYTES) return undefined
  return createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, raw]), format: 'der', type: 'spki' })
}

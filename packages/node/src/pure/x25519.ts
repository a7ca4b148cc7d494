import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto'
import { fromHex, type AgentKey } from '@haggle/protocol'
import type { Wrap } from '@haggle/ports'
import { Lru } from './lru.ts'
import { concat, decrypted, derived, encrypted, sha512, WRAPPED_BYTES } from './seal.ts'

/** RFC 8410 PKCS #8 and SubjectPublicKeyInfo for X25519, up to the 32 raw bytes. */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex')
const PUBLIC_PREFIX = Buffer.from('302a300506032b656e032100', 'hex')
const KEY_BYTES = 32
/** 2^255 - 19, the field of both curves. */
const P = (1n << 255n) - 19n
/** Agents whose key is kept ready for sealing: those with whom there are contracts. */
const CACHED_KEYS = 1_024

const publicKeys = new Lru<AgentKey, Uint8Array>(CACHED_KEYS)

/**
 * WIT-37: wraps the key of a seal for an agent: X25519 from its Ed25519 key, HKDF-SHA256, ChaCha20-Poly1305. The ephemeral secret is derived
 * from the key itself, so that whoever is given the key makes the same bytes again, and nobody else learns anything from them.
 */
export const x25519Wrap: Wrap = (key, to) => {
  const recipient = montgomeryOf(to)
  if (recipient === null || key.length !== KEY_BYTES) return null
  const secret = privateKeyOf(derived(key, recipient, 'ephemeral'))
  const ephemeral = publicBytesOf(secret)
  const shared = sharedOf(secret, recipient)
  if (shared === null) return null
  return concat(ephemeral, encrypted(derived(shared, concat(ephemeral, recipient), 'wrap'), key))
}

/** Takes keys out that were wrapped for the agent of a 32-byte Ed25519 seed. */
export function x25519Unwrap(seed: Uint8Array): (wrapped: Uint8Array) => Uint8Array | null {
  // RFC 8032: the secret scalar is the first half of this; X25519 clamps it as Ed25519 does.
  const secret = privateKeyOf(sha512(seed).subarray(0, KEY_BYTES))
  const own = publicBytesOf(secret)
  return (wrapped) => {
    if (wrapped.length !== WRAPPED_BYTES) return null
    const ephemeral = wrapped.subarray(0, KEY_BYTES)
    const shared = sharedOf(secret, ephemeral)
    if (shared === null) return null
    return decrypted(derived(shared, concat(ephemeral, own), 'wrap'), wrapped.subarray(KEY_BYTES))
  }
}

/** The X25519 key of an agent: u = (1 + y) / (1 - y), little-endian. Null where the agent key is none. */
function montgomeryOf(agent: AgentKey): Uint8Array | null {
  const known = publicKeys.get(agent)
  if (known !== undefined) return known
  const raw = fromHex(agent)
  if (raw.length !== KEY_BYTES) return null
  let y = 0n
  for (let at = KEY_BYTES - 1; at >= 0; at -= 1)
    y = (y << 8n) | BigInt(at === 31 ? (raw[at] ?? 0) & 0x7f : (raw[at] ?? 0))
  if (y >= P || y === 1n) return null
  let u = ((1n + y) * powerMod(P + 1n - y, P - 2n)) % P
  const out = new Uint8Array(KEY_BYTES)
  for (let at = 0; at < KEY_BYTES; at += 1) {
    out[at] = Number(u & 0xffn)
    u >>= 8n
  }
  publicKeys.set(agent, out)
  return out
}

function powerMod(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = base % P
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % P
    square = (square * square) % P
  }
  return result
}

/** Null for a point of small order: OpenSSL refuses it, since the secret would be none. */
function sharedOf(privateKey: KeyObject, publicBytes: Uint8Array): Uint8Array | null {
  try {
    const publicKey = createPublicKey({
      key: Buffer.concat([PUBLIC_PREFIX, publicBytes]),
      format: 'der',
      type: 'spki',
    })
    return diffieHellman({ privateKey, publicKey })
  } catch {
    return null
  }
}

function privateKeyOf(secret: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, secret]), format: 'der', type: 'pkcs8' })
}

function publicBytesOf(privateKey: KeyObject): Uint8Array {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return Uint8Array.from(spki.subarray(PUBLIC_PREFIX.length))
}

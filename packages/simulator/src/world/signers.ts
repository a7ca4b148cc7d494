import { toHex, type AgentKey } from '@haggle/protocol'
import type { Signer, Verify, Wrap } from '@haggle/ports'
import { ed25519Signer, ed25519Verify, x25519Wrap } from '@haggle/node/pure'
import type { SignerKind } from '../plan/plan.ts'
import { stream } from '../random.ts'
import type { Seed } from '../seed.ts'
import { hashOf } from '../trace.ts'

/** Keys and signatures of one world. */
export interface Keyring {
  signer(agent: number): Signer
  readonly verify: Verify
  readonly wrap: Wrap
}

/** Real keys, or fast ones: equally impossible to sign with for whoever does not hold them, as long as it stays in this world. */
export function keyring(seed: Seed, kind: SignerKind): Keyring {
  return kind === 'ed25519' ? realKeyring(seed) : new FakeKeyring(seed)
}

function realKeyring(seed: Seed): Keyring {
  return {
    signer: (agent) => ed25519Signer(stream(seed, 'key', agent).bytes(32)),
    verify: ed25519Verify,
    wrap: x25519Wrap,
  }
}

class FakeKeyring implements Keyring {
  readonly #seed: Seed
  /** Known to the world alone: who does not stand in here signs nothing. */
  readonly #secrets = new Map<AgentKey, number>()

  constructor(seed: Seed) {
    this.#seed = seed
  }

  signer(agent: number): Signer {
    const random = stream(this.#seed, 'key', agent)
    const raw = random.bytes(32)
    // Below the prime of the field, as the strict check before every verification wants it.
    raw[31] = (raw[31] ?? 0) & 0x3f
    // Lower-case hexadecimal of 32 bytes that are a canonical key.
    const key = toHex(raw) as AgentKey
    const secret = random.u32()
    this.#secrets.set(key, secret)
    return {
      key,
      sign: (message) => signatureOf(secret, message),
      wrap: this.wrap,
      unwrap: (wrapped) => keyIn(secret, wrapped),
    }
  }

  readonly wrap: Wrap = (key, to) => {
    const secret = this.#secrets.get(to)
    return secret === undefined ? null : wrappedWith(secret, key)
  }

  readonly verify: Verify = (key, message, signature) => {
    const secret = this.#secrets.get(key)
    if (secret === undefined || signature.length !== 64) return false
    const right = signatureOf(secret, message)
    return right.every((byte, at) => byte === signature[at])
  }
}

/** Stands in for the wrapped key of a seal: 32 bytes that hide 32 others, and a tag. */
function wrappedWith(secret: number, key: Uint8Array): Uint8Array {
  const head = signatureOf(secret ^ 0x3c6ef372, key).subarray(0, 32)
  const out = new Uint8Array(80)
  out.set(head)
  out.set(hidden(secret, head, key), 32)
  out.set(signatureOf(secret ^ 0x1f83d9ab, key).subarray(0, 16), 64)
  return out
}

function keyIn(secret: number, wrapped: Uint8Array): Uint8Array | null {
  if (wrapped.length !== 80) return null
  const key = hidden(secret, wrapped.subarray(0, 32), wrapped.subarray(32, 64))
  return wrappedWith(secret, key).every((byte, at) => byte === wrapped[at]) ? key : null
}

function hidden(secret: number, head: Uint8Array, key: Uint8Array): Uint8Array {
  const pad = signatureOf(secret ^ 0x510e527f, head)
  return key.map((byte, at) => byte ^ (pad[at] ?? 0))
}

/** 64 bytes that nobody guesses; R and S are canonical, as those of a real one. */
function signatureOf(secret: number, message: Uint8Array): Uint8Array {
  const out = new Uint8Array(64)
  let word = hashOf(message, secret)
  let other = hashOf(message, secret ^ 0x5bd1e995)
  for (let at = 0; at < 64; at += 4) {
    word = Math.imul(word ^ (word >>> 15) ^ other, 0x2c1b3c6d) + at
    other = Math.imul(other ^ (other >>> 13), 0x297a2d39) ^ secret
    out[at] = word
    out[at + 1] = word >>> 8
    out[at + 2] = word >>> 16
    out[at + 3] = word >>> 24
  }
  out[31] = (out[31] ?? 0) & 0x3f
  out[63] = (out[63] ?? 0) & 0x0f
  return out
}

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { payloadHashOf, toHex, type AgentKey } from '@haggle/protocol'
import { ed25519Signer, isSealOf, openSealed, SEAL_SURPLUS, sealResult, x25519Wrap } from '../src/pure/index.ts'

const requester = ed25519Signer(new Uint8Array(32).fill(1))
const other = ed25519Signer(new Uint8Array(32).fill(2))
const key = Uint8Array.from({ length: 32 }, (_, at) => at)
const result = new TextEncoder().encode('the result')
const opens = isSealOf(x25519Wrap)

function sealed(bytes = result, to: AgentKey = requester.key, with_ = key): Uint8Array {
  const found = sealResult(bytes, with_, to, x25519Wrap)
  if (found === null) throw new Error('it cannot be sealed')
  return found.bytes
}

const claim = { key, to: requester.key, resultHash: payloadHashOf(result), size: result.length }

describe('a sealed result', () => {
  test('WIT-37 is opened by its requester alone, and is longer than the result by 96 bytes', () => {
    const bytes = sealed()
    expect(bytes).toHaveLength(result.length + 96)
    expect(SEAL_SURPLUS).toBe(96)
    expect(openSealed(bytes, (wrapped) => requester.unwrap(wrapped))).toEqual(result)
    expect(openSealed(bytes, (wrapped) => other.unwrap(wrapped))).toBeNull()
    expect(openSealed(bytes, (wrapped) => requester.unwrap(wrapped), payloadHashOf(key))).toEqual(result)
    expect(openSealed(bytes, (wrapped) => requester.unwrap(wrapped), payloadHashOf(result))).toBeNull()
  })

  test('WIT-37 opens again whatever the result, the key and the agent are', () => {
    const bytes = fc.uint8Array({ maxLength: 2_000 })
    const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(bytes, seed, seed, (plain, secret, own) => {
        const signer = ed25519Signer(own)
        const made = sealed(plain, signer.key, secret)
        expect(openSealed(made, (wrapped) => signer.unwrap(wrapped))).toEqual(Uint8Array.from(plain))
        expect(sealed(plain, signer.key, secret)).toEqual(made)
        const said = { key: secret, to: signer.key, resultHash: payloadHashOf(plain), size: plain.length }
        expect(opens(made, said)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('WIT-37 shows nothing of the result to who holds its bytes, and no byte of them can be changed', () => {
    const bytes = sealed()
    expect(Buffer.from(bytes).includes(Buffer.from(result))).toBe(false)
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = bytes.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      // The uppermost bit of an X25519 key counts for nothing in the key, and still in what is compared.
      expect([at, openSealed(changed, (wrapped) => requester.unwrap(wrapped))]).toEqual([at, null])
      expect([at, opens(changed, claim)]).toEqual([at, false])
    }
  })

  test('WIT-38 is what it is said to be only with this key, for this agent, of this result', () => {
    expect(opens(sealed(), claim)).toBe(true)
    const wrong = Uint8Array.from(key, (byte) => byte ^ 1)
    expect(opens(sealed(), { ...claim, key: wrong })).toBe(false)
    expect(opens(sealed(), { ...claim, key: key.subarray(1) })).toBe(false)
    expect(opens(sealed(), { ...claim, to: other.key })).toBe(false)
    expect(opens(sealed(), { ...claim, resultHash: payloadHashOf(key) })).toBe(false)
    expect(opens(sealed(), { ...claim, size: claim.size + 1 })).toBe(false)
    expect(opens(sealed(key), claim)).toBe(false)
    expect(opens(new Uint8Array(0), claim)).toBe(false)
  })

  test('WIT-38 whose key is wrapped for somebody else is no seal for its requester, though the key opens what is inside', () => {
    const bytes = sealed()
    bytes.set(sealed(result, other.key).subarray(0, 80))
    expect(openSealed(bytes, (wrapped) => requester.unwrap(wrapped))).toBeNull()
    expect(opens(bytes, claim)).toBe(false)
  })

  test('WIT-37 is made for no key of small order, nor for one that is no point', () => {
    for (const raw of ['00'.repeat(32), `01${'00'.repeat(31)}`, `ecff${'ff'.repeat(29)}7f`, 'ff'.repeat(32)])
      expect([raw, x25519Wrap(key, raw as AgentKey)]).toEqual([raw, null])
  })

  test('WIT-37 uses the X25519 key that belongs to the Ed25519 key of the agent', () => {
    // RFC 8032, section 7.1, test 1: a secret shared with any other key than the one that belongs to it would open nothing.
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
    const signer = ed25519Signer(seed)
    expect(signer.key).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
    const wrapped = signer.wrap(key, signer.key)
    expect(wrapped === null ? null : signer.unwrap(wrapped)).toEqual(key)
    expect(toHex(wrapped ?? key)).toBe(
      '3936b99e981703370d0c2fdf395705be6a8e3a9e4f3603ab228bb4a4ae86155e' +
        '59394d8933e1339383f289e6bfa40626d5e049e85961bf42d1c8a8b5b79499a0ebf385c2fd4ae9b60337548b66c8f216',
    )
  })
})

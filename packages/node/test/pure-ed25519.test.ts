import { describe, expect, test } from 'vitest'
import { toHex } from '@haggle/protocol'
import { signerConformance } from '../../../test/conformance/signer.ts'
import { agentKeyOfSeed, ed25519Signer, ed25519Verifier, ed25519Verify } from '../src/pure/index.ts'

const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

signerConformance('Ed25519', { signer: ed25519Signer, verify: ed25519Verify })

describe('Ed25519', () => {
  // RFC 8032, section 7.1, test 2.
  const seed = fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')
  const key = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'
  const signature =
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'
  const message = Uint8Array.of(0x72)

  test('signs and verifies as the standard says', () => {
    const signer = ed25519Signer(seed)
    expect(signer.key).toBe(key)
    expect(agentKeyOfSeed(seed)).toBe(key)
    expect(toHex(signer.sign(message))).toBe(signature)
    expect(ed25519Verify(signer.key, message, fromHex(signature))).toBe(true)
  })

  test('verifies alike with a full cache of keys', () => {
    const verify = ed25519Verifier(2)
    const signers = [1, 2, 3, 4].map((n) => ed25519Signer(new Uint8Array(32).fill(n)))
    for (let round = 0; round < 2; round += 1) {
      for (const signer of signers) expect(verify(signer.key, message, signer.sign(message))).toBe(true)
    }
  })
})

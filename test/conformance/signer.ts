import type { AgentKey } from '@haggle/protocol'
import type { Signer, Verify } from '@haggle/ports'
import { describe, expect, test } from 'vitest'

/** What a suite needs of a kind of signer: one for each seed of 32 bytes, and how others check it. */
export interface SignerBench {
  readonly signer: (seed: Uint8Array) => Signer
  readonly verify: Verify
}

/** What the port promises, asked of any signer and its verifier. */
export function signerConformance(name: string, { signer, verify }: SignerBench): void {
  const message = Uint8Array.of(0x72, 0x00, 0xff)
  const one = signer(new Uint8Array(32).fill(1))
  const other = signer(new Uint8Array(32).fill(2))
  const signature = one.sign(message)

  describe(`${name} as a signer`, () => {
    test('has the key of its seed, as 64 lower-case hexadecimal digits', () => {
      expect(one.key).toMatch(/^[0-9a-f]{64}$/)
      expect(signer(new Uint8Array(32).fill(1)).key).toBe(one.key)
      expect(other.key).not.toBe(one.key)
    })

    test('signs equal bytes equally, in 64 bytes, and its verifier agrees', () => {
      expect(signature).toHaveLength(64)
      expect(one.sign(Uint8Array.from(message))).toEqual(signature)
      expect(signer(new Uint8Array(32).fill(1)).sign(message)).toEqual(signature)
      for (const length of [0, 1, 64, 10_000]) {
        const bytes = new Uint8Array(length).fill(7)
        expect(verify(one.key, bytes, one.sign(bytes))).toBe(true)
      }
    })

    test('leaves the message as it is, and gives a signature of its own each time', () => {
      const bytes = Uint8Array.from(message)
      one.sign(bytes).fill(0)
      expect(bytes).toEqual(message)
      expect(one.sign(bytes)).toEqual(signature)
    })

    test('is not taken for another: no other message, key or signature passes', () => {
      expect(verify(one.key, Uint8Array.of(0x73, 0x00, 0xff), signature)).toBe(false)
      expect(verify(one.key, message.subarray(0, 2), signature)).toBe(false)
      expect(verify(other.key, message, signature)).toBe(false)
      expect(verify(one.key, message, other.sign(message))).toBe(false)
      for (let at = 0; at < 64; at += 1) {
        expect(verify(one.key, message, signature.with(at, (signature[at] ?? 0) ^ 1))).toBe(false)
      }
      for (const length of [0, 63]) expect(verify(one.key, message, signature.subarray(0, length))).toBe(false)
      expect(verify(one.key, message, Uint8Array.from([...signature, 0]))).toBe(false)
    })

    test('is checked without an error under what is no key', () => {
      // Test data: what a brand would forbid.
      const notKeys = ['', 'ff'.repeat(32), '00'.repeat(32), 'zz'.repeat(32), 'ab'.repeat(31)] as AgentKey[]
      for (const each of notKeys) expect(verify(each, message, signature)).toBe(false)
    })
  })
}

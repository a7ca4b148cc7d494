import { createHash, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import { median } from './stats.ts'

/** What the processor alone takes, microseconds; medians of the rounds. */
export interface CryptoFloors {
  readonly signUs: number
  readonly verifyUs: number
  readonly sha256Us: number
}

/** As long as `haggle/1/award`, a zero byte and an id. */
const MESSAGE_BYTES = 47
const RECORD_BYTES = 500

export function measureCrypto(rounds: number, times: number): CryptoFloors {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const message = randomBytes(MESSAGE_BYTES)
  const record = randomBytes(RECORD_BYTES)
  const signature = sign(null, message, privateKey)
  const each = (once: () => void): number => {
    const spans = Array.from({ length: rounds }, () => {
      // Processor time, like that of the contracts it is compared with: other processes do not count.
      const began = process.cpuUsage()
      for (let at = 0; at < times; at += 1) once()
      const { user, system } = process.cpuUsage(began)
      return (user + system) / times
    })
    return median(spans)
  }
  each(() => verify(null, message, publicKey, signature))
  return {
    signUs: each(() => sign(null, message, privateKey)),
    verifyUs: each(() => verify(null, message, publicKey, signature)),
    sha256Us: each(() => createHash('sha256').update(record).digest()),
  }
}

/** Signatures and verifications of a settled contract between two, the closings apart: offer, claim, award, accept, delivery, approval. */
export const SIGNATURES = 6

/** What Ed25519 alone takes for one contract when so many agents hear of it, microseconds: everybody checks the offer. */
export function bareEd25519Us({ signUs, verifyUs }: CryptoFloors, agents: number): number {
  return SIGNATURES * (signUs + verifyUs) + (agents - 2) * verifyUs
}

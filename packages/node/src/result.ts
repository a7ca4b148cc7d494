import type { PayloadHash } from '@haggle/protocol'
import type { Blobs } from '@haggle/ports'
import type { ContractView } from '@haggle/core'
import type { Result } from './payload-types.ts'
import { creditsOf } from './credits.ts'
import { storedPayload } from './payload.ts'

/** A delivered result with the contract it belongs to. */
export function resultOf(
  blobs: Blobs,
  contract: ContractView,
  delivered: { readonly size: number; readonly mediaType: string | null } & (
    { readonly hash: PayloadHash } | { readonly resultHash: PayloadHash }
  ),
): Result {
  const hash = 'hash' in delivered ? delivered.hash : delivered.resultHash
  return {
    ...storedPayload(blobs, hash, delivered.size, delivered.mediaType),
    contract: contract.contract,
    task: contract.task,
    worker: contract.worker,
    price: creditsOf(contract.price),
    generation: contract.generation,
  }
}

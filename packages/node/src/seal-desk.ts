import { bounds, HaggleError, payloadHashOf, type AgentKey } from '@haggle/protocol'
import type { Blobs, Entropy, HeldBlob, Logger, Signer } from '@haggle/ports'
import type { CheckWord, Effect, Input, Now, Seal } from '@haggle/core'
import { storedPayload } from './payload.ts'
import { isSealOf, openSealed, SEAL_KEY_BYTES, SEAL_SURPLUS, sealResult } from './pure/seal.ts'

type OpenSeal = Extract<Effect, { readonly kind: 'open-seal' }>
type FindKey = Extract<Effect, { readonly kind: 'find-key' }>

export interface SealParts {
  readonly blobs: Blobs
  readonly signer: Signer
  readonly logger: Logger
}

/** Opens seals for the engine, with the own key or with one that was given away, and finds the keys of own seals again. */
export class SealDesk {
  readonly #parts: SealParts
  readonly #done: (input: (now: Now) => Input) => void
  readonly #running = new Set<Promise<void>>()
  #stopped = false

  /** `done` is called once for everything that was asked for, never after `stop`. */
  constructor(parts: SealParts, done: (input: (now: Now) => Input) => void) {
    this.#parts = parts
    this.#done = done
  }

  open(seal: OpenSeal): void {
    const { contract, record } = seal
    this.#run(async () => {
      const word = await this.#look(seal).catch((error: unknown) => this.#unread(error))
      return (now) => ({ kind: 'seal-opened', now, contract, record, word: word ?? 'unknown' })
    })
  }

  find({ contract, keyHash }: FindKey): void {
    this.#run(async () => {
      const key = await this.#bytes({ hash: keyHash, size: SEAL_KEY_BYTES }).catch((error: unknown) =>
        this.#unread(error),
      )
      return (now) => ({ kind: 'key-found', now, contract, keyHash, key })
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running)
  }

  async #look({ sealedHash, resultHash, size, to, key }: OpenSeal): Promise<CheckWord> {
    const { blobs, signer } = this.#parts
    const sealed = await this.#bytes({ hash: sealedHash, size: size + SEAL_SURPLUS })
    if (sealed === null) return 'unknown'
    if (key !== null) return isSealOf(signer.wrap)(sealed, { key, to, resultHash, size }) ? 'pass' : 'fail'
    const result = openSealed(sealed, (wrapped) => signer.unwrap(wrapped))
    if (result === null || result.length !== size || payloadHashOf(result) !== resultHash) return 'fail'
    await blobs.put(once(result), { hash: resultHash, size })
    return 'pass'
  }

  /** A disk that answers no more says nothing about a seal. */
  #unread(error: unknown): null {
    this.#parts.logger.warn('seal-unreadable', { code: error instanceof HaggleError ? error.code : 'unknown' })
    return null
  }

  /** Null: they are not held, or are more than goes sealed. */
  async #bytes({ hash, size }: HeldBlob): Promise<Uint8Array | null> {
    const { blobs } = this.#parts
    if (size > bounds.panelBytes + SEAL_SURPLUS || (await blobs.size(hash)) !== size) return null
    return storedPayload(blobs, hash, size, null).bytes()
  }

  #run(work: () => Promise<(now: Now) => Input>): void {
    const run = work().then((input) => {
      this.#running.delete(run)
      if (!this.#stopped) this.#done(input)
    })
    this.#running.add(run)
  }
}

/**
 * WIT-36: seals a result for a requester, with a fresh key; sealed bytes and key are held before it resolves. Null: it is more than a panel
 * is shown, and goes as it is.
 */
export async function sealHeld(
  { blobs, entropy, signer }: { readonly blobs: Blobs; readonly entropy: Entropy; readonly signer: Signer },
  result: HeldBlob,
  to: AgentKey,
): Promise<Seal | null> {
  if (result.size > bounds.panelBytes) return null
  const key = Uint8Array.from(entropy.bytes(SEAL_KEY_BYTES))
  const held = await storedPayload(blobs, result.hash, result.size, null).bytes()
  const sealed = sealResult(held, key, to, signer.wrap)
  if (sealed === null) return null
  const { sealedHash, keyHash, bytes } = sealed
  await blobs.put(once(key), { hash: keyHash, size: key.length })
  await blobs.put(once(bytes), { hash: sealedHash, size: bytes.length })
  return { sealedHash, keyHash }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}

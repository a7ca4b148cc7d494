import { performance } from 'node:perf_hooks'
import { HaggleError, limits } from '@haggle/protocol'
import type { PayloadHash } from '@haggle/protocol'
import type { Connection } from '@libp2p/interface'
import { ANSWER_BYTES, BLOB_PROTOCOL, blobRequest, blobStatus, readBlobAnswer } from './blob-messages.ts'
import { Pace } from './pace.ts'
import { Slots } from './slots.ts'
import { Transfer } from './transfer.ts'

const QUEUE = 4_096

/** Fetches payloads, a bounded number at a time (NET-23). */
export class BlobFetcher {
  readonly #slots: Slots
  readonly #transfers = new Set<Transfer>()

  constructor(concurrency: number) {
    this.#slots = new Slots(concurrency, QUEUE)
  }

  async fetch(
    connection: Connection,
    hash: PayloadHash,
    offset: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const release = await this.#slots.take(signal)
    if (release === undefined) throw broken('too many payloads are waited for')
    try {
      const transfer = await this.#open(connection, signal, release)
      try {
        const left = await ask(transfer, hash, offset)
        return pieces(transfer, left, signal)
      } catch (error) {
        transfer.end(error instanceof Error ? error : new Error('not fetched'))
        throw error
      }
    } catch (error) {
      release()
      signal.throwIfAborted()
      throw error instanceof HaggleError ? error : broken('the stream broke', error)
    }
  }

  stop(): void {
    for (const transfer of this.#transfers) transfer.end(new Error('the network stops'))
  }

  async #open(connection: Connection, signal: AbortSignal, release: () => void): Promise<Transfer> {
    const stream = await connection.newStream(BLOB_PROTOCOL, { signal })
    const onAbort = (): void => transfer.end(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
    const transfer: Transfer = new Transfer(stream, () => {
      signal.removeEventListener('abort', onAbort)
      this.#transfers.delete(transfer)
      release()
    })
    this.#transfers.add(transfer)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    return transfer
  }
}

/** Asks, and returns how many bytes follow. */
async function ask(transfer: Transfer, hash: PayloadHash, offset: number): Promise<number> {
  transfer.stream.send(blobRequest(hash, offset))
  await transfer.stream.close({ signal: transfer.signal })
  const bytes = await transfer.reader.bytes(ANSWER_BYTES)
  if (bytes === undefined) throw broken('the peer closed the stream without an answer')
  const { status, size } = readBlobAnswer(bytes)
  if (status === blobStatus.missing) {
    throw new HaggleError('net/blob-missing', 'The peer does not hold this payload, or not for us.', {
      next: 'Ask another peer that holds it.',
    })
  }
  if (status !== blobStatus.held)
    throw broken(status === blobStatus.busy ? 'the peer is busy' : 'the offset is past the end')
  if (size > limits.blobBytes) {
    throw new HaggleError('net/too-large', `The payload has ${size} bytes; at most ${limits.blobBytes} are fetched.`, {
      next: 'Ask the sender to split it.',
      detail: { size, limit: limits.blobBytes },
    })
  }
  if (size < offset) throw broken('the offset is past the end')
  return size - offset
}

/** What the caller iterates: once, and a caller that leaves early closes the stream. */
function pieces(transfer: Transfer, left: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const count = { left, pace: new Pace(performance.now()) }
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      const value = await pull(transfer, count, signal)
      return value === undefined ? { done: true, value: undefined } : { done: false, value }
    },
    return() {
      transfer.end(count.left === 0 ? undefined : new Error('no longer wanted'))
      return Promise.resolve({ done: true, value: undefined })
    },
  }
  return { [Symbol.asyncIterator]: () => iterator }
}

async function pull(
  transfer: Transfer,
  count: { left: number; readonly pace: Pace },
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  transfer.progress()
  let bytes: Uint8Array | undefined
  try {
    bytes = await transfer.reader.chunk()
  } catch (error) {
    transfer.end(error instanceof Error ? error : new Error('broken'))
    signal.throwIfAborted()
    throw broken('the stream broke', error)
  }
  count.left -= bytes?.length ?? 0
  // NET-65: it holds a place here that others wait for.
  const isSlow = bytes !== undefined && !count.pace.moved(bytes.length, performance.now())
  if (bytes !== undefined && count.left >= 0 && !isSlow) return bytes
  if (bytes === undefined && count.left === 0) {
    transfer.end()
    return undefined
  }
  const error = broken(reasonOf(count.left, isSlow))
  transfer.end(error)
  throw error
}

function reasonOf(left: number, isSlow: boolean): string {
  if (left < 0) return 'more bytes came than were announced'
  return isSlow ? 'the peer sends too slowly' : 'the stream ended early'
}

function broken(reason: string, cause?: unknown): HaggleError {
  return new HaggleError('net/blob-broken', `The payload did not arrive: ${reason}.`, {
    next: 'Ask again from the offset that was reached, or another peer.',
    ...(cause === undefined ? {} : { cause }),
  })
}

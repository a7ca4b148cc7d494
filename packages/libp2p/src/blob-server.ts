import { performance } from 'node:perf_hooks'
import type { AgentKey, PayloadHash } from '@haggle/protocol'
import type { BlobSource, Logger } from '@haggle/ports'
import type { Connection, Stream } from '@libp2p/interface'
import { blobAnswer, blobStatus, readBlobRequest, REQUEST_BYTES } from './blob-messages.ts'
import { drained } from './drained.ts'
import { keyOfPeer } from './peer-key.ts'
import { Pace } from './pace.ts'
import { Slots } from './slots.ts'
import { Transfer } from './transfer.ts'

const CHUNK_BYTES = 65_536
const QUEUE_PER_PLACE = 8

export interface BlobServerInit {
  readonly concurrency: number
  readonly logger: Logger
  open(from: AgentKey, hash: PayloadHash): Promise<BlobSource | undefined>
}

/** Streams payloads to those who ask (NET-23). */
export class BlobServer {
  readonly #init: BlobServerInit
  readonly #slots: Slots
  readonly #ofPeer = new Map<AgentKey, { readonly slots: Slots; users: number }>()
  readonly #transfers = new Set<Transfer>()

  constructor(init: BlobServerInit) {
    this.#init = init
    this.#slots = new Slots(init.concurrency, init.concurrency * QUEUE_PER_PLACE)
  }

  accept(stream: Stream, connection: Connection): void {
    const from = keyOfPeer(connection.remotePeer)
    if (from === undefined) {
      stream.abort(new Error('not an agent'))
      return
    }
    const transfer: Transfer = new Transfer(stream, () => this.#transfers.delete(transfer))
    this.#transfers.add(transfer)
    void this.#serve(transfer, from)
  }

  stop(): void {
    for (const transfer of this.#transfers) transfer.end(new Error('the network stops'))
  }

  async #serve(transfer: Transfer, from: AgentKey): Promise<void> {
    let release: (() => void) | undefined
    let isAnswered = false
    // Who went away must not keep a place in the queue, nor wait for the source.
    transfer.stream.addEventListener('close', (event) => {
      if (!isAnswered || event.error !== undefined) transfer.end(event.error ?? new Error('the asker went away'))
    })
    try {
      const bytes = await transfer.reader.bytes(REQUEST_BYTES)
      if (bytes === undefined) throw new Error('no request')
      const { hash, offset } = readBlobRequest(bytes)
      const source = await this.#init.open(from, hash)
      transfer.progress()
      // Only who is given bytes takes a place: an answer of a few bytes must not wait for it, nor keep it.
      if (source === undefined) await send(transfer, blobAnswer(blobStatus.missing, 0))
      else if (offset > source.size) await send(transfer, blobAnswer(blobStatus.pastEnd, source.size))
      else {
        release = await this.#place(from, transfer.signal)
        if (release === undefined) await send(transfer, blobAnswer(blobStatus.busy, 0))
        else await give(transfer, source, offset)
      }
      isAnswered = true
      await finished(transfer)
    } catch (error) {
      this.#init.logger.debug('net.blob-not-served', { reason: error instanceof Error ? error.name : 'unknown' })
      transfer.end(error instanceof Error ? error : new Error('not served'))
    } finally {
      release?.()
    }
  }

  /** A place of the peer's own, then one of all: a peer that reads slowly leaves half of them to the others. */
  async #place(from: AgentKey, signal: AbortSignal): Promise<(() => void) | undefined> {
    const places = Math.ceil(this.#init.concurrency / 2)
    const own = this.#ofPeer.get(from) ?? { slots: new Slots(places, places * QUEUE_PER_PLACE), users: 0 }
    this.#ofPeer.set(from, own)
    own.users += 1
    const releases: (() => void)[] = []
    const release = (): void => {
      for (const each of releases.splice(0)) each()
      own.users -= 1
      if (own.users === 0) this.#ofPeer.delete(from)
    }
    try {
      for (const slots of [own.slots, this.#slots]) {
        const free = await slots.take(signal)
        if (free === undefined) {
          release()
          return undefined
        }
        releases.push(free)
      }
      return release
    } catch (error) {
      release()
      throw error
    }
  }
}

async function give(transfer: Transfer, source: BlobSource, offset: number): Promise<void> {
  await send(transfer, blobAnswer(blobStatus.held, source.size))
  const pace = new Pace(performance.now())
  let left = source.size - offset
  for await (const piece of source.read(offset)) {
    if (piece.length > left) throw new Error('the source gave more than its size')
    left -= piece.length
    for (let at = 0; at < piece.length; at += CHUNK_BYTES) {
      const chunk = piece.subarray(at, at + CHUNK_BYTES)
      await send(transfer, chunk)
      // It may ask again from where it stood, behind those who wait.
      if (!pace.moved(chunk.length, performance.now())) throw new Error('the asker reads too slowly')
    }
  }
  if (left > 0) throw new Error('the source gave less than its size')
}

async function send(transfer: Transfer, bytes: Uint8Array): Promise<void> {
  transfer.signal.throwIfAborted()
  transfer.stream.send(bytes)
  await drained(transfer.stream, transfer.signal)
  transfer.progress()
}

// The asker closed its side after the request, so closing ours ends the stream; what is still on its way is delivered first.
async function finished(transfer: Transfer): Promise<void> {
  await transfer.stream.close({ signal: transfer.signal })
  if ((await transfer.reader.chunk()) !== undefined) throw new Error('bytes after the request')
  transfer.end()
}

import { setMaxListeners } from 'node:events'
import type { Stream } from '@libp2p/interface'
import { ByteReader } from './byte-reader.ts'
import { timings } from './timings.ts'

/** One stream of one payload: ends when it is idle for too long or its user aborts, and always leaves its stream closed. */
export class Transfer {
  readonly stream: Stream
  readonly reader: ByteReader
  readonly #abort = new AbortController()
  readonly #ended: () => void
  #idle: NodeJS.Timeout | undefined
  #open = true

  /** `ended` is called once, when the transfer is over in any way. */
  constructor(stream: Stream, ended: () => void) {
    this.stream = stream
    this.reader = new ByteReader(stream)
    this.#ended = ended
    setMaxListeners(0, this.#abort.signal)
    this.progress()
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Bytes moved: the idle time begins anew. */
  progress(): void {
    clearTimeout(this.#idle)
    if (this.#open) this.#idle = setTimeout(() => this.end(new Error('no byte moved for too long')), timings.blobIdleMs)
  }

  /** With a reason the stream is cut; without one both sides are done and it closes in good order. */
  end(reason?: Error): void {
    if (!this.#open) return
    this.#open = false
    clearTimeout(this.#idle)
    const why = reason ?? new Error('the transfer is over')
    this.#abort.abort(why)
    this.reader.stop(why)
    if (reason !== undefined || this.stream.status !== 'open') this.stream.abort(why)
    else this.stream.close({ signal: AbortSignal.timeout(timings.closeMs) }).catch(() => this.stream.abort(why))
    this.#ended()
  }
}

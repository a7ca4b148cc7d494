import type { Socket } from 'node:net'
import { HaggleError } from '@haggle/protocol'
import { ControlDecoder, encodeControl, malformed, type ControlMessage } from './control-frame.ts'
import { errnoOf } from './durable-file.ts'
import type { JsonObject } from './json-object.ts'

/** Messages read ahead of their reader; then the other side has to wait. */
const READ_AHEAD = 16
/** How long a closed side waits for the other to read the rest and leave. */
const LINGER_MS = 2_000

/** One connection between an agent and a command that attached to it; both sides are alike. */
export interface ControlChannel {
  /** Resolves when the system has taken the message: awaiting it is the back-pressure. Rejects with `control/closed`. */
  send(message: JsonObject, chunk?: Uint8Array): Promise<void>
  /**
   * What the other side sends, in order, to one reader; ends when it closes in good order and rejects with `control/malformed`
   * when it sent nonsense or was cut off.
   */
  messages(): AsyncIterable<ControlMessage>
  /** Sends what is still under way, then leaves; resolves when the connection is gone. */
  close(): Promise<void>
  /** Aborted when the connection is gone, whoever ended it. */
  readonly signal: AbortSignal
}

/** Speaks the control language on a connected socket. */
export function controlChannel(socket: Socket): ControlChannel {
  return new SocketChannel(socket)
}

class SocketChannel implements ControlChannel {
  readonly signal: AbortSignal
  readonly #socket: Socket
  readonly #decoder = new ControlDecoder()
  readonly #closed: Promise<void>
  #arrived: ControlMessage[] = []
  #wake: () => void = () => undefined
  #ended = false
  #problem: HaggleError | undefined
  #leaving = false

  constructor(socket: Socket) {
    this.#socket = socket
    const gone = new AbortController()
    this.signal = gone.signal
    this.#closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#end()
        gone.abort(closedError())
        resolve()
      })
    })
    // The close event follows and says all there is to say.
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => this.#receive(bytes))
    socket.once('end', () => this.#end())
  }

  send(message: JsonObject, chunk?: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const frame = encodeControl(message, chunk)
      if (this.#leaving || this.#socket.destroyed || !this.#socket.writable) throw closedError()
      this.#socket.write(frame, (error) => (error == null ? resolve() : reject(closedError(error))))
    })
  }

  async *messages(): AsyncIterable<ControlMessage> {
    for (;;) {
      const next = this.#arrived.shift()
      if (next !== undefined) {
        if (this.#arrived.length < READ_AHEAD) this.#socket.resume()
        yield next
      } else if (this.#problem !== undefined) {
        throw this.#problem
      } else if (this.#ended) {
        return
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }

  close(): Promise<void> {
    if (this.#leaving) return this.#closed
    this.#leaving = true
    this.#socket.end()
    // Nobody reads any more; the end of the other side is only seen when what comes before it is taken off.
    this.#socket.resume()
    const linger = setTimeout(() => this.#socket.destroy(), LINGER_MS)
    this.signal.addEventListener('abort', () => clearTimeout(linger), { once: true })
    if (this.#socket.destroyed) clearTimeout(linger)
    return this.#closed
  }

  #receive(bytes: Uint8Array): void {
    if (this.#leaving || this.#problem !== undefined) return
    try {
      this.#arrived.push(...this.#decoder.push(bytes))
    } catch (thrown) {
      this.#problem = thrown instanceof HaggleError ? thrown : malformed(errnoOf(thrown) ?? 'unreadable')
      // Hostile or broken: this connection ends, nothing else does.
      this.#socket.destroy()
    }
    if (this.#arrived.length >= READ_AHEAD) this.#socket.pause()
    this.#wake()
  }

  #end(): void {
    this.#ended = true
    if (this.#decoder.pending > 0 && !this.#leaving) this.#problem ??= malformed('it left in the middle of a message')
    this.#wake()
  }
}

/** The connection is gone. */
function closedError(cause?: unknown): HaggleError {
  return new HaggleError('control/closed', 'the other side of the control socket is gone', {
    next: 'Run the command again; it finds out which process holds the agent now.',
    ...(cause === undefined ? {} : { cause }),
  })
}

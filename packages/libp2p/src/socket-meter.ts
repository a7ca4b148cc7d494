import { Socket } from 'node:net'
import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'
import type { SocketBytes } from '@haggle/ports'

/** TAX-10: counts what goes through the sockets of one node, the connections that never got anywhere included. */
export class SocketMeter {
  readonly #open = new Set<Socket>()
  #out = 0
  #in = 0

  /** Sees each new connection before anything else does; denies none. */
  gater(): Pick<ConnectionGater, 'denyInboundConnection' | 'denyOutboundConnection'> {
    return {
      denyInboundConnection: (connection) => this.#track(connection),
      denyOutboundConnection: (_peer, connection) => this.#track(connection),
    }
  }

  bytes(): SocketBytes {
    let [out, into] = [this.#out, this.#in]
    for (const socket of this.#open) {
      out += socket.bytesWritten
      into += socket.bytesRead
    }
    return { out, in: into }
  }

  /** The TCP transport keeps its socket where no type says so: without one there is nothing to count. */
  #track(connection: MultiaddrConnection): false {
    const socket: unknown = 'socket' in connection ? connection.socket : undefined
    if (!(socket instanceof Socket) || socket.destroyed || this.#open.has(socket)) return false
    this.#open.add(socket)
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#out += socket.bytesWritten
      this.#in += socket.bytesRead
    })
    return false
  }
}

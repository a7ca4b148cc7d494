import { Socket } from 'node:net'
import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'

/** NET-45: what somebody may send who has not shown a key: the handshakes of a connection are less than a tenth of it. */
const UNSECURED_BYTES = 32_768

/**
 * Bounds what is kept of a peer before it has shown who it is: libp2p itself keeps up to 4 MiB of each socket until the handshake
 * is too late, and hundreds of sockets may stand there.
 */
export function handshakeGuard(): Pick<ConnectionGater, 'denyInboundConnection' | 'denyInboundUpgradedConnection'> {
  const unwatch = new WeakMap<MultiaddrConnection, () => void>()
  return {
    denyInboundConnection(connection) {
      const socket = socketOf(connection)
      let bytes = 0
      const count = (chunk: Uint8Array): void => {
        bytes += chunk.length
        if (bytes > UNSECURED_BYTES) connection.abort(new Error('too many bytes before the handshake'))
      }
      socket.on('data', count)
      unwatch.set(connection, () => socket.off('data', count))
      return false
    },
    denyInboundUpgradedConnection(_, connection) {
      unwatch.get(connection)?.()
      return false
    },
  }
}

/** The transport does not tell how much came; its socket does, which is public on its class. */
function socketOf(connection: MultiaddrConnection): Socket {
  const socket: unknown = 'socket' in connection ? connection.socket : undefined
  if (!(socket instanceof Socket)) throw new Error('this transport is not the one that was tried')
  return socket
}

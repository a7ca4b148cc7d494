import type { ComponentLogger, StreamMuxerFactory } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'
import type { YamuxMuxerInit } from '@libp2p/yamux'

/** Of a stream's states those in which a window update carries nothing but bytes: it opens or confirms no stream. */
const SYN_SENT = 1
const ESTABLISHED = 3
/** The one method by which a muxer makes a stream, whoever opened it. */
const NEW_STREAM = '_newStream'

/**
 * Yamux that gives a window back when half of it is used, as the specification of yamux advises. The library answers every message
 * with an update, however small it was: a packet, an encryption and a system call on either side for each record that is sent.
 */
export function quietYamux(
  init: YamuxMuxerInit,
): (components: { readonly logger: ComponentLogger }) => StreamMuxerFactory {
  return () => {
    const factory = yamux(init)()
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => {
      const muxer = create(connection)
      const inside = muxerInside(muxer)
      const make = inside[NEW_STREAM].bind(muxer)
      inside[NEW_STREAM] = (...args) => quietened(make(...args))
      return muxer
    }
    return factory
  }
}

function quietened(stream: object): object {
  if (!isStream(stream)) throw new Error('this yamux is not the one that was tried')
  const update = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    const settled = stream.state === SYN_SENT || stream.state === ESTABLISHED
    if (!settled || stream.recvWindowCapacity * 2 <= stream.recvWindow) update()
  }
  return stream
}

/** What we need of a muxer and its streams beside their interfaces; all of it is there on their classes. */
interface MuxerInside {
  [NEW_STREAM](...args: readonly unknown[]): object
}
interface StreamInside {
  readonly state: number
  readonly recvWindow: number
  readonly recvWindowCapacity: number
  sendWindowUpdate(): void
}

function muxerInside(muxer: object): MuxerInside {
  if (!hasInside(muxer)) throw new Error('this yamux is not the one that was tried')
  return muxer
}

function hasInside(muxer: object): muxer is MuxerInside {
  return NEW_STREAM in muxer && typeof muxer[NEW_STREAM] === 'function'
}

function isStream(stream: object): stream is StreamInside {
  return 'sendWindowUpdate' in stream && typeof stream.sendWindowUpdate === 'function' && 'recvWindowCapacity' in stream
}

import type { Connection, Stream } from '@libp2p/interface'
import { timings } from './timings.ts'

/** NET-16: finds peers that take none of the gossip that waits for them; gossip itself looks only at how much it is. */
export class StallWatch {
  readonly #takenAt = new WeakMap<Stream, number>()

  /** True when one of these connections has a gossip stream that took nothing for `stallMs`; to be asked every few seconds. */
  isStalled(connections: Iterable<Connection>, now: number): boolean {
    return [...connections].flatMap(gossipStreams).some((stream) => this.#isStuck(stream, now))
  }

  #isStuck(stream: Stream, now: number): boolean {
    const takenAt = this.#takenAt.get(stream)
    if (takenAt === undefined) stream.addEventListener('drain', () => this.#takenAt.delete(stream), { once: true })
    if (takenAt === undefined || !stream.writableNeedsDrain) this.#takenAt.set(stream, now)
    else return now - takenAt >= timings.stallMs
    return false
  }
}

/** The streams on which gossip reaches a peer. */
export function gossipStreams(connection: Connection): readonly Stream[] {
  return connection.streams.filter(
    ({ protocol, direction }) => direction === 'outbound' && protocol.startsWith('/meshsub/'),
  )
}

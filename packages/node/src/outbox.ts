import { bounds, type AgentKey, type HaggleRecord, type PayloadHash } from '@haggle/protocol'
import type { Network } from '@haggle/ports'

/** Records for one frame, and the payload that travels with them. */
export interface Parcel {
  readonly records: readonly HaggleRecord[]
  readonly payload: PayloadHash | null
}

/** Parcels that wait for one peer: a whole board and every advert, one record in each. Beyond it the peer learns by digest. */
const PARCELS = bounds.offersOnBoard + bounds.adverts

/**
 * What did not fit into the queue to a peer. Parcels wait as records, which the engine holds anyway, and become bytes when there
 * is room: a whole market reaches a newcomer in order, while the bytes held for one that reads slowly stay few (NET-40).
 */
export class Outbox {
  readonly #network: Pick<Network, 'room'>
  /** False when the queue is full again. */
  readonly #send: (to: AgentKey, parcel: Parcel) => Promise<boolean>
  readonly #waiting = new Map<AgentKey, Parcel[]>()

  constructor(network: Pick<Network, 'room'>, send: (to: AgentKey, parcel: Parcel) => Promise<boolean>) {
    this.#network = network
    this.#send = send
  }

  /** Sends, or lets it wait behind what waits already; false when it does neither. */
  async put(to: AgentKey, parcel: Parcel): Promise<boolean> {
    const before = this.#waiting.get(to)
    if (before !== undefined) return before.length < PARCELS && before.push(parcel) > 0
    if (await this.#send(to, parcel)) return true
    const waiting = [parcel]
    this.#waiting.set(to, waiting)
    void this.#empty(to, waiting)
    return true
  }

  /** Ends when everything went out, or the peer is gone: it learns the rest by tip and digest when it comes back. */
  async #empty(to: AgentKey, waiting: Parcel[]): Promise<void> {
    let failures = 0
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (!(await this.#network.room(to))) break
      if (await this.#send(to, next)) {
        waiting.shift()
        failures = 0
        continue
      }
      // Others may take the room first, once; where there is room and nothing is taken, nobody is there any more.
      failures += 1
      if (failures > 1) break
    }
    this.#waiting.delete(to)
  }
}

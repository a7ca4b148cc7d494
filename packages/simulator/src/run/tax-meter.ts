import type { HaggleRecord } from '@haggle/protocol'
import type { Observer, SeenFrame, SeenGossip } from '../oracle/observer.ts'

/** Messages and their bytes. */
export interface Cost {
  readonly messages: number
  readonly bytes: number
}

/** Counts every message that somebody receives: those of tasks, and those that keep the network together. */
export class TaxMeter implements Observer {
  readonly #ofTasks = { messages: 0, bytes: 0 }
  readonly #overhead = { messages: 0, bytes: 0 }

  get ofTasks(): Cost {
    return { ...this.#ofTasks }
  }

  get overhead(): Cost {
    return { ...this.#overhead }
  }

  heard(...[, , { record, bytes }]: [unknown, unknown, SeenGossip, unknown]): void {
    this.#count(record !== undefined && record.type !== 'advert', bytes.length)
  }

  received({ frame, records, bytes }: SeenFrame): void {
    const ofTask = records.some((record: HaggleRecord) => record.type !== 'advert')
    this.#count(ofTask || (frame !== null && 'contract' in frame), bytes.length)
  }

  #count(ofTask: boolean, bytes: number): void {
    const cost = ofTask ? this.#ofTasks : this.#overhead
    cost.messages += 1
    cost.bytes += bytes
  }
}

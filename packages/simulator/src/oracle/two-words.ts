import type { AgentKey, HaggleRecord, RecordId } from '@haggle/protocol'
import type { Invariant, SeenFrame, SeenGossip, Who, WorldEnd } from './observer.ts'

type Vote = HaggleRecord<'vote'>
type FailedProbe = WorldEnd['failedProbes'][number]

/**
 * Who was shown that somebody voted twice in one place. A key that runs twice, or is put back to what it was, does so without meaning to;
 * the two signatures prove it all the same, and whoever has seen both makes no contract with that key again. Who keeps its word never
 * gives such a proof, and that is a promise of its own.
 */
export class TwoWords {
  /** By who was shown it, author and place: the first vote. */
  readonly #first = new Map<string, RecordId>()
  /** Pairs of who was shown two votes, and whose they are. */
  readonly #proven = new Set<string>()
  readonly #keys = new Map<number, AgentKey>()

  keeper(): Invariant {
    return {
      id: 'two-words',
      begin: ({ members }) => {
        for (const { agent, key } of members) this.#keys.set(agent, key)
      },
      received: ({ records }: SeenFrame, to: Who) => {
        for (const record of records) this.#shown(to.key, record)
      },
      heard: (to: Who, _from: AgentKey, { record }: SeenGossip) => {
        if (record !== undefined) this.#shown(to.key, record)
      },
    }
  }

  /** Whether nothing may come of this pair: one of them was shown what bars the other. */
  isBarred({ requester, worker }: Pick<FailedProbe, 'requester' | 'worker'>): boolean {
    const [one, other] = [this.#keys.get(requester), this.#keys.get(worker)]
    return this.#proven.has(`${one} ${other}`) || this.#proven.has(`${other} ${one}`)
  }

  #shown(to: AgentKey, record: HaggleRecord): void {
    if (record.type !== 'vote') return
    const pair = `${to} ${record.author}`
    const place = `${pair} ${placeOf(record)}`
    const first = this.#first.get(place)
    if (first === undefined) this.#first.set(place, record.id)
    else if (first !== record.id) this.#proven.add(pair)
  }
}

/** A slot has one place for TIMELY and ABSENT, and one for LATE beside it. */
function placeOf({ body: { contract, slot, verdict } }: Vote): string {
  return [contract, slot.entry, slot.duty, slot.milestone, slot.k, verdict === 'late'].join(' ')
}

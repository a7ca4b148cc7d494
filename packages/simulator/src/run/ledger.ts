import type { RecordId } from '@haggle/protocol'
import type { Observer } from '../oracle/observer.ts'

/** Contracts that are remembered while they last. */
const MOST = 100_000

/** What came of the contracts of a run, as their requesters wrote it down. */
export interface Ledger {
  /** Contracts that were accepted or ended otherwise: awards that a worker heard of. */
  readonly contracts: number
  readonly settled: number
  /** Virtual milliseconds from award to closing, all contracts together. */
  readonly contractMs: number
}

/** Counts contracts; finds nothing wrong. */
export class Bookkeeper implements Observer {
  readonly #since = new Map<RecordId, number>()
  #contracts = 0
  #settled = 0
  #contractMs = 0

  get ledger(): Ledger {
    return { contracts: this.#contracts, settled: this.#settled, contractMs: this.#contractMs }
  }

  committed(...[who, now, rows]: Parameters<Required<Observer>['committed']>): void {
    for (const row of rows) {
      if (row.kind !== 'record' || row.record.author !== who.key) continue
      const { record } = row
      if (record.type === 'award') this.#begin(record.id, now.at)
      if (record.type === 'closing') this.#end(record.body.contract, record.body.outcome.end === 'settled', now.at)
    }
  }

  #begin(contract: RecordId, at: number): void {
    if (this.#since.size < MOST) this.#since.set(contract, at)
  }

  /** Only the requester has written an award of its own, so each contract ends here once. */
  #end(contract: RecordId, settled: boolean, at: number): void {
    const since = this.#since.get(contract)
    if (since === undefined) return
    this.#since.delete(contract)
    this.#contracts += 1
    if (settled) this.#settled += 1
    this.#contractMs += at - since
  }
}

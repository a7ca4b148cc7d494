import { bounds, type HaggleRecord, type RecordId, type RecordType } from '@haggle/protocol'
import type { Phase } from '@haggle/ports'

/** Contracts whose task is remembered, for labels only. */
const MOST = bounds.liveContracts * 2

/** Tells to which task and phase a record belongs: labels for counting and for who waits, never a decision. */
export class TaskIndex {
  readonly #taskOf = new Map<RecordId, RecordId>()

  /** The task of a record, or null: it belongs to none, or to a contract that is not known here. */
  taskOf(record: HaggleRecord): RecordId | null {
    if (record.type === 'offer') return record.id
    if (record.type === 'award') this.#learn(record.id, record.body.task)
    if ('task' in record.body) return record.body.task
    return 'contract' in record.body ? this.taskOfContract(record.body.contract) : null
  }

  taskOfContract(contract: RecordId): RecordId | null {
    return this.#taskOf.get(contract) ?? null
  }

  #learn(contract: RecordId, task: RecordId): void {
    this.#taskOf.set(contract, task)
    if (this.#taskOf.size <= MOST) return
    for (const oldest of this.#taskOf.keys()) {
      this.#taskOf.delete(oldest)
      return
    }
  }
}

const phases: Readonly<Record<RecordType, Phase>> = {
  advert: 'market',
  offer: 'market',
  withdrawal: 'market',
  bid: 'market',
  reopening: 'market',
  trace: 'market',
  award: 'formation',
  accept: 'formation',
  decline: 'formation',
  opening: 'formation',
  deliver: 'work',
  failed: 'work',
  withdraw: 'work',
  heartbeat: 'work',
  receipt: 'work',
  fenced: 'work',
  revived: 'work',
  challenge: 'work',
  alive: 'work',
  approve: 'review',
  reject: 'review',
  concede: 'review',
  unseal: 'review',
  cancel: 'closing',
  'cancel-req': 'closing',
  agree: 'closing',
  timeout: 'closing',
  closing: 'closing',
  'witness-set': 'formation',
  ask: 'closing',
  held: 'closing',
  vote: 'closing',
}

/** TAX-01: the phase of a contract in which a record is made. */
export function phaseOf(type: RecordType): Phase {
  return phases[type]
}

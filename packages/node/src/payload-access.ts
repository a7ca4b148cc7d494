import type { AgentKey, HaggleRecord, PayloadHash } from '@haggle/protocol'
import type { Engine } from '@haggle/core'

/** Whether a peer may read a payload: it is a party of a contract with us one of whose records names it. */
export function mayRead(engine: Engine, peer: AgentKey, hash: PayloadHash): boolean {
  return engine
    .contracts()
    .some(
      (contract) =>
        (contract.requester === peer || contract.worker === peer) &&
        engine.records(contract.task).some((record) => names(record, hash, contract.contract)),
    )
}

function names(record: HaggleRecord, hash: PayloadHash, contract: string): boolean {
  if (record.type === 'award') return record.id === contract && record.body.terms.input.hash === hash
  return record.type === 'deliver' && record.body.contract === contract && record.body.resultHash === hash
}

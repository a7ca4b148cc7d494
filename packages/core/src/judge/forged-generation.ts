import type { HaggleRecord, RecordId } from '@haggle/protocol'
import { isOpened, type Contract } from '../contract/contract.ts'

/**
 * CON-39: the records by which a requester took the task to a later generation against its own word: as lapsed after its
 * own opening, by a certificate where no panel exists, by a proof that proves something else, or after its final approval.
 */
export function forgeriesOf(contract: Contract, reopenings: readonly HaggleRecord<'reopening'>[]): RecordId[] {
  const next = contract.award.body.generation + 1
  const forged: RecordId[] = []
  for (const reopening of reopenings) {
    const { task, generation } = reopening.body
    if (reopening.author !== contract.requester || task !== contract.award.body.task || generation !== next) continue
    if (isForged(contract, reopening)) forged.push(reopening.id)
  }
  for (const note of contract.notes) {
    if (note.type !== 'fenced') continue
    const { reason } = note.body
    if (reason === 'certificate' || (reason === 'lapsed' && isOpened(contract))) forged.push(note.id)
  }
  return forged.toSorted()
}

function isForged(contract: Contract, reopening: HaggleRecord<'reopening'>): boolean {
  if (isSettled(contract)) return true
  const { reason, proof } = reopening.body
  switch (reason) {
    case 'lapsed':
      return isOpened(contract)
    case 'certificate':
      return true
    case 'judgement':
      // LEASE-10: without a panel the requester may judge for itself; then nobody is at fault.
      return false
    case 'declined':
      return disproves(contract, proof, ['decline'])
    case 'withdrawn':
      return disproves(contract, proof, ['withdraw'])
    case 'ended':
      return disproves(contract, proof, ['approve', 'reject', 'concede', 'cancel', 'withdraw', 'decline'])
  }
}

function isSettled(contract: Contract): boolean {
  for (const { stage } of contract.nodes.values()) {
    if (stage.kind === 'ended' && stage.outcome.end === 'settled') return true
  }
  return false
}

/** The proof is here and is no such end; a proof that is not here proves nothing either way. */
function disproves(contract: Contract, proof: RecordId | null, types: readonly string[]): boolean {
  const node = proof === null ? undefined : contract.nodes.get(proof)
  if (node === undefined) return false
  if (contract.forks.some((fork) => fork.id === node.entry.id)) return false
  return node.stage.kind !== 'ended' || !types.includes(node.entry.type)
}

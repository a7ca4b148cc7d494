import type { HaggleRecord, RecordId } from '@haggle/protocol'
import { slotNamed } from '../contract/certified-end.ts'
import { hasPanel, isOpened, type Contract } from '../contract/contract.ts'
import type { Grade } from './verdict.ts'

/** A record that took the task to a later generation against its author's own word, or against the panel's. */
export interface Forgery {
  readonly id: RecordId
  readonly grade: Exclude<Grade, 'alleged'>
}

/**
 * CON-39: the records by which a requester took the task to a later generation against its own word: as lapsed after its
 * own opening, by a certificate that there cannot be, by a proof that proves something else, or after its final approval.
 */
export function forgeriesOf(contract: Contract, reopenings: readonly HaggleRecord<'reopening'>[]): Forgery[] {
  const next = contract.award.body.generation + 1
  const forged: Forgery[] = []
  for (const reopening of reopenings) {
    const { task, generation } = reopening.body
    if (reopening.author !== contract.requester || task !== contract.award.body.task || generation !== next) continue
    const grade = gradeOf(contract, reopening)
    if (grade !== null) forged.push({ id: reopening.id, grade })
  }
  for (const note of contract.notes) {
    // A fence names its reopening as proof, which is judged itself.
    if (note.type === 'fenced' && isForgedFence(contract, note)) forged.push({ id: note.id, grade: 'self-proving' })
  }
  return forged.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

function isForgedFence(contract: Contract, { body }: HaggleRecord<'fenced'>): boolean {
  switch (body.reason) {
    case 'certificate':
      return !hasPanel(contract)
    case 'judgement':
      return hasPanel(contract)
    case 'lapsed':
      return isOpened(contract)
    case 'declined':
    case 'withdrawn':
    case 'ended':
      return false
  }
}

function gradeOf(contract: Contract, reopening: HaggleRecord<'reopening'>): Forgery['grade'] | null {
  const { reason, proof } = reopening.body
  if (reason === 'certificate' && !isSettled(contract)) return gradeOfCertificate(contract, proof)
  return isForged(contract, reopening) ? 'self-proving' : null
}

/**
 * VER-10: a certificate is a lie where there can be none, and where the panel or the requester's own word says the opposite of it.
 * Votes that are not in the file prove nothing: who leaves them out of it must not convict the one who holds them.
 */
function gradeOfCertificate(contract: Contract, proof: RecordId | null): Forgery['grade'] | null {
  if (!hasPanel(contract) || proof === null) return 'self-proving'
  const named = slotNamed(contract, proof)
  return named?.missed.kind === 'met' ? 'witnessed' : null
}

function isForged(contract: Contract, reopening: HaggleRecord<'reopening'>): boolean {
  if (isSettled(contract)) return true
  const { reason, proof } = reopening.body
  switch (reason) {
    case 'lapsed':
      return isOpened(contract)
    case 'certificate':
      return false
    case 'judgement':
      // LEASE-10: without a panel the requester may judge for itself; then nobody is at fault.
      return hasPanel(contract)
    case 'declined':
      return disproves(contract, proof, ['decline'])
    case 'withdrawn':
      return disproves(contract, proof, ['withdraw'])
    case 'ended':
      return disproves(contract, proof, ['approve', 'reject', 'concede', 'unseal', 'cancel', 'withdraw', 'decline'])
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
  // With a panel a TIMEOUT can be the end; the votes that make it one may not be here.
  if (node.entry.type === 'timeout' && hasPanel(contract)) return false
  if (contract.forks.some((fork) => fork.id === node.entry.id)) return false
  return node.stage.kind !== 'ended' || !types.includes(node.entry.type)
}

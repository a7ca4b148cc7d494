import type { HaggleRecord } from '@haggle/protocol'
import { hasPanel, type AnswerRecord, type Contract, type EntryRecord } from './contract.ts'

/** A delivery that goes sealed: both hashes are there. */
export interface Seal {
  readonly sealedHash: NonNullable<HaggleRecord<'deliver'>['body']['sealedHash']>
  readonly keyHash: NonNullable<HaggleRecord<'deliver'>['body']['keyHash']>
}

/** The seal of a delivery, or null: it goes as it is. */
export function sealOf(answer: AnswerRecord): Seal | null {
  if (answer.type !== 'deliver') return null
  const { sealedHash, keyHash } = answer.body
  return sealedHash === null || keyHash === null ? null : { sealedHash, keyHash }
}

/** WIT-39: whether a rejection with this reason says that a seal could not be opened, which a panel can find out. */
export function blamesSeal(contract: Pick<Contract, 'award'>, answer: AnswerRecord, reason: string): boolean {
  return reason === 'sealed' && hasPanel(contract) && sealOf(answer) !== null
}

/** The delivery whose seal a rejection says could not be opened, where a panel can find out; null: the rejection says something else. */
export function blamedDelivery(
  contract: Pick<Contract, 'award' | 'nodes'>,
  rejection: EntryRecord,
): HaggleRecord<'deliver'> | null {
  if (rejection.type !== 'reject') return null
  const answer = contract.nodes.get(rejection.body.prev)?.entry
  return answer?.type === 'deliver' && blamesSeal(contract, answer, rejection.body.reason) ? answer : null
}

/** The delivery whose key an UNSEAL gives away. */
export function unsealedDelivery(
  contract: Pick<Contract, 'award' | 'nodes'>,
  unseal: HaggleRecord<'unseal'>,
): HaggleRecord<'deliver'> | null {
  const rejection = contract.nodes.get(unseal.body.prev)?.entry
  return rejection === undefined ? null : blamedDelivery(contract, rejection)
}

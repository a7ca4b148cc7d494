import type { HaggleRecord } from '@haggle/protocol'
import type { Contract } from '../contract/contract.ts'
import type { Deal } from '../state.ts'

/** A contract is a value: what it comes to without a key that opens nothing is found out once for each. */
const known = new WeakMap<Contract, Contract>()

/**
 * VER-19: the contract as it stands for a requester that has tried the key and found that it opens nothing: its rejection still waits for an
 * answer. The key stays in the file, where anybody can try it.
 */
export function asItStands(deal: Pick<Deal, 'contract' | 'role' | 'rechecked'>): Contract {
  const { contract } = deal
  const unseal = wrongKey(deal)
  if (unseal === null) return contract
  const before = known.get(contract)
  if (before !== undefined) return before
  const node = contract.nodes.get(unseal.body.prev)
  if (node === undefined) return contract
  const standing = { ...contract, entries: contract.entries.filter(({ id }) => id !== unseal.id), stage: node.stage }
  known.set(contract, standing)
  return standing
}

/** The key that our worker gave away and that opens nothing; null where there is none, or the contract has gone on from it. */
export function wrongKey({
  contract,
  role,
  rechecked,
}: Pick<Deal, 'contract' | 'role' | 'rechecked'>): HaggleRecord<'unseal'> | null {
  const { stage } = contract
  if (role !== 'requester' || rechecked !== 'fail' || stage.kind !== 'ended' || stage.by.type !== 'unseal') return null
  const { prev } = stage.by.body
  for (const { entry } of contract.nodes.values()) if (entry.type === 'timeout' && entry.body.prev === prev) return null
  return stage.by
}

import { createRecord, type HaggleRecord } from '@haggle/protocol'
import type { Agent } from './agent.ts'
import { fakeSign, networkId } from './identity.ts'
import type { Random } from './random.ts'

/** The second, different entry that a forking agent signs on the same prev; its own engine knows nothing of it. */
export function forkOf(agent: Agent, record: HaggleRecord, random: Random): HaggleRecord | null {
  if (record.author !== agent.key || agent.temper.forks === 0 || !random.chance(agent.temper.forks / 1_000)) return null
  const origin = { networkId, author: agent.key, sign: fakeSign(agent.key) }
  if (record.type === 'deliver') return createRecord('deliver', { ...record.body, size: record.body.size + 1 }, origin)
  if (record.type === 'reject') return createRecord('reject', { ...record.body, note: 'twice' }, origin)
  return null
}

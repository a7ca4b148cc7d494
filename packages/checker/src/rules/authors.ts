import type { HaggleRecord } from '@haggle/protocol'
import type { Finding } from '../history.ts'
import type { Ledger } from '../ledger.ts'
import { foundIn } from './rule.ts'

/** S1: who may say it. What the pen allows is looked at entry by entry, when a log is read. */
export function authors(ledger: Ledger): readonly Finding[] {
  const findings: Finding[] = []
  for (const record of ledger.records.values()) {
    const problem = problemOf(ledger, record)
    if (problem !== null) findings.push(foundIn(ledger, 'S1', problem, [record.id]))
  }
  return findings
}

function problemOf(ledger: Ledger, record: HaggleRecord): string | null {
  switch (record.type) {
    case 'withdrawal':
    case 'reopening':
    case 'award': {
      const offer = ledger.records.get(record.body.task)
      return offer !== undefined && offer.author !== record.author
        ? `${record.type} is not signed by the author of the offer`
        : null
    }
    case 'bid':
      return ledger.records.get(record.body.task)?.author === record.author ? 'an agent bids on its own offer' : null
    case 'opening':
    case 'fenced':
      return byRole(ledger, record, 'requester')
    case 'heartbeat':
      return byRole(ledger, record, 'worker')
    case 'receipt':
    case 'cancel-req':
    case 'agree':
    case 'closing':
    case 'timeout':
      return byRole(ledger, record, 'party')
    default:
      return null
  }
}

function byRole(
  ledger: Ledger,
  record: HaggleRecord<'opening' | 'fenced' | 'heartbeat' | 'receipt' | 'cancel-req' | 'agree' | 'closing' | 'timeout'>,
  role: 'requester' | 'worker' | 'party',
): string | null {
  const award = ledger.records.get(record.body.contract)
  if (award?.type !== 'award') return null
  const isRequester = record.author === award.author
  const isWorker = record.author === award.body.worker
  const may = role === 'party' ? isRequester || isWorker : role === 'requester' ? isRequester : isWorker
  return may ? null : `${record.type} is signed by somebody who is not the ${role} of its contract`
}

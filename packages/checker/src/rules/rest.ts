import type { RecordId, Timestamp } from '@haggle/protocol'
import { exposureEnd } from '../clocks.ts'
import type { Chronicle } from '../chronicle.ts'
import type { CheckInit, Finding } from '../history.ts'
import type { Ledger } from '../ledger.ts'
import { settlingApproval } from './settlements.ts'

/** L1, L3, L6: what must have come to an end once nothing is under way any more. */
export function rest(ledger: Ledger, { restedAt }: CheckInit): readonly Finding[] {
  if (restedAt === null) return []
  return ledger.chronicles.flatMap((chronicle) => [
    ...openOffers(chronicle, restedAt),
    ...openContracts(chronicle, restedAt),
    ...unheard(ledger, chronicle),
  ])
}

function openOffers(
  { records, agent, closedTasks, byTask, directory }: Chronicle,
  restedAt: Timestamp,
): readonly Finding[] {
  const findings: Finding[] = []
  for (const { record } of records.values()) {
    if (record.type !== 'offer' || record.author !== agent || closedTasks.has(record.id)) continue
    if (exposureEnd(record.body.terms) > restedAt) continue
    if (byTask.get(record.id)?.some((held) => settlingApproval(held) !== undefined) === true) continue
    findings.push({
      invariant: 'L1',
      text: 'an offer is neither settled nor off the board',
      records: [record.id],
      directory,
    })
  }
  return findings
}

function openContracts({ contracts, agent, directory }: Chronicle, restedAt: Timestamp): readonly Finding[] {
  const findings: Finding[] = []
  for (const [id, { award, closings, overtaken }] of contracts) {
    // What is open past its exposure is closed by then (CON-31).
    if (overtaken || award.record.body.exposureUntil > restedAt) continue
    if (award.record.author !== agent && award.record.body.worker !== agent) continue
    if (closings.some(({ record }) => record.author === agent)) continue
    findings.push({ invariant: 'L3', text: 'a contract has no closing by this party', records: [id], directory })
  }
  return findings
}

function unheard(ledger: Ledger, { contracts, agent, directory }: Chronicle): readonly Finding[] {
  const findings: Finding[] = []
  for (const [id, held] of contracts) {
    const approval = settlingApproval(held)
    if (approval === undefined || held.award.record.author !== agent) continue
    const worker = ledger.of(held.award.record.body.worker)
    if (worker.length === 0 || worker.some(({ records }) => records.has(approval.id))) continue
    const text = `settled here, and ${worker[0]?.directory ?? ''} does not know`
    const about: readonly RecordId[] = [approval.id, id]
    findings.push({ invariant: 'L6', text, records: about, directory })
  }
  return findings
}

import type { HaggleRecord, RecordId } from '@haggle/protocol'
import type { Chronicle } from '../chronicle.ts'
import type { Finding } from '../history.ts'
import type { Ledger } from '../ledger.ts'
import { foundIn } from './rule.ts'

/** S15: what an agent sent stands in its own log. S16: nothing that it signed contradicts anything else that it signed. */
export function ownWord(ledger: Ledger): readonly Finding[] {
  return [...missing(ledger), ...conflicts(ledger), ...ledger.chronicles.flatMap(chainBreaks)]
}

function missing(ledger: Ledger): readonly Finding[] {
  const findings: Finding[] = []
  for (const record of ledger.records.values()) {
    // An advert binds nobody; of heartbeats only the first of a lease is stored.
    if (record.type === 'advert' || record.type === 'trace') continue
    const own = ledger.of(record.author)
    if (own.length === 0 || own.some(({ records, whole }) => records.has(record.id) || !whole)) continue
    const text = `${record.type} is held by another agent and missing in the log of its author (${own[0]?.directory ?? ''})`
    findings.push(foundIn(ledger, 'S15', text, [record.id]))
  }
  return findings
}

/** Records of one author of which there may be one in one place. */
function conflicts(ledger: Ledger): readonly Finding[] {
  const findings: Finding[] = []
  const first = new Map<string, RecordId>()
  for (const record of ledger.records.values()) {
    for (const place of placesOf(record)) {
      const key = `${record.author}/${place}`
      const other = first.get(key)
      if (other === undefined) first.set(key, record.id)
      else findings.push(foundIn(ledger, 'S16', `two records by one author in one place: ${place}`, [other, record.id]))
    }
  }
  return findings
}

function placesOf(record: HaggleRecord): readonly string[] {
  switch (record.type) {
    case 'award':
      return [`link ${record.body.chainSeq} of its chain`, `prev ${record.body.prev}`]
    case 'accept':
      return [`link ${record.body.chainSeq} of its chain`, `prev ${record.body.prev}`]
    case 'closing':
      return [`link ${record.body.chainSeq} of its chain`, `closing of ${record.body.contract}`]
    case 'decline':
    case 'deliver':
    case 'failed':
    case 'withdraw':
    case 'approve':
    case 'reject':
    case 'concede':
    case 'unseal':
    case 'cancel':
    case 'timeout':
      return [`prev ${record.body.prev}`]
    case 'reopening':
      return [`reopening of ${record.body.task} as generation ${record.body.generation}`]
    case 'bid':
      return [`bid on ${record.body.task}, generation ${record.body.generation}`]
    case 'opening':
    case 'fenced':
      return [`${record.type} of ${record.body.contract}`]
    default:
      return []
  }
}

/** CON-11: the own chain, number by number. Who was overtaken holds links that another process made. */
function chainBreaks(chronicle: Chronicle): readonly Finding[] {
  const overtaken = [...chronicle.contracts.values()].some((held) => held.overtaken)
  if (overtaken || !chronicle.whole) return []
  const findings: Finding[] = []
  let last: { readonly seq: number; readonly id: RecordId | null } = { seq: 0, id: null }
  for (const { record } of chronicle.records.values()) {
    if (record.author !== chronicle.agent) continue
    if (record.type !== 'award' && record.type !== 'accept' && record.type !== 'closing') continue
    const { chainSeq, chainPrev } = record.body
    const at = (invariant: 'S15' | 'S16', text: string): void =>
      void findings.push({ invariant, text, records: [record.id], directory: chronicle.directory })
    if (chainSeq > last.seq + 1) at('S15', `the own chain goes from link ${last.seq} to ${chainSeq}`)
    else if (chainSeq <= last.seq) at('S16', `the own chain goes back from link ${last.seq} to ${chainSeq}`)
    else if (chainPrev !== last.id) at('S16', `link ${chainSeq} of the own chain does not follow the one before it`)
    last = { seq: chainSeq, id: record.id }
  }
  return findings
}

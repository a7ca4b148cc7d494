import type { Chronicle, HeldContract, Node } from '../chronicle.ts'
import type { Finding } from '../history.ts'
import type { Ledger } from '../ledger.ts'

/** S11: who delivered or answered is not said to have been silent. S18: who accepted nothing owes nothing. */
export function allegations(ledger: Ledger): readonly Finding[] {
  return ledger.chronicles.flatMap((chronicle) =>
    [...chronicle.contracts.values()].flatMap((held) => [...silences(chronicle, held), ...strangers(chronicle, held)]),
  )
}

function silences({ directory }: Chronicle, { award, nodes, alleged }: HeldContract): readonly Finding[] {
  const findings: Finding[] = []
  for (const each of alleged) {
    const last = newestBefore([...nodes.values()], each.seq)
    const owed = each.fault === 'SILENT_REVIEW' ? award.record.author : award.record.body.worker
    const kinds = each.fault === 'SILENT_REVIEW' ? ['review'] : ['working', 'rejected']
    const isOwed = last !== undefined && kinds.includes(last.stage.kind) && each.party === owed
    if (isOwed) continue
    const text = `${each.fault} is alleged in row ${each.seq}, after ${last?.entry.type ?? 'nothing but the award'}`
    const records = last === undefined ? [award.record.id] : [last.entry.id, award.record.id]
    findings.push({ invariant: last === undefined ? 'S18' : 'S11', text, records, directory })
  }
  return findings
}

/** A timeout stands beside what the old holder wrote; it is no answer itself. */
function newestBefore(nodes: readonly Node[], seq: number): Node | undefined {
  return nodes.findLast((node) => node.seq < seq && node.entry.type !== 'timeout')
}

function strangers({ directory }: Chronicle, { award, nodes, closings }: HeldContract): readonly Finding[] {
  const { worker } = award.record.body
  const accepted = [...nodes.values()].some(({ entry }) => entry.type === 'accept')
  if (accepted) return []
  return closings
    .filter(({ record }) => record.body.outcome.party === worker)
    .map(({ record }) => ({
      ...{ invariant: 'S18' as const, directory },
      text: 'a fault is held against a worker that accepted nothing',
      records: [record.id, award.record.id],
    }))
}

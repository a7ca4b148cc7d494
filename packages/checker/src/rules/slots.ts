import type { Chronicle, HeldContract } from '../chronicle.ts'
import type { CheckInit, Finding } from '../history.ts'
import type { Ledger } from '../ledger.ts'

/** S9: at each accept, the contracts under work are no more than the slots. */
export function slots(ledger: Ledger, { slots: most }: CheckInit): readonly Finding[] {
  return most === null ? [] : ledger.chronicles.flatMap((chronicle) => overfull(chronicle, most))
}

function overfull(chronicle: Chronicle, most: number): readonly Finding[] {
  const mine = [...chronicle.contracts.values()].filter(({ award }) => award.record.body.worker === chronicle.agent)
  const spans = mine.flatMap((held) => {
    const accept = [...held.nodes.values()].find(({ entry }) => entry.type === 'accept')
    return accept === undefined ? [] : [{ held, accept, until: endOf(chronicle, held) }]
  })
  const findings: Finding[] = []
  // By the row of the accept; those before it that had not ended are beside it.
  let open: typeof spans = []
  for (const span of spans.toSorted((a, b) => a.accept.seq - b.accept.seq)) {
    open = [...open.filter(({ until }) => until > span.accept.seq), span]
    const worked = open.filter(({ held }) => isUnderWork(held, span.accept.seq))
    if (worked.length <= most) continue
    const records = [span.accept.entry.id, ...worked.map(({ held }) => held.award.record.id)]
    const text = `${worked.length} contracts under work with ${most} slot(s)`
    findings.push({ invariant: 'S9', text, records, directory: chronicle.directory })
  }
  return findings
}

/** The row after which a contract uses no slot any more. */
function endOf(chronicle: Chronicle, held: HeldContract): number {
  const rows = [...held.lapsed]
  for (const { seq, stage } of held.nodes.values())
    if (stage.kind === 'ended' || stage.kind === 'timed-out') rows.push(seq)
  for (const { seq, record } of held.closings) if (record.author === chronicle.agent) rows.push(seq)
  if (held.overtaken) rows.push(0)
  return rows.length === 0 ? Number.MAX_SAFE_INTEGER : Math.min(...rows)
}

/** A contract that waits for its review uses no slot. */
function isUnderWork({ nodes }: HeldContract, at: number): boolean {
  const last = [...nodes.values()].findLast(({ seq }) => seq <= at)
  return last?.stage.kind === 'working' || last?.stage.kind === 'rejected'
}

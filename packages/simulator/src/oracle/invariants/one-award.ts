import type { AgentKey, HaggleRecord, RecordId } from '@haggle/protocol'
import type { Invariant } from '../observer.ts'

/** S2: one award for each task and generation of a requester, over all its restarts. Only what somebody else may have seen counts. */
export function oneAward(): Invariant {
  const known = new Map<string, HaggleRecord>()
  const correct = new Set<AgentKey>()
  let report: Parameters<Invariant['begin']>[1] = () => {}
  return {
    id: 'S2',
    begin: (cast, reportTo) => {
      report = reportTo
      for (const { key, correct: follows, forgets } of cast.members) if (follows && !forgets) correct.add(key)
    },
    sent: ({ from, records }, now) => {
      for (const record of records) {
        if (record.type !== 'award' || record.author !== from.key || !correct.has(record.author)) continue
        const { task, generation } = record.body
        const place = `${task} ${generation}`
        const before = known.get(place)
        if (before === undefined) known.set(place, record)
        else if (before.id !== record.id) {
          report({
            text: `agent ${from.agent} awarded generation ${generation} of one task twice`,
            proof: [before, record],
            at: now.at,
          })
        }
      }
    },
  }
}

/** S5: a task is settled once. */
export function oneSettlement(): Invariant {
  const correct = new Set<AgentKey>()
  const awards = new Map<RecordId, HaggleRecord<'award'>>()
  const settled = new Map<RecordId, HaggleRecord>()
  let report: Parameters<Invariant['begin']>[1] = () => {}
  return {
    id: 'S5',
    begin: (cast, reportTo) => {
      report = reportTo
      // Who was put back to a backup may be cut off from everybody that could tell it what it has settled (S16).
      for (const { key, correct: follows, forgets } of cast.members) if (follows && !forgets) correct.add(key)
    },
    committed: (who, now, rows) => {
      for (const row of rows) {
        if (row.kind !== 'record') continue
        const { record } = row
        if (record.type === 'award') awards.set(record.id, record)
        if (record.type !== 'closing' || record.author !== who.key || record.body.outcome.end !== 'settled') continue
        const award = awards.get(record.body.contract)
        if (award === undefined || !correct.has(award.author)) continue
        const { task } = award.body
        const before = settled.get(task)
        if (before?.type !== 'closing') settled.set(task, record)
        else if (before.body.contract !== record.body.contract) {
          report({ text: `one task was settled in two contracts`, proof: [before, record], at: now.at })
        }
      }
    },
  }
}

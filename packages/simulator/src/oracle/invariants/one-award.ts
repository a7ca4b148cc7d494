import type { AgentKey, HaggleRecord, RecordId } from '@haggle/protocol'
import type { Invariant } from '../observer.ts'

/**
 * S2: one award for each task and generation of a requester, over all its restarts; of two by a cheat a worker accepts one. Only what
 * somebody else may have seen counts.
 */
export function oneAward(): Invariant {
  const known = new Map<string, HaggleRecord<'award'>>()
  const awards = new Map<RecordId, HaggleRecord<'award'>>()
  /** By the worker and the place: the award that it accepted. */
  const accepted = new Map<string, HaggleRecord<'award'>>()
  const correct = new Set<AgentKey>()
  let report: Parameters<Invariant['begin']>[1] = () => {}
  const accept = (agent: number, { author, body }: HaggleRecord<'accept'>, at: number): void => {
    const award = awards.get(body.contract)
    if (award === undefined || award.body.worker !== author) return
    const { task, generation } = award.body
    const place = `${author} ${task} ${generation}`
    const before = accepted.get(place)
    if (before === undefined) accepted.set(place, award)
    else if (before.id !== award.id) {
      const text = `agent ${agent} accepted two awards for generation ${generation} of one task`
      report({ text, proof: [before, award], at })
    }
  }
  return {
    id: 'S2',
    begin: (cast, reportTo) => {
      report = reportTo
      for (const { key, correct: follows, forgets } of cast.members) if (follows && !forgets) correct.add(key)
    },
    sent: ({ from, records }, now) => {
      for (const record of records) {
        if (record.type === 'award') awards.set(record.id, record)
        if (record.author !== from.key || !correct.has(record.author)) continue
        if (record.type === 'accept') accept(from.agent, record, now.at)
        if (record.type !== 'award') continue
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

interface Pending {
  readonly seq: number
  readonly record: HaggleRecord<'closing'>
}

/** S5: a task is settled once. What a crash took away before it was on disk was seen by nobody and settled nothing. */
export function oneSettlement(): Invariant {
  const correct = new Set<AgentKey>()
  const awards = new Map<RecordId, HaggleRecord<'award'>>()
  const settled = new Map<RecordId, HaggleRecord<'closing'>>()
  /** By directory: settlements that are not on disk yet. */
  const pending = new Map<number, readonly Pending[]>()
  let report: Parameters<Invariant['begin']>[1] = () => {}
  const settle = (record: HaggleRecord<'closing'>, at: number): void => {
    const award = awards.get(record.body.contract)
    if (award === undefined || !correct.has(award.author)) return
    const { task } = award.body
    const before = settled.get(task)
    if (before === undefined) settled.set(task, record)
    else if (before.body.contract !== record.body.contract) {
      report({ text: `one task was settled in two contracts`, proof: [before, record], at })
    }
  }
  const settleBelow = (disk: number, end: number, at: number): void => {
    for (const { seq, record } of pending.get(disk) ?? []) if (seq < end) settle(record, at)
  }
  return {
    id: 'S5',
    begin: (cast, reportTo) => {
      report = reportTo
      // Who was put back to a backup may be cut off from everybody that could tell it what it has settled (S16).
      for (const { key, correct: follows, forgets } of cast.members) if (follows && !forgets) correct.add(key)
    },
    committed: (who, _now, rows) => {
      for (const row of rows) {
        if (row.kind !== 'record') continue
        const { record } = row
        if (record.type === 'award') awards.set(record.id, record)
        if (record.type !== 'closing' || record.author !== who.key || record.body.outcome.end !== 'settled') continue
        pending.set(who.disk, [...(pending.get(who.disk) ?? []), { seq: row.seq, record }])
      }
    },
    synced: (who, now, next) => {
      const end = next['log'] ?? 0
      if (!pending.has(who.disk)) return
      settleBelow(who.disk, end, now.at)
      pending.set(
        who.disk,
        (pending.get(who.disk) ?? []).filter(({ seq }) => seq >= end),
      )
    },
    survived: (disk, now, next) => {
      settleBelow(disk, next['log'] ?? 0, now.at)
      pending.delete(disk)
    },
  }
}

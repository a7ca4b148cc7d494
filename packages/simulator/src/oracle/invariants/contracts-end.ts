import type { AgentKey, HaggleRecord, RecordId } from '@haggle/protocol'
import type { Invariant } from '../observer.ts'

/** Writing down an end takes a moment. */
const SLACK_MS = 1_000

interface OpenContract {
  readonly award: HaggleRecord<'award'>
  readonly row: number
  readonly ends: number[]
}

/** L3: in the log of every agent of the core every contract has come to an end by its own last moment. */
export function contractsEnd(): Invariant {
  /** By directory: contracts that were begun, and the rows that end them. */
  const books = new Map<number, Map<RecordId, OpenContract>>()
  const diskOf = new Map<number, number>()
  const core = new Set<number>()
  let report: Parameters<Invariant['begin']>[1] = () => {}
  return {
    id: 'L3',
    begin: (cast, reportTo) => {
      report = reportTo
      for (const { agent, core: healed, correct } of cast.members) if (healed && correct) core.add(agent)
    },
    started: (who) => {
      if (core.has(who.agent)) diskOf.set(who.agent, Math.min(who.disk, diskOf.get(who.agent) ?? who.disk))
    },
    committed: (who, _now, rows) => {
      if (!core.has(who.agent)) return
      const book = books.get(who.disk) ?? new Map<RecordId, OpenContract>()
      books.set(who.disk, book)
      for (const row of rows) {
        if (row.kind === 'record') {
          const { record } = row
          if (record.type === 'award' && isParty(record, who.key) && !book.has(record.id))
            book.set(record.id, { award: record, row: row.seq, ends: [] })
          if (record.type === 'closing' && record.author === who.key) book.get(record.body.contract)?.ends.push(row.seq)
        } else if (row.kind === 'entry' && row.entry['kind'] === 'overtaken') {
          for (const [id, open] of book) if (id === row.entry['contract']) open.ends.push(row.seq)
        }
      }
    },
    survived: (disk, _now, next) => {
      const end = next['log'] ?? 0
      for (const [id, open] of books.get(disk) ?? []) {
        if (open.row >= end) books.get(disk)?.delete(id)
        else open.ends.splice(0, open.ends.length, ...open.ends.filter((row) => row < end))
      }
    },
    finish: ({ livenessUntil, at, wall }) => {
      if (livenessUntil === null) return
      for (const agent of core) {
        for (const { award, ends } of books.get(diskOf.get(agent) ?? -1)?.values() ?? []) {
          // Somebody outside of the core may have begun it just now.
          if (ends.length > 0 || award.body.exposureUntil + SLACK_MS > wall) continue
          report({ text: `a contract still stands at agent ${agent} when all clocks have run out`, proof: [award], at })
        }
      }
    },
  }
}

/** A witness keeps the award of a contract that is not its own. */
function isParty({ author, body }: HaggleRecord<'award'>, key: AgentKey): boolean {
  return author === key || body.worker === key
}

import type { HaggleRecord, RecordId } from '@haggle/protocol'
import { Book } from './book.ts'
import type { Cast, CastMember, Finding, Invariant, Moment, SeenRow, Who } from './observer.ts'

/** A row of the log of an agent that runs the product, just taken in. */
export interface Logged {
  readonly who: Who
  readonly now: Moment
  readonly row: SeenRow
  /** The log with the row in it. */
  readonly book: Book
  /** A record that this process has just signed: not one of its own that came back from somebody. */
  readonly fresh: boolean
  /** Why the row has no place in the log, if it has none. */
  readonly misplaced: string | null
}
export type Say = (text: string, proof: readonly HaggleRecord[], at: number) => void

/** The logs of all agents that run the product, read as they are written: what most promises are checked against. */
export class Ledger {
  readonly books = new Map<number, Book>()
  readonly members = new Map<number, CastMember>()
  readonly memberOf = new Map<string, CastMember>()
  /** The first directory of each agent: the one that is left at the end. */
  readonly homes = new Map<number, number>()
  /** Everything that was ever written by a party, wherever: who owns a task, and who are the two of a contract. */
  readonly offers = new Map<RecordId, HaggleRecord<'offer'>>()
  readonly awards = new Map<RecordId, HaggleRecord<'award'>>()
  /** What went out under the key of its author, from whichever of his processes. */
  readonly said = new Set<RecordId>()
  readonly #watchers: ((logged: Logged) => void)[] = []

  watch(watcher: (logged: Logged) => void): void {
    this.#watchers.push(watcher)
  }

  bookOf(disk: number): Book | undefined {
    return this.books.get(disk)
  }

  /** The log that an agent has at the end. */
  homeOf(agent: number): Book | undefined {
    return this.books.get(this.homes.get(agent) ?? -1)
  }

  /** Null for who cheats, and for who may contradict what it has forgotten. */
  keepsItsWord(key: string): boolean {
    const member = this.memberOf.get(key)
    return member !== undefined && member.correct && !member.forgets
  }

  /** What keeps the ledger up to date; comes before every promise that looks at it. */
  keeper(): Invariant {
    return {
      id: 'ledger',
      begin: (cast) => this.#begin(cast),
      started: (who) => {
        if (!this.homes.has(who.agent)) this.homes.set(who.agent, who.disk)
      },
      committed: (who, now, rows) => this.#committed(who, now, rows),
      survived: (disk, _now, next) => {
        const book = this.books.get(disk)
        const end = next['log'] ?? 0
        if (book !== undefined && (book.rows.at(-1)?.seq ?? 0) >= end) this.books.set(disk, cut(book, disk, end))
      },
      copied: (from, to, next) => {
        const book = this.books.get(from)
        if (book !== undefined) this.books.set(to, cut(book, to, next['log'] ?? 0))
      },
      sent: ({ from, records }) => {
        for (const record of records) this.#hear(from, record)
      },
      published: (from, { record }) => {
        if (record !== undefined) this.#hear(from, record)
      },
    }
  }

  #begin(cast: Cast): void {
    for (const member of cast.members) {
      this.members.set(member.agent, member)
      this.memberOf.set(member.key, member)
    }
  }

  #committed(who: Who, now: Moment, rows: readonly SeenRow[]): void {
    if (this.members.get(who.agent)?.correct !== true) return
    const book = this.books.get(who.disk) ?? new Book(who.agent, who.key, who.disk)
    this.books.set(who.disk, book)
    for (const row of rows) {
      if (row.table !== 'log') continue
      if (row.kind === 'record') this.#know(row.record)
      const fresh = row.kind === 'record' && row.record.author === who.key && !this.said.has(row.record.id)
      const logged = { who, now, row, book, fresh, misplaced: book.add(row) }
      for (const watcher of this.#watchers) watcher(logged)
    }
  }

  #hear(from: Who, record: HaggleRecord): void {
    if (record.author === from.key) this.said.add(record.id)
    this.#know(record)
  }

  #know(record: HaggleRecord): void {
    if (record.type === 'offer') this.offers.set(record.id, record)
    else if (record.type === 'award') this.awards.set(record.id, record)
  }
}

function cut(book: Book, disk: number, end: number): Book {
  const left = new Book(book.agent, book.key, disk)
  for (const row of book.rows) if (row.seq < end) left.add(row)
  return left
}

/** A promise about what stands in logs: checked with every row. */
export function overLogs(id: string, ledger: Ledger, check: (logged: Logged, say: Say) => void): Invariant {
  return {
    id,
    begin: (_cast, report) => {
      const say = sayer(report)
      ledger.watch((logged) => check(logged, say))
    },
  }
}

export function sayer(report: (finding: Omit<Finding, 'invariant'>) => void): Say {
  return (text, proof, at) => report({ text, proof, at })
}

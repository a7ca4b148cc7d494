import { withArticle } from '../article.ts'
import type { HaggleRecord, RecordId } from '@haggle/protocol'
import type { Book } from '../book.ts'
import { overLogs, sayer, type Ledger } from '../ledger.ts'
import type { Invariant, Moment, Who } from '../observer.ts'
import { firstDue } from '../windows.ts'

/** Both clocks are cut to whole milliseconds. */
const FLICKER_MS = 3
/** TIME-02: twice ε, by how much clocks that are right may differ. A reopening names no ε of its own: that of a LAN counts. */
const DATED_AHEAD_MS = { offer: 100, reopening: 1_000 } as const
/** What arrives is taken in within this. */
const HANDLED_MS = 50

/** S20: what ran out stays so whatever a clock does later, and a clock that jumped speaks against nobody. */
export function clocksReviveNothing(ledger: Ledger): Invariant {
  const walls = new Walls()
  /** By process: how far its wall clock stood from its monotonic one at first. */
  const offsets = new Map<number, number>()
  const rows = overLogs('S20', ledger, ({ who, now, row, book, fresh }, say) => {
    walls.acted(who, now)
    if (row.kind !== 'record' || !fresh) return
    const text =
      problemOf(book, row.record, (id) => walls.latestSince(who, id)) ??
      jumped(ledger, book, row.record, who, now, offsets, walls)
    if (text !== null) say(`agent ${who.agent} ${text}`, [row.record], now.at)
  })
  let report: Parameters<Invariant['begin']>[1] = () => {}
  const revived = (who: Who, tasks: readonly RecordId[], now: Moment): void => {
    const back = tasks.find((id) => walls.hasRunOut(who, id))
    const offer = back === undefined ? undefined : ledger.offers.get(back)
    if (offer !== undefined && offer.author !== who.key)
      sayer(report)(`agent ${who.agent} has an offer on its board that had run out there`, [offer], now.at)
  }
  return {
    ...rows,
    begin: (cast, reportTo) => {
      report = reportTo
      rows.begin(cast, reportTo)
    },
    started: (who, now) => offsets.set(who.life, now.wall - now.mono),
    received: ({ records }, to, now) => {
      for (const record of records) walls.met(to, record, now)
    },
    heard: (to, _from, { record }, now) => {
      if (record !== undefined) walls.met(to, record, now)
    },
    sent: ({ from, frame, records }, now) => {
      if (!walls.wasSetBack(from) || ledger.members.get(from.agent)?.correct !== true) return
      const onBoard = frame?.kind === 'digest' ? frame.held : records.map(({ id }) => id)
      revived(from, onBoard, now)
    },
    requested: (who, now, kind, subject) => {
      if (kind === 'quote' && walls.wasSetBack(who)) revived(who, [subject], now)
    },
  }
}

/** How late it ever was by the clock of each process while it acted: what it let run out then is gone. */
class Walls {
  /** Where a clock stood before it was set back; there are few. */
  readonly #peaks = new Map<number, { readonly at: number; readonly wall: number }[]>()
  readonly #last = new Map<number, { readonly at: number; readonly wall: number }>()
  readonly #met = new Map<string, number>()
  /** By process and task: offers that ever came there. */
  readonly #offers = new Set<string>()
  /** By process and task: when it was last called out there, and until when at most. */
  readonly #calls = new Map<string, { readonly since: number; readonly until: number }>()

  /** How far ahead each agent's wall clock was when it last did anything. */
  readonly #ahead = new Map<number, number>()

  /** Somebody else's clock shows about the same wrong time. */
  vouchedFor({ agent }: Who, { at, wall }: Moment, epsilonMs: number): boolean {
    for (const [other, ahead] of this.#ahead)
      if (other !== agent && Math.abs(wall - at - ahead) <= 3 * epsilonMs) return true
    return false
  }

  acted({ life, agent }: Who, { at, wall }: Moment): void {
    this.#ahead.set(agent, wall - at)
    const last = this.#last.get(life)
    this.#last.set(life, { at, wall })
    if (last === undefined || wall >= last.wall) return
    const peaks = this.#peaks.get(life) ?? []
    this.#peaks.set(life, peaks)
    peaks.push(last)
  }

  met({ life }: Who, record: HaggleRecord, { at, wall }: Moment): void {
    if (record.type !== 'offer' && record.type !== 'reopening') return
    const task = `${life} ${record.type === 'offer' ? record.id : record.body.task}`
    if (record.type === 'offer') this.#offers.add(task)
    // What has run out already when it comes is not taken in, and may be when the clock is right again.
    // So is what is dated ahead: it waits beside the board for its time, which may never come.
    const isForNow = record.body.expires > wall && record.body.at <= wall + DATED_AHEAD_MS[record.type]
    const isNew = !this.#met.has(`${life} ${record.id}`) && isForNow
    if (!isNew) return
    // A reopening of an unknown task waits for its offer: until then nothing was called out there.
    const isCalled = this.#offers.has(task)
    if (isCalled) this.#met.set(`${life} ${record.id}`, at)
    const until = Math.max(record.body.expires, this.#calls.get(task)?.until ?? 0)
    this.#calls.set(task, { since: isCalled ? at : Infinity, until })
  }

  wasSetBack({ life }: Who): boolean {
    return this.#peaks.has(life)
  }

  /** Every call of a task that this process ever heard was over by its own clock, and nobody has called it out since. */
  hasRunOut({ life }: Who, task: RecordId): boolean {
    const peaks = this.#peaks.get(life)
    const call = peaks === undefined ? undefined : this.#calls.get(`${life} ${task}`)
    if (peaks === undefined || call === undefined) return false
    return peaks.some(({ at, wall }) => at > call.since + HANDLED_MS && wall > call.until + HANDLED_MS)
  }

  latestSince({ life }: Who, id: RecordId): number | null {
    const met = this.#met.get(`${life} ${id}`) ?? Infinity
    const walls = (this.#peaks.get(life) ?? []).flatMap(({ at, wall }) => (at > met + HANDLED_MS ? [wall] : []))
    return walls.length === 0 ? null : Math.max(...walls)
  }
}

function problemOf(book: Book, record: HaggleRecord, latestSince: (id: RecordId) => number | null): string | null {
  switch (record.type) {
    case 'award':
    case 'reopening':
      return book.closedTasks.has(record.body.task) ? 'went on with a task that was off the board' : null
    case 'accept':
    case 'opening':
      if (record.type === 'opening' && isWithdrawn(book, record)) return 'opened a task that it had taken back'
      return revivedFile(book, record.body.contract)
        ? `signed ${withArticle(record.type)} for an award that had lapsed`
        : null
    case 'bid': {
      const call = callOf(book, record)
      const latest = call === null ? null : latestSince(call.id)
      return call !== null && latest !== null && latest > call.body.expires ? 'bid for an offer that had run out' : null
    }
    default:
      return null
  }
}

function revivedFile(book: Book, contract: RecordId): boolean {
  return book.files.get(contract)?.lapsed === true
}

function isWithdrawn(book: Book, { author, body }: HaggleRecord<'opening'>): boolean {
  const task = book.files.get(body.contract)?.award.body.task
  for (const record of book.records.values())
    if (record.type === 'withdrawal' && record.author === author && record.body.task === task) return true
  return false
}

/** What is bid on: the offer, or what opened its task again. */
function callOf(book: Book, { body }: HaggleRecord<'bid'>): HaggleRecord<'offer' | 'reopening'> | null {
  const offer = book.records.get(body.task)
  if (offer?.type !== 'offer' || body.generation === 1) return offer?.type === 'offer' ? offer : null
  for (const record of book.records.values()) {
    if (record.type === 'reopening' && record.body.task === body.task && record.body.generation === body.generation)
      return record
  }
  return null
}

/** TIME-26: who saw its own wall clock jump says of nobody that his time ran out, where it had not. */
function jumped(
  ledger: Ledger,
  book: Book,
  record: HaggleRecord,
  who: Who,
  now: Moment,
  offsets: ReadonlyMap<number, number>,
  walls: Walls,
): string | null {
  const file = record.type === 'timeout' ? book.files.get(record.body.contract) : undefined
  if (file === undefined || record.type !== 'timeout' || record.body.duty !== 'delivery') return null
  const jumpMs = now.wall - now.mono - (offsets.get(who.life) ?? 0)
  const { epsilonMs } = ledger.members.get(who.agent) ?? { epsilonMs: 0 }
  // Who is as wrong as it is may vouch for it.
  if (walls.vouchedFor(who, now, epsilonMs)) return null
  if (jumpMs <= epsilonMs + FLICKER_MS || record.body.milestone > 0) return null
  return now.wall - jumpMs < firstDue(file.award) ? 'said by a clock that jumped that a time was over' : null
}

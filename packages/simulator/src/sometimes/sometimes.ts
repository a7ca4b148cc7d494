import type { AgentKey, HaggleRecord } from '@haggle/protocol'
import { Book } from '../oracle/book.ts'
import type { Cast, Invariant, Moment, SeenFrame, SeenRow, Who, WorldEnd } from '../oracle/observer.ts'
import { metByPanels } from './panels.ts'
import { occasions, type Occasion } from './occasions.ts'

/** Counts what a batch of worlds must meet now and then: a world without trouble proves nothing. Finds nothing wrong. */
export class Sometimes implements Invariant {
  readonly id = 'sometimes'
  readonly #counts = new Map<Occasion, number>()
  readonly #books = new Map<number, Book>()
  readonly #sent = new Set<string>()
  readonly #members = new Map<number, { readonly correct: boolean }>()
  readonly #running = new Map<number, number>()

  /** How often each occasion was met. */
  counts(): Readonly<Record<string, number>> {
    const none = Object.keys(occasions).map((name): [string, number] => [name, 0])
    return Object.fromEntries([...none, ...this.#counts])
  }

  begin(cast: Cast): void {
    for (const member of cast.members) this.#members.set(member.agent, member)
    if (cast.members.some(({ correct }) => !correct)) this.#met('a-cheat-takes-part')
  }

  started(who: Who): void {
    if (this.#running.has(who.agent)) this.#met('key-runs-twice')
    this.#running.set(who.agent, who.life)
    const book = this.#books.get(who.disk)
    if (book === undefined) return
    this.#met('restart')
    for (const file of book.files.values()) {
      if (file.isOver) continue
      this.#met(file.role === 'requester' ? 'requester-restarts-in-a-contract' : 'worker-restarts-in-a-contract')
    }
  }

  ended(who: Who, _now: Moment, how: 'crash' | 'stop' | 'halt'): void {
    if (this.#running.get(who.agent) === who.life) this.#running.delete(who.agent)
    this.#met(how === 'crash' ? 'crash' : how === 'halt' ? 'disk-stops-an-agent' : 'stop')
  }

  committed(who: Who, _now: Moment, rows: readonly SeenRow[]): void {
    if (this.#members.get(who.agent)?.correct !== true) return
    const book = this.#books.get(who.disk) ?? new Book(who.agent, who.key, who.disk)
    this.#books.set(who.disk, book)
    for (const row of rows) {
      if (row.kind === 'record') this.#record(who, book, row.record)
      if (row.kind === 'entry') this.#entry(row.entry)
      if (row.kind === 'event') this.#event(row.event())
      if (row.table === 'log') book.add(row)
    }
  }

  survived(disk: number, _now: Moment, next: Readonly<Record<string, number>>): void {
    const book = this.#books.get(disk)
    const end = next['log'] ?? 0
    if (book === undefined || (book.rows.at(-1)?.seq ?? 0) < end) return
    this.#met('log-loses-its-tail')
    const left = new Book(book.agent, book.key, disk)
    for (const row of book.rows) if (row.seq < end) left.add(row)
    this.#books.set(disk, left)
  }

  sent({ from, to, frame, records }: SeenFrame): void {
    if (isPush(from, to, records)) this.#met('push')
    if (frame?.kind === 'tip') this.#met('contracts-are-compared')
    if (frame?.kind === 'want') this.#met('an-offer-is-asked-for')
    for (const record of records) {
      const place = `${from.life} ${to} ${record.id}`
      if (record.author === from.key && this.#sent.has(place)) this.#again(record)
      this.#sent.add(place)
    }
  }

  received({ from, frame, records }: SeenFrame, to: Who): void {
    if (frame === null) this.#met('a-frame-means-nothing')
    const book = this.#books.get(to.disk)
    for (const record of records) {
      if (record.author === to.key) this.#met('own-record-comes-back')
      if (!('contract' in record.body) || book === undefined) continue
      const file = book.files.get(record.body.contract)
      if (file?.records.has(record.id) === true) this.#met('duplicate-comes')
      if ('prev' in record.body && file?.records.has(record.body.prev) === false)
        this.#met('entry-comes-before-its-prev')
      if (file?.reopenedBy != null && record.author === from.key) this.#met('zombie-speaks')
      if (record.type === 'accept' && file?.isOver === true) this.#met('accept-comes-late')
    }
  }

  commanded(_who: Who, _now: Moment, kind: string, refusal: string | null): void {
    if (refusal === null) return
    if (kind === 'deliver') this.#met('delivery-refused')
    if (refusal === 'bid/no-slot') this.#met('no-slot-for-a-bid')
  }

  finish({ proven }: WorldEnd): void {
    if (proven !== null) for (const name of metByPanels(proven)) this.#met(name)
  }

  fault(_now: number, name: string): void {
    if (name === 'partition') this.#met('partition')
    if (name === 'clock-step') this.#met('clock-steps')
    if (name === 'replay') this.#met('old-gossip-comes-again')
  }

  #record(who: Who, book: Book, record: HaggleRecord): void {
    const own = record.author === who.key
    switch (record.type) {
      case 'decline':
        this.#met('award-declined')
        return
      case 'reopening':
        if (own) this.#reopening(book, record)
        return
      case 'award':
        if (own) this.#award(book, record)
        return
      case 'deliver':
        if (own && record.body.revision > 0) this.#met('delivered-again')
        if (own && record.body.milestone > 0) this.#met('later-milestone-delivered')
        return
      case 'approve':
        if (own && book.files.get(record.body.contract)?.opening === null) this.#met('review-stands-for-the-opening')
        return
      case 'timeout':
        this.#met(`${record.body.duty}-runs-out`)
        return
      case 'withdrawal':
        if (own && book.ofTask.has(record.body.task)) this.#met('withdrawal-crosses-an-award')
        return
      case 'closing':
        if (own) this.#closing(record)
        return
      default:
        this.#other(record)
    }
  }

  #reopening(book: Book, { body }: HaggleRecord<'reopening'>): void {
    if (body.reason === 'certificate') this.#met('reopened-by-certificate')
    if (body.reason === 'declined') this.#met('reopened-after-decline')
    if (body.reason === 'lapsed') this.#met('reopened-after-lapse')
    if (body.reason === 'judgement') {
      const last = book.ofTask.get(body.task)?.at(-1)
      this.#met(last?.spot.at === 'works' ? 'reopened-by-judgement' : 'reopened-after-timeout')
    }
    if (body.reason === 'ended' || body.reason === 'withdrawn') this.#met('reopened-after-an-end')
  }

  #award(book: Book, { body }: HaggleRecord<'award'>): void {
    const offer = book.records.get(body.task)
    const bid = book.records.get(body.bid)
    if (body.generation > 2) this.#met('third-generation')
    if (body.reserves.length > 0) this.#met('award-with-reserves')
    if (bid?.type === 'bid' && bid.body.generation < body.generation) this.#met('reserve-takes-the-task')
    if (offer?.type !== 'offer') return
    if (offer.body.mode === 'claim') this.#met('claim-awarded')
    else this.#met(offer.body.bidding === 'sealed' ? 'sealed-bid-awarded' : 'open-bid-awarded')
    if (body.terms.timers.leaseMs > offer.body.terms.timers.leaseMs) this.#met('longer-lease-awarded')
  }

  #closing({ body }: HaggleRecord<'closing'>): void {
    this.#met(`ends-${body.outcome.end}`)
    if (body.outcome.end === 'settled' && body.outcome.fault === 'SILENT_REVIEW') this.#met('silent-review-settles')
    if (body.slash > 0) this.#met('somebody-pays')
  }

  #other({ type }: HaggleRecord): void {
    if (type === 'ask') this.#met('panel-asked')
    if (type === 'challenge') this.#met('worker-challenged')
    if (type === 'alive') this.#met('challenge-answered')
    if (type === 'revived') this.#met('lease-revived')
    if (type === 'receipt') this.#met('receipt')
    if (type === 'fenced') this.#met('worker-fenced')
    if (type === 'cancel-req') this.#met('cancel-asked')
    if (type === 'agree') this.#met('cancel-agreed')
    if (type === 'concede') this.#met('rejection-conceded')
    if (type === 'reject') this.#met('delivery-rejected')
  }

  #entry({ kind, as }: Readonly<Record<string, unknown>>): void {
    if (kind === 'overtaken') this.#met('overtaken')
    if (kind === 'lapsed') this.#met('contract-lapses')
    if (kind === 'task-closed' && as === 'expired') this.#met('offer-expires')
    if (kind === 'task-closed' && as === 'exhausted') this.#met('attempts-used-up')
  }

  #event({ event, who, cause }: Readonly<Record<string, unknown>>): void {
    if (event === 'clock' && who === 'own') this.#met(cause === 'jump' ? 'own-clock-jumps' : 'own-clock-outvoted')
    if (event === 'clock' && who === 'peer') this.#met('clock-of-a-peer-is-off')
  }

  #again(record: HaggleRecord): void {
    if (record.type === 'award') this.#met('award-sent-again')
    if (record.type === 'deliver') this.#met('delivery-sent-again')
    if (record.type === 'accept') this.#met('accept-sent-again')
  }

  #met(name: Occasion): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }
}

/** A party shows a member of its panel the file, and last what it has sent itself. */
function isPush({ key }: Who, to: AgentKey, records: readonly HaggleRecord[]): boolean {
  const last = records.at(-1)
  const award = records.find((record) => record.type === 'award')
  if (last === undefined || last.author !== key || award?.body.panel.includes(to) !== true) return false
  return ['opening', 'deliver', 'failed', 'withdraw', 'approve', 'reject', 'concede', 'unseal'].includes(last.type)
}

/** Occasions that a batch never met, by these counts. */
export function neverMet(counts: Readonly<Record<string, number>>): readonly string[] {
  return Object.keys(occasions).filter((name) => (counts[name] ?? 0) === 0)
}

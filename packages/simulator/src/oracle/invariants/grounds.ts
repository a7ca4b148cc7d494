import type { HaggleRecord, RecordId } from '@haggle/protocol'
import type { Book, ContractFile } from '../book.ts'
import { overLogs, type Ledger } from '../ledger.ts'
import type { Invariant, Moment, Who } from '../observer.ts'
import { certificatesOf, nameOfSlot } from '../panel.ts'
import { acceptEnds, graceOf, lastAnswer } from '../windows.ts'

/** An acknowledgement goes out when what was written with it is on disk. */
const SYNC_MS = 60

/** S3: a task goes to its next generation only after what the reopening names has happened. */
export function groundedReopenings(ledger: Ledger): Invariant {
  const heard = new Heartbeats()
  const rows = overLogs('S3', ledger, ({ who, now, row, book, fresh }, say) => {
    if (row.kind !== 'record' || !fresh) return
    const { record } = row
    // An approval that hands the pen back begins a lease as the opening does.
    if (record.type === 'opening' || record.type === 'approve') heard.begins(who, record.body.contract, now)
    if (record.type === 'fenced' && !isProven(book, record))
      say(`agent ${who.agent} fenced a worker without the proof`, [record], now.at)
    if (record.type === 'award' && triedBefore(book, record) >= record.body.terms.attempts)
      say(`agent ${who.agent} awarded a task more often than its terms say`, [record], now.at)
    if (record.type !== 'reopening') return
    const files = book.ofTask.get(record.body.task) ?? []
    const last = files.find((file) => file.award.body.generation === record.body.generation - 1)
    // A generation that nobody was awarded has no ground to end on.
    const problem = last === undefined ? 'there is no generation before it' : problemOf(last, record, who, now, heard)
    if (problem !== null)
      say(
        `agent ${who.agent} reopened its task: ${problem}`,
        last === undefined ? [record] : [last.award, record],
        now.at,
      )
  })
  return {
    ...rows,
    started: (who, now) => heard.started(who, now),
    sent: ({ from, frame }, now) => {
      if (frame?.kind === 'heartbeat-ack') heard.begins(from, frame.contract, now)
    },
  }
}

/** When a process last granted the lease of a contract: with the opening, an approval, an acknowledged heartbeat, or its own start. */
class Heartbeats {
  readonly #at = new Map<string, number>()
  readonly #since = new Map<number, number>()

  started(who: Who, now: Moment): void {
    this.#since.set(who.life, now.mono)
  }

  begins(who: Who, contract: RecordId, now: Moment): void {
    this.#at.set(`${who.life} ${contract}`, now.mono)
  }

  /** On the clock of this process. */
  last(who: Who, contract: RecordId): number {
    return this.#at.get(`${who.life} ${contract}`) ?? this.#since.get(who.life) ?? 0
  }
}

function problemOf(
  last: ContractFile,
  { body }: HaggleRecord<'reopening'>,
  who: Who,
  now: Moment,
  heard: Heartbeats,
): string | null {
  if (last.highest?.at === 'over' && last.highest.end === 'settled') return 'it was settled'
  const proof = body.proof === null ? undefined : last.records.get(body.proof)
  switch (body.reason) {
    case 'declined':
    case 'withdrawn': {
      const type = body.reason === 'declined' ? 'decline' : 'withdraw'
      return proof?.type === type && proof.author === last.award.body.worker ? null : `no ${type} of the worker`
    }
    case 'lapsed':
      return lapseProblem(last, now)
    case 'ended':
      return last.highest !== null || isForked(last) ? null : timeoutProblem(last, now)
    case 'certificate':
      return certificateProblem(last, body.proof)
    case 'judgement':
      return judgementProblem(last, who, now, heard)
  }
}

/** LEASE-14: the panel says that nobody works there, or nothing came. */
function certificateProblem({ award, votes }: ContractFile, proof: RecordId | null): string | null {
  if (award.body.panel.length === 0) return 'no panel could certify anything'
  const named = certificatesOf(award, votes, 'absent').filter(({ slot }) => nameOfSlot(award, slot) === proof)
  if (named.length === 0) return 'the panel has certified no such absence'
  return named.some(({ slot }) => slot.duty === 'lease' || slot.duty === 'delivery') ? null : 'of another duty'
}

/** A clock ran out beside a panel: it has certified that, or it can certify nothing any more. */
function timeoutProblem(last: ContractFile, now: Moment): string | null {
  const { award, votes, timeouts } = last
  if (award.body.panel.length === 0 || timeouts.length === 0) return 'the contract had not ended'
  if (certificatesOf(award, votes, 'absent').length > 0 || last.lapsed) return null
  return now.wall > lastAnswer(award) ? null : 'no clock of it is certified to have run out'
}

function lapseProblem(last: ContractFile, now: Moment): string | null {
  if (last.opened) return 'the award that is said to have lapsed was opened'
  const ends = acceptEnds(last.award) + graceOf(last.award.body.terms.timers)
  return last.lapsed || now.wall > ends ? null : 'the award could still be accepted'
}

function judgementProblem(last: ContractFile, who: Who, now: Moment, heard: Heartbeats): string | null {
  if (last.award.body.panel.length > 0) return 'own judgement beside a panel'
  // What ran out, or ended undecided, or is over for good.
  if (last.lapsed || last.highest !== null || last.ranOut) return null
  const silentMs = now.mono - heard.last(who, last.award.id)
  const { leaseMs } = last.award.body.terms.timers
  return silentMs + SYNC_MS >= leaseMs ? null : `the worker was silent for ${Math.floor(silentMs)} ms only`
}

/** LEASE-11: a fence names the reopening that it speaks of. */
function isProven(book: Book, { body }: HaggleRecord<'fenced'>): boolean {
  const proof = body.proof === null ? undefined : book.records.get(body.proof)
  const task = book.files.get(body.contract)?.award.body.task
  return proof?.type === 'reopening' && proof.body.task === task && proof.body.reason === body.reason
}

/** MKT-17: contracts of the task that came to an end after somebody tried. The one whose lease was judged to be over just now ran still. */
function triedBefore(book: Book, award: HaggleRecord<'award'>): number {
  const files = book.ofTask.get(award.body.task) ?? []
  const tried = files.filter((file) => file.award.id !== award.id && file.isOver && !isUntried(file))
  return tried.filter(({ reopenedBy }) => reopenedBy?.id !== award.body.prev || reopenedBy.body.reason !== 'judgement')
    .length
}

function isUntried({ highest, opened }: ContractFile): boolean {
  if (highest?.at === 'over' && highest.end === 'declined') return true
  return !opened && (highest === null || (highest.at === 'over' && highest.end === 'withdrawn'))
}

function isForked(file: ContractFile): boolean {
  const seen = new Set<string>()
  for (const { entry } of file.placed.values()) {
    if (entry.type === 'award') continue
    const place = `${entry.author} ${entry.body.prev}`
    if (seen.has(place)) return true
    seen.add(place)
  }
  return false
}

import type { RecordId } from '@haggle/protocol'
import type { Book, ContractFile } from '../book.ts'
import { sayer, type Ledger } from '../ledger.ts'
import type { Invariant, Who } from '../observer.ts'
import { isFairWitness } from '../in-time.ts'
import { absentQuorum } from '../panel.ts'
import { graceOf } from '../windows.ts'

const disturbing: ReadonlySet<string> = new Set(['partition', 'hold', 'rollback', 'clone', 'clock-step', 'clock-drift'])

/** A witness that has just begun finds its company first. */
const BEGUN_MS = 1_000

interface Gone {
  readonly worker: number
  readonly requester: Who
  readonly contract: RecordId
  readonly since: number
  readonly until: number
}

/** L4: the worker is gone, and within a lease, 2ε and a second its task is on the board again, where somebody stands ready. */
export function backOnBoard(ledger: Ledger): Invariant {
  let report: Parameters<Invariant['begin']>[1] = () => {}
  let gone: Gone[] = []
  /** What cuts or slows links makes nobody's silence certain. */
  let disturbed = false
  const running = new Map<number, Who>()
  /** When the agents that run began. */
  const begun = new Map<number, number>()
  const look = (at: number): void => {
    const due = gone.filter(({ until }) => until < at)
    gone = gone.filter(({ until }) => until >= at)
    for (const { requester, contract, since, until } of due) {
      const book = ledger.bookOf(requester.disk)
      const file = book?.files.get(contract)
      if (book === undefined || file === undefined || disturbed || !isOwed(ledger, book, file, until, running)) continue
      if (!isSeen(ledger, file, since, begun)) continue
      const text = `the worker of a task of agent ${requester.agent} is gone, and the task is not on the board again`
      sayer(report)(text, [file.award], until)
    }
  }
  return {
    id: 'L4',
    begin: (_cast, reportTo) => {
      report = reportTo
    },
    started: (who, now) => {
      look(now.at)
      running.set(who.agent, who)
      begun.set(who.agent, now.at)
      gone = gone.filter(({ worker }) => worker !== who.agent)
    },
    fault: (_now, name) => {
      if (disturbing.has(name)) disturbed = true
    },
    ended: (who, now) => {
      look(now.at)
      running.delete(who.agent)
      begun.delete(who.agent)
      gone = gone.filter(({ requester }) => requester.life !== who.life)
      for (const requester of running.values()) {
        const member = ledger.members.get(requester.agent)
        if (member === undefined || !member.correct || !member.clockHolds || member.forgets) continue
        for (const file of ledger.bookOf(requester.disk)?.files.values() ?? []) {
          if (file.award.body.worker !== who.key || file.role !== 'requester' || file.isOver) continue
          const { timers } = file.award.body.terms
          const until = now.at + timers.leaseMs + 2 * timers.epsilonMs + 1_000
          gone.push({ worker: who.agent, requester, contract: file.award.id, since: now.at, until })
        }
      }
    },
    sent: (_frame, now) => {
      if (gone.length > 0) look(now.at)
    },
    finish: ({ at }) => look(at),
  }
}

/** Where a panel sees the contract: its worker was bound, and as many members as certify that it is gone ran all the while. */
function isSeen(
  ledger: Ledger,
  { award, records }: ContractFile,
  since: number,
  begun: ReadonlyMap<number, number>,
): boolean {
  if (award.body.panel.length === 0) return true
  const isBound = [...records.values()].some(({ type, author }) => type === 'heartbeat' && author === award.body.worker)
  const there = award.body.panel.filter((key) => {
    const member = ledger.memberOf.get(key)
    return member !== undefined && isFairWitness(ledger, key) && (begun.get(member.agent) ?? since) < since - BEGUN_MS
  })
  return isBound && there.length >= absentQuorum(award)
}

/** It still stands opened with the worker's pen, there is time and an attempt left, and a reserve runs. */
function isOwed(
  ledger: Ledger,
  book: Book,
  file: ContractFile,
  at: number,
  running: ReadonlyMap<number, Who>,
): boolean {
  const { terms, task, reserves } = file.award.body
  const others = book.ofTask.get(task) ?? []
  if (file.isOver || !file.opened || file.spot.at !== 'works' || book.closedTasks.has(task)) return false
  if (others.length >= terms.attempts || [...book.records.values()].some((each) => isWithdrawalOf(each, task)))
    return false
  const wall = EPOCH_MS + at
  if (wall + graceOf(terms.timers) >= terms.endBy) return false
  return reserves.some(({ bid: id }) => {
    const bid = book.records.get(id)
    const worker = bid === undefined ? undefined : ledger.memberOf.get(bid.author)
    const tried = others.some(({ award }) => award.body.worker === bid?.author)
    if (bid?.type !== 'bid' || worker === undefined || tried || bid.body.validUntil <= wall) return false
    return worker.correct && running.has(worker.agent)
  })
}

/** What a clock that is right shows when a world begins. */
const EPOCH_MS = 1_800_000_000_000

function isWithdrawalOf(record: { readonly type: string; readonly body: object }, task: RecordId): boolean {
  return record.type === 'withdrawal' && 'task' in record.body && record.body.task === task
}

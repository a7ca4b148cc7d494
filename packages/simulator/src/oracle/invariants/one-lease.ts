import type { AgentKey, RecordId } from '@haggle/protocol'
import type { Ledger } from '../ledger.ts'
import { sayer } from '../ledger.ts'
import type { Invariant, SeenFrame, Who } from '../observer.ts'

/** Whole milliseconds, a drift within ε, and a message under way. */
const SLACK_MS = 15

interface Belief {
  readonly contract: RecordId
  readonly agent: number
  readonly life: number
  until: number
}

/** When each heartbeat went out, by process, contract and number. */
class Beats {
  readonly #of = new Map<string, Map<number, number>>()

  note(who: Who, contract: RecordId, n: number, at: number): void {
    const name = `${who.life} ${contract}`
    this.#of.set(name, (this.#of.get(name) ?? new Map<number, number>()).set(n, at))
  }

  sentAt(who: Who, contract: RecordId, n: number): number | undefined {
    return this.#of.get(`${who.life} ${contract}`)?.get(n)
  }

  forget(who: Who, contract: RecordId): void {
    this.#of.delete(`${who.life} ${contract}`)
  }
}

/** S4: at most one correct worker believes that it holds the lease of a task, as long as clocks keep to their bound. */
export function oneLease(ledger: Ledger): Invariant {
  const beats = new Beats()
  const beliefs = new Map<RecordId, Belief[]>()
  let report: Parameters<Invariant['begin']>[1] = () => {}
  const end = (tasks: Iterable<RecordId>, match: (belief: Belief) => boolean): void => {
    for (const task of tasks) {
      const left = beliefs.get(task)?.filter((each) => !match(each)) ?? []
      if (left.length === 0) beliefs.delete(task)
      else beliefs.set(task, left)
    }
  }
  /** A heartbeat that went out before its contract was handed over revives nothing. */
  const handedOver = (who: Who, contract: RecordId): void => {
    const task = ledger.awards.get(contract)?.body.task
    if (task !== undefined) end([task], (each) => each.life === who.life && each.contract === contract)
    beats.forget(who, contract)
  }
  const believe = (who: Who, contract: RecordId, sentAt: number, now: number): void => {
    const award = ledger.awards.get(contract)
    if (award === undefined || !holds(ledger, award.author) || !holds(ledger, who.key)) return
    const { task, terms } = award.body
    const until = sentAt + terms.timers.leaseMs
    const held = beliefs.get(task) ?? []
    beliefs.set(task, held)
    const other = held.find((each) => each.contract !== contract && each.until > now + SLACK_MS)
    if (other !== undefined) {
      const older = ledger.awards.get(other.contract)
      const text = `agents ${other.agent} and ${who.agent} both held the lease of one task`
      sayer(report)(text, older === undefined ? [award] : [older, award], now)
    }
    const own = held.find((each) => each.contract === contract && each.life === who.life)
    if (own === undefined) held.push({ contract, agent: who.agent, life: who.life, until })
    else own.until = Math.max(own.until, until)
  }
  return {
    id: 'S4',
    begin: (_cast, reportTo) => {
      report = reportTo
      ledger.watch(({ who, row }) => {
        if (row.kind === 'entry' && row.entry['kind'] === 'overtaken')
          // Ids are text in rows as in records.
          handedOver(who, row.entry['contract'] as RecordId)
        if (row.kind !== 'record') return
        const { record } = row
        if (record.type === 'reopening') {
          for (const { contract, life } of beliefs.get(record.body.task) ?? [])
            if (life === who.life) handedOver(who, contract)
        } else if (record.type === 'fenced' || record.type === 'closing' || isAnswer(record.type)) {
          const contract = 'contract' in record.body ? record.body.contract : null
          if (contract !== null) handedOver(who, contract)
        }
      })
    },
    ended: (who) => end([...beliefs.keys()], (each) => each.life === who.life),
    requested: (who, _now, kind, subject) => {
      if (kind === 'stop') handedOver(who, subject)
    },
    sent: ({ from, frame, records }, now) => {
      for (const { contract, n } of beatsOf(frame, records)) beats.note(from, contract, n, now.at)
    },
    received: ({ frame, from }, to, now) => {
      if (frame?.kind !== 'heartbeat-ack') return
      const sentAt = beats.sentAt(to, frame.contract, frame.n)
      if (sentAt === undefined || ledger.awards.get(frame.contract)?.author !== from.key) return
      believe(to, frame.contract, sentAt, now.at)
    },
  }
}

/** Handing over, and giving back, end the lease. */
function isAnswer(type: string): boolean {
  return type === 'deliver' || type === 'failed' || type === 'withdraw' || type === 'cancel' || type === 'timeout'
}

function beatsOf(
  frame: SeenFrame['frame'],
  records: SeenFrame['records'],
): readonly { readonly contract: RecordId; readonly n: number }[] {
  if (frame?.kind === 'heartbeat') return [frame]
  return records.flatMap((record) => (record.type === 'heartbeat' ? [record.body] : []))
}

function holds(ledger: Ledger, key: AgentKey): boolean {
  const member = ledger.memberOf.get(key)
  return member !== undefined && member.correct && member.clockHolds && !member.forgets
}

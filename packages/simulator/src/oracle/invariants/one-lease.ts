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

/** S4: at most one correct worker believes that it holds the lease of a task, as long as clocks keep to their bound. */
export function oneLease(ledger: Ledger): Invariant {
  /** When each heartbeat went out, by process, contract and number. */
  const beats = new Map<string, number>()
  const beliefs = new Map<RecordId, Belief[]>()
  let report: Parameters<Invariant['begin']>[1] = () => {}
  const end = (match: (belief: Belief) => boolean): void => {
    for (const [task, held] of beliefs)
      beliefs.set(
        task,
        held.filter((each) => !match(each)),
      )
  }
  /** A heartbeat that went out before its contract was handed over revives nothing. */
  const handedOver = (who: Who, contract: RecordId): void => {
    end((each) => each.life === who.life && each.contract === contract)
    for (const beat of beats.keys()) if (beat.startsWith(`${who.life} ${contract} `)) beats.delete(beat)
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
    ended: (who) => end((each) => each.life === who.life),
    requested: (who, _now, kind, subject) => {
      if (kind === 'stop') handedOver(who, subject)
    },
    sent: ({ from, frame, records }, now) => {
      for (const { contract, n } of beatsOf(frame, records)) beats.set(`${from.life} ${contract} ${n}`, now.at)
    },
    received: ({ frame, from }, to, now) => {
      if (frame?.kind !== 'heartbeat-ack') return
      const sentAt = beats.get(`${to.life} ${frame.contract} ${frame.n}`)
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

import type { RecordId } from '@haggle/protocol'
import type { Chronicle, HeldContract } from '../chronicle.ts'
import type { Finding } from '../history.ts'
import type { Ledger } from '../ledger.ts'
import type { ToldEvent } from '../read-events.ts'

/** Events that name how a contract ended; `failed` does so only when it carries an end. */
const endings: ReadonlySet<string> = new Set([
  ...['settled', 'declined', 'lapsed', 'cancelled', 'withdrawn', 'breached', 'split', 'void', 'undecided'],
])

/** S22: what the application heard of ends, and under which key. S1: it hears of nothing that no record says. */
export function told(ledger: Ledger): readonly Finding[] {
  return ledger.chronicles.flatMap((chronicle) => [
    ...endsTold(chronicle),
    ...keysTold(chronicle),
    ...chronicle.events.flatMap((event) => unfounded(chronicle, event)),
  ])
}

function isEnding({ event, end }: ToldEvent): boolean {
  return endings.has(event) || (event === 'failed' && end !== null)
}

function endsTold(chronicle: Chronicle): readonly Finding[] {
  const { directory, contracts, agent } = chronicle
  const findings: Finding[] = []
  const heard = new Map<RecordId, ToldEvent>()
  const at = (text: string, records: readonly RecordId[]): void =>
    void findings.push({ invariant: 'S22', text, records, directory })
  for (const event of chronicle.events) {
    if (event.contract === null || !isEnding(event)) continue
    const before = heard.get(event.contract)
    if (before === undefined) heard.set(event.contract, event)
    else if (!wasOvertaken(contracts.get(event.contract)))
      at(`the end of a contract was told twice: ${before.event}, then ${event.event}`, [event.contract])
  }
  for (const [id, held] of contracts) {
    const own = held.closings.find(({ record }) => record.author === agent)?.record
    const event = heard.get(id)
    if (held.overtaken) continue
    if (own === undefined) {
      if (event !== undefined) at(`${event.event} was told, and the log holds no closing of it`, [id])
      continue
    }
    const { end, fault, party } = own.body.outcome
    if (event === undefined) {
      if (!isPruned(chronicle, own.body.at)) at(`nobody was told that a contract ended as ${end}`, [own.id, id])
    } else if (event.end !== end || event.fault !== fault || event.party !== party) {
      at(`${event.end ?? event.event} was told of a contract that was closed as ${end}`, [own.id, id])
    }
  }
  return findings
}

/** Only the newest events are kept: what is older than the first of them may have been told. */
function isPruned({ events }: Chronicle, at: number): boolean {
  const [oldest] = events
  return oldest === undefined || (oldest.seq > 0 && at <= oldest.at)
}

function wasOvertaken(held: HeldContract | undefined): boolean {
  return held?.overtaken === true
}

function keysTold(chronicle: Chronicle): readonly Finding[] {
  const { directory, records, jobs, agent, whole, events } = chronicle
  const findings: Finding[] = []
  for (const { record } of records.values()) {
    if (record.type !== 'offer' || record.author !== agent || !whole) continue
    if ((jobs.get(record.id) ?? '') === '')
      findings.push({
        invariant: 'S22',
        text: 'an own offer stands in the log without its job and key',
        records: [record.id],
        directory,
      })
  }
  for (const { event, task, key } of events) {
    if (event !== 'offered' || task === null || key === null || !whole) continue
    if (jobs.get(task) !== key)
      findings.push({
        invariant: 'S22',
        text: 'a job was told under another key than the stored one',
        records: [task],
        directory,
      })
  }
  return findings
}

/** Which entry each word about a contract speaks of. */
const spokenOf: Readonly<Record<string, readonly string[]>> = {
  accepted: ['accept'],
  opened: ['opening', 'approve', 'reject'],
  delivered: ['deliver'],
  approved: ['approve'],
  rejected: ['reject'],
  settled: ['approve'],
  declined: ['decline'],
  cancelled: ['cancel'],
  withdrawn: ['withdraw'],
}

function unfounded(chronicle: Chronicle, event: ToldEvent): readonly Finding[] {
  const { directory, contracts, whole, closedTasks, records } = chronicle
  const at = (invariant: Finding['invariant'], text: string, about: readonly RecordId[]): readonly Finding[] => [
    { invariant, text, records: about, directory },
  ]
  if (!whole) return []
  if (event.event === 'expired' && event.task !== null && !closedTasks.has(event.task))
    return at('S22', 'a task was said to have expired, and the log holds it as open', [event.task])
  if (event.event === 'reopened' && event.task !== null) {
    const shown = [...records.values()].some(
      ({ record }) =>
        record.type === 'reopening' && record.body.task === event.task && record.body.generation === event.generation,
    )
    return shown ? [] : at('S1', 'reopened was told, and no reopening in the log says so', [event.task])
  }
  if (event.contract === null) return []
  const held = contracts.get(event.contract)
  if (held === undefined)
    return at('S1', `${event.event} was told of a contract whose award is not in the log`, [event.contract])
  if (event.event === 'slashed') return slashed(held, event, at)
  const wanted = spokenOf[event.event]
  if (wanted === undefined || held.overtaken) return []
  const shown =
    [...held.nodes.values()].some(({ entry }) => wanted.includes(entry.type)) ||
    held.notes.some(({ record }) => wanted.includes(record.type))
  return shown ? [] : at('S1', `${event.event} was told, and no record in the log says so`, [event.contract])
}

function slashed(
  { award, closings }: HeldContract,
  { contract, party, fault, amount }: ToldEvent,
  at: (invariant: Finding['invariant'], text: string, about: readonly RecordId[]) => readonly Finding[],
): readonly Finding[] {
  const borne = closings.some(
    ({ record }) =>
      record.body.outcome.party === party && record.body.outcome.fault === fault && record.body.slash === amount,
  )
  return borne ? [] : at('S19', 'a penalty was told that no closing names', [contract ?? award.record.id])
}

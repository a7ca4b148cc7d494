import type { HaggleRecord, PayloadHash } from '@haggle/protocol'
import { ackMs } from '../contract/timing.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'

const LONGEST_WAIT_MS = 30_000
/** After this many tries we wait for the peer to come back: the tip exchange then supplies what is missing. */
const MOST_TRIES = 10

/** CON-40: a record that needs an answer is sent again, the stored bytes, with backoff, until something answers it. */
export function expectAnswer(turn: Turn, deal: Deal, record: HaggleRecord, payload: PayloadHash | null): void {
  const waitMs = ackMs(deal.contract.award.body.terms.timers)
  deal.soft.unanswered = { record, payload, nextAt: turn.now.mono + waitMs, waitMs, tries: 0 }
}

export function resendWhenDue(turn: Turn, deal: Deal): void {
  const { unanswered } = deal.soft
  if (unanswered === null || unanswered.nextAt > turn.now.mono || deal.soft.gate !== null) return
  unanswered.tries += 1
  unanswered.waitMs = Math.min(unanswered.waitMs * 2, LONGEST_WAIT_MS)
  unanswered.nextAt = turn.now.mono + unanswered.waitMs
  if (unanswered.tries > MOST_TRIES) {
    deal.soft.unanswered = null
    return
  }
  turn.send(deal.peer, withGround(turn, deal, unanswered.record), unanswered.payload)
}

/** An award goes with the reopening and the witness set that it names: a worker without them could not take it. */
export function withGround(turn: Turn, deal: Deal, record: HaggleRecord): HaggleRecord[] {
  if (record.type !== 'award') return [record]
  const { witnessSet } = record.body.terms
  const set = witnessSet === null ? undefined : turn.state.sets.get(witnessSet)
  const reopening = turn.state.own.get(deal.task)?.reopening ?? null
  const named = reopening !== null && reopening.id === record.body.prev
  return [...(set === undefined ? [] : [set]), ...(named ? [reopening] : []), record]
}

/** A record of the other party that answers ours ends the re-sending. */
export function noteAnswer(deal: Deal, record: HaggleRecord): void {
  const { unanswered } = deal.soft
  if (unanswered === null || record.author !== deal.peer) return
  if (record.type === 'closing' || record.type === 'fenced' || names(record, unanswered.record))
    deal.soft.unanswered = null
}

function names(record: HaggleRecord, ours: HaggleRecord): boolean {
  const { body } = record
  return (
    ('prev' in body && body.prev === ours.id) ||
    ('entry' in body && body.entry === ours.id) ||
    ('accept' in body && body.accept === ours.id) ||
    ('opening' in body && body.opening === ours.id) ||
    ('request' in body && body.request === ours.id)
  )
}

/**
 * The stored answer to a record that came again: everything of ours that followed it, newest eight. A log that was put back to an
 * older state got its own records from the other side, in another order: what followed what it no longer knows, and whoever
 * went on with the contract answers.
 */
export function answerAgain(turn: Turn, deal: Deal, known: HaggleRecord): void {
  if (deal.overtaken) return
  const held = [...deal.held.values()]
  const index = held.findIndex((record) => record.id === known.id)
  const ours = held.slice(index + 1).filter((record) => record.author === turn.state.self)
  if (index >= 0 && deal.soft.gate === null) turn.send(deal.peer, ours.slice(-8), payloadOf(ours.at(-1)))
}

/** The payload that travels beside a record. */
export function payloadOf(record: HaggleRecord | undefined): PayloadHash | null {
  if (record?.type === 'award') return record.body.terms.input.hash
  return record?.type === 'deliver' ? (record.body.sealedHash ?? record.body.resultHash) : null
}

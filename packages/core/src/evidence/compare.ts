import { encodeCanonical, type AgentKey, type HaggleRecord, type ReconcileFrame } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import { epochOf } from '../bookkeeping.ts'
import type { Turn } from '../turn.ts'
import type { EvidenceAdmission } from './evidence-set.ts'
import { meetOnce } from './near.ts'
import { isEvidence } from './place.ts'
import type { ReconcileStep } from './reconciliation.ts'
import { ReconcileSessions } from './sessions.ts'

/** Records handed over in one frame. */
const BATCH = 16
/** EVI-21: beside the meeting of two peers one pair in so long compares again: gossip loses little, and a network has many pairs. */
const AGAIN_MS = 60_000

/** EVI-21: of two that meet the one with the lower key opens. */
export function compareWith(turn: Turn, peer: AgentKey): void {
  meetOnce(turn.state, peer)
  turn.state.ledger.reconsider()
  // Whoever was met just now has nothing new to say for a while.
  turn.state.comparing = { ...turn.state.comparing, nextAt: turn.now.mono + AGAIN_MS }
  if (turn.state.self < peer) open(turn, peer)
}

/** EVI-21: now and then with the next of our peers in the order of their keys. */
export function compareAgain(turn: Turn): void {
  const { state, now } = turn
  if (state.comparing.nextAt > now.mono || state.peers.size === 0) return
  const peers = [...state.peers].toSorted()
  const next = peers.find((peer) => peer > (state.comparing.last ?? '')) ?? peers[0] ?? null
  state.comparing = { nextAt: now.mono + AGAIN_MS, last: next }
  sessionsOf(turn).forgetResting(now.mono)
  if (next !== null) open(turn, next)
}

function open(turn: Turn, peer: AgentKey): void {
  const { state, now } = turn
  state.ledger.reckon(now.mono, true)
  turn.sendFrame(peer, sessionsOf(turn).open(peer, now.mono))
}

/** EVI-13: salts hang on what nobody else knows, and on the moment. */
function sessionsOf({ state, now }: Turn): ReconcileSessions {
  state.sessions ??= new ReconcileSessions(
    state.ledger.set,
    encodeCanonical(['haggle/salts', state.self, state.salt, now.wall]),
  )
  return state.sessions
}

/** One message of a session, ours or the peer's. */
export function receiveReconcile(turn: Turn, from: AgentKey, frame: ReconcileFrame): void {
  turn.state.ledger.reckon(turn.now.mono, frame.step === 0)
  const step = sessionsOf(turn).receive(from, frame, turn.now.mono)
  if (step !== null) answer(turn, from, step)
}

function answer(turn: Turn, peer: AgentKey, { reply, give, violation }: ReconcileStep): void {
  if (violation !== null) turn.report(peer, violation, null)
  const records = turn.state.ledger.set.inGivingOrder(give)
  for (let at = 0; at < records.length; at += BATCH) {
    turn.effects.push({ kind: 'send', to: peer, records: records.slice(at, at + BATCH), payload: null })
  }
  if (reply !== null) turn.sendFrame(peer, reply)
}

/** A record that our own user gives us: whose it is was chosen already, so it need not be near. */
export function takeEvidence(turn: Turn, record: HaggleRecord): Answer {
  if (!isEvidence(record)) return refuse('record/not-for-us', 'it proves nothing about a contract')
  const { ledger } = turn.state
  // What was of no interest before is now.
  ledger.reconsider()
  return keepEvidence(turn, record, ledger.readmit(record, epochOf(turn.now.wall)))
}

/** EVI-22: a record of a contract of others: kept when it is evidence of one that matters to us, whichever way it came. */
export function hearEvidence(turn: Turn, record: HaggleRecord): Answer {
  if (!isEvidence(record)) return refuse('record/not-for-us', 'it proves nothing about a contract')
  return keepEvidence(turn, record, turn.state.ledger.admit(record, epochOf(turn.now.wall)))
}

/** EVI-22: the reopening by which a lost lease convicts is evidence too, once the award of its task is held; true if it was taken. */
export function hearNamed(turn: Turn, record: HaggleRecord): boolean {
  if (record.type !== 'reopening' || record.body.reason !== 'certificate') return false
  return turn.state.ledger.set.isNamed(record) && hearEvidence(turn, record).ok
}

function keepEvidence(turn: Turn, record: HaggleRecord, { answer: word, taken }: EvidenceAdmission): Answer {
  for (const each of taken) turn.persist({ kind: 'evidence', at: turn.now.wall, record: each })
  if (taken.length > 0) return okay(record.id)
  if (word === 'waiting') return refuse('entry/parked', 'the award of its contract is not held')
  return word === 'known' ? refuse('record/held', 'held already') : refuse('record/not-for-us', `evidence: ${word}`)
}

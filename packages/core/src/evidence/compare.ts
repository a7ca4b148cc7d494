import { encodeCanonical, sha256Of, type AgentKey, type HaggleRecord, type ReconcileFrame } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import { epochOf } from '../bookkeeping.ts'
import type { Turn } from '../turn.ts'
import { meetOnce } from './near.ts'
import { isEvidence } from './place.ts'
import { Reconciliation, type ReconcileStep } from './reconciliation.ts'

/** Records handed over in one frame. */
const BATCH = 16
/** EVI-21: beside the meeting of two peers one pair in so long compares again: gossip loses little, and a network has many pairs. */
const AGAIN_MS = 30_000

/** EVI-21: of two that meet the one with the lower key opens. */
export function compareWith(turn: Turn, peer: AgentKey): void {
  meetOnce(turn.state, peer)
  turn.state.ledger.reconsider()
  if (turn.state.self < peer) open(turn, peer)
}

/** EVI-21: now and then with the next of our peers in the order of their keys. */
export function compareAgain(turn: Turn): void {
  const { state, now } = turn
  if (state.comparing.nextAt > now.mono || state.peers.size === 0) return
  const peers = [...state.peers].toSorted()
  const next = peers.find((peer) => peer > (state.comparing.last ?? '')) ?? peers[0]
  state.comparing = { ...state.comparing, nextAt: now.mono + AGAIN_MS, last: next ?? null }
  if (next !== undefined) open(turn, next)
}

function open(turn: Turn, peer: AgentKey): void {
  const { state, now } = turn
  state.ledger.reckon(now.mono, true)
  const session = (state.comparing.sessions + 1) % 0x1_0000_0000
  state.comparing = { ...state.comparing, sessions: session, nextAt: now.mono + AGAIN_MS }
  const reconciliation = new Reconciliation(state.ledger.set, session, saltFor(turn, session))
  state.reconciling.set(`${peer}/own`, reconciliation)
  turn.sendFrame(peer, reconciliation.open())
}

/** EVI-13: nobody else can foresee it, since it hangs on our signature. */
function saltFor(turn: Turn, session: number): Uint8Array {
  return sha256Of(turn.seal(encodeCanonical(['haggle/salt', session, turn.now.mono]))).slice(0, 16)
}

/** One message of a session, ours or the peer's: at most one of each is open with a peer. */
export function receiveReconcile(turn: Turn, from: AgentKey, frame: ReconcileFrame): void {
  const { state, now } = turn
  const isOpening = frame.step === 0
  // The steps of the opener are even, so what comes to it is odd.
  const name = frame.step % 2 === 0 ? `${from}/theirs` : `${from}/own`
  if (isOpening) {
    state.ledger.reckon(now.mono, true)
    state.reconciling.set(name, new Reconciliation(state.ledger.set, frame.session, saltFor(turn, frame.session)))
  }
  const session = state.reconciling.get(name)
  if (session === undefined) return
  const step = session.receive(frame)
  if (session.end !== null) state.reconciling.delete(name)
  answer(turn, from, step)
}

function answer(turn: Turn, peer: AgentKey, { reply, give, violation }: ReconcileStep): void {
  if (violation !== null) turn.report(peer, violation, null)
  const records = turn.state.ledger.set.inGivingOrder(give)
  for (let at = 0; at < records.length; at += BATCH) {
    turn.effects.push({ kind: 'send', to: peer, records: records.slice(at, at + BATCH), payload: null })
  }
  if (reply !== null) turn.sendFrame(peer, reply)
}

/** EVI-22: a record of a contract of others: kept when it is evidence of one that matters to us, whichever way it came. */
export function hearEvidence(turn: Turn, record: HaggleRecord): Answer {
  if (!isEvidence(record)) return refuse('record/not-for-us', 'it proves nothing about a contract')
  const epoch = epochOf(turn.now.wall)
  const { answer: word, taken } = turn.state.ledger.admit(record, epoch)
  for (const each of taken) turn.persist({ kind: 'evidence', at: turn.now.wall, record: each })
  if (taken.length > 0) return okay(record.id)
  if (word === 'waiting') return refuse('entry/parked', 'the award of its contract is not held')
  return word === 'known' ? refuse('record/held', 'held already') : refuse('record/not-for-us', `evidence: ${word}`)
}

/** What a peer that leaves has begun is begun anew when it comes back. */
export function stopComparing(turn: Turn, peer: AgentKey): void {
  turn.state.reconciling.delete(`${peer}/own`)
  turn.state.reconciling.delete(`${peer}/theirs`)
}

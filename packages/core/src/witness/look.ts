import type { AgentKey, Instant, RecordId, Slot } from '@haggle/protocol'
import { signsOfLife } from '../contract/slots.ts'
import { sooner } from '../market/board.ts'
import type { State } from '../state.ts'
import type { Turn } from '../turn.ts'
import { cast, nextRepeat, repeatVotes } from './cast.ts'
import { bytesOf } from './held-bytes.ts'
import { ownVotes } from './kept-votes.ts'
import { wasWith } from './presence.ts'
import { slotIdOf } from './slot.ts'
import { decideSlot, decisionDue, type Sight, type SlotMemory } from './slot-vote.ts'
import { isParty, isQuiet, rulesOf, type Watch } from './watch.ts'

/** TIME-27: how often it is looked whether the own clock is right again. */
const LOOK_AGAIN_MS = 1_000

/** Decides what can be decided about a watched contract, and says when to look again. */
export function look(turn: Turn, watch: Watch): void {
  watch.lookAt = null
  const byLease = [...watch.slots.values()].toSorted(
    // What is held of a delivery answers a challenge as well, so it is decided first.
    (a, b) => Number(a.slot.duty === 'lease') - Number(b.slot.duty === 'lease'),
  )
  for (const watched of byLease) {
    const { slot, memory } = watched
    const rules = rulesOf(watch, slot)
    hangUp(watch, memory)
    if (rules === null || isQuiet(watch, watched)) continue
    for (const ballot of decideSlot(memory, rules, turn.now, sightOf(turn.state, watch, slot)))
      cast(turn, watch, watched, ballot)
  }
  repeatVotes(turn, watch)
  if (isEvidence(watch)) turn.state.watches.delete(watch.panel.contract)
  else arm(turn, watch)
}

/**
 * WIT-13: a contract that both parties have closed was shown to us as evidence alone. While one of them has not it may still ask, and what
 * the other one brought in time must not be forgotten until then.
 */
function isEvidence(watch: Watch): boolean {
  if (watch.closed.size < 2) return false
  return [...watch.slots.values()].every((each) => isQuiet(watch, each) && each.memory.main === null)
}

/** The next moment at which this watch must be looked at. */
export function arm({ state, now }: Turn, watch: Watch): void {
  let next: Instant | null = sooner(watch.lookAt, nextRepeat(watch))
  for (const { memory } of watch.slots.values()) {
    const due = decisionDue(memory)
    // TIME-26: a clock in doubt decides nothing, and is looked at again.
    const at = due !== null && state.clocks.doubt !== null ? Math.max(due, now.mono + LOOK_AGAIN_MS) : due
    next = sooner(next, at)
  }
  watch.wakeAt = next
}

/** WIT-16: who has closed the contract asks no more. */
function hangUp({ file, closed }: Watch, { asked }: SlotMemory): void {
  const asker = asked === null ? undefined : file.get(asked.id)?.author
  if (asked !== null && asker !== undefined && closed.has(asker)) asked.open = false
}

function sightOf(state: State, watch: Watch, slot: Slot): Sight {
  return {
    mayVote: state.clocks.doubt === null,
    isBarred: slot.duty === 'delivery' && isBarred(state, watch, slot.milestone),
    answer: slot.duty === 'lease' ? answerOf(state, watch, slot.milestone) : null,
    wasPresent: (from, until) => wasWith(state, (peer) => isCompany(watch, peer), from, until),
  }
}

/** WIT-19: another member; on a panel of one there is none, and any peer shows that we are connected. */
function isCompany({ panel }: Watch, peer: AgentKey): boolean {
  return panel.members.size === 1 || panel.members.has(peer)
}

/** WIT-21: we called this worker gone under a challenge of this milestone, and nothing has lifted that. */
function isBarred(state: State, { contract }: Watch, milestone: number): boolean {
  return ownVotes(state, contract.award.id).some(({ body }) => {
    if (body.slot.duty !== 'lease' || body.verdict !== 'absent' || body.slot.milestone !== milestone) return false
    const id = slotIdOf(contract.award.id, body.slot)
    return !contract.notes.some((note) => note.type === 'revived' && note.body.certificate === id)
  })
}

/** WIT-22: what we hold of a milestone, or called timely before we restarted. */
function answerOf(state: State, watch: Watch, milestone: number): RecordId | null {
  const held = signsOfLife(watch.contract, milestone).find((entry) => {
    const bytes = bytesOf(watch.contract, entry)
    return bytes === null || (bytes.hash !== null && (watch.bytes.get(bytes.hash)?.heldAt ?? null) !== null)
  })
  if (held !== undefined) return held.id
  const voted = ownVotes(state, watch.contract.award.id).find(
    ({ body }) => body.slot.duty === 'delivery' && body.slot.milestone === milestone && body.verdict === 'timely',
  )
  return voted?.body.names ?? null
}

/** Everything whose time has come in the contracts that we watch; those whose time is over leave memory. */
export function tickWatches(turn: Turn): void {
  const { watches } = turn.state
  for (const [id, watch] of watches) {
    if (turn.now.wall > watch.panel.exposureUntil) watches.delete(id)
    else if (watch.wakeAt !== null && watch.wakeAt <= turn.now.mono) look(turn, watch)
  }
}

/** WIT-28: our votes of this contract go to whoever comes, and to a member its own with them: it may have lost them. */
export function meetWatched(turn: Turn, peer: AgentKey): void {
  for (const [id, { award, votes }] of turn.state.kept) {
    const watch = turn.state.watches.get(id)
    const isConcerned = award.body.panel.includes(peer) || peer === award.author || peer === award.body.worker
    if (votes.length === 0 || !isConcerned || turn.now.wall > award.body.exposureUntil) continue
    if (watch === undefined) {
      turn.send(peer, [award, ...votes])
      continue
    }
    const file = [...watch.file.values()]
    const theirs = isParty(watch, peer) ? [] : file.filter(({ type, author }) => type === 'vote' && author === peer)
    const rest = file.filter(({ type }) => type !== 'vote')
    turn.send(peer, [...rest, ...theirs, ...votes])
  }
}

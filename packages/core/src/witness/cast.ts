import type { AgentKey, HaggleRecord, Instant, PayloadHash } from '@haggle/protocol'
import { addVote } from '../contract/machine.ts'
import { isAcknowledged } from '../contract/missed.ts'
import { ackMs } from '../contract/timing.ts'
import { sameSlot } from '../contract/slots.ts'
import type { Turn } from '../turn.ts'
import { bytesOf } from './held-bytes.ts'
import { mayKeep } from './kept-votes.ts'
import type { Ballot } from './slot-vote.ts'
import { isParty, rulesOf, type Watch, type WatchedSlot } from './watch.ts'

/** WIT-06: signs one vote, writes it down, and only then shows it. */
export function cast(turn: Turn, watch: Watch, { slot, memory }: WatchedSlot, ballot: Ballot): void {
  const { contract } = watch
  const { award } = contract
  const rules = rulesOf(watch, slot)
  if (rules === null || !mayKeep(turn, award)) return
  if (!turn.state.kept.has(award.id)) turn.keep(award)
  const vote = turn.write('vote', {
    ...{ at: ballot.at, contract: award.id, generation: award.body.generation, slot },
    ...{ verdict: ballot.verdict, names: ballot.names, due: rules.due },
    // WIT-29: a clock that lies about when something came is caught against its neighbours.
    newest: (contract.entries.at(-1) ?? award).id,
  })
  if (ballot.verdict === 'late') memory.late = true
  else memory.main = ballot.verdict
  noteVote(watch, vote)
  spread(turn, watch, vote)
}

/** A vote becomes part of the file, for the dues that hang on it. */
export function noteVote(watch: Watch, vote: HaggleRecord<'vote'>): void {
  const step = addVote(watch.contract, vote)
  if (step.kind !== 'added') return
  watch.contract = step.contract
  watch.file.set(vote.id, vote)
  watch.fileBytes += vote.wireLength
}

/**
 * WIT-23: a vote goes to every other member and to both parties, with the file and the record that it names; whoever made that record
 * is shown the vote alone. So nobody needs to ask anybody for what a vote rests on.
 */
function spread(turn: Turn, watch: Watch, vote: HaggleRecord<'vote'>): void {
  const { contract, panel } = watch
  const author = watch.file.get(vote.body.names)?.author
  for (const key of [...panel.members, contract.requester, contract.worker]) {
    if (key === turn.state.self) continue
    if (key === author) turn.send(key, [vote])
    else show(turn, watch, key, vote)
  }
  const other = author === contract.requester ? contract.worker : contract.requester
  // An opening is shown at least twice before it is voted on: its worker hears of it often enough.
  if (
    vote.body.verdict !== 'absent' &&
    vote.body.slot.duty !== 'opening' &&
    author !== undefined &&
    isParty(watch, author)
  ) {
    const at = turn.now.mono + ackMs(contract.award.body.terms.timers)
    watch.repeats = [...watch.repeats, { at, to: other, vote }]
  }
}

/** The file, and last the vote, with the bytes of what it names. */
export function show(turn: Turn, watch: Watch, to: AgentKey, vote: HaggleRecord<'vote'>): void {
  turn.send(to, [...groundOf(watch, vote), vote], payloadOfVote(watch, vote))
}

/** Everything of the file but the votes on the same slot: their authors show them themselves. */
function groundOf(watch: Watch, { body }: HaggleRecord<'vote'>): HaggleRecord[] {
  return [...watch.file.values()].filter((each) => each.type !== 'vote' || !sameSlot(each.body.slot, body.slot))
}

/** WIT-15: who echoes can be asked for the bytes. */
export function payloadOfVote(watch: Watch, { body }: HaggleRecord<'vote'>): PayloadHash | null {
  const named = watch.file.get(body.names)
  const hash = named === undefined ? null : (bytesOf(watch.contract, named)?.hash ?? null)
  return hash !== null && (watch.bytes.get(hash)?.heldAt ?? null) !== null ? hash : null
}

/** WIT-23: the other party hears of it once more, unless it has shown by then that it holds what the vote names. */
export function repeatVotes(turn: Turn, watch: Watch): void {
  const due = watch.repeats.filter(({ at }) => at <= turn.now.mono)
  if (due.length === 0) return
  watch.repeats = watch.repeats.filter(({ at }) => at > turn.now.mono)
  for (const { to, vote } of due) {
    const named = watch.contract.nodes.get(vote.body.names)?.entry
    if (named === undefined || !isAcknowledged(watch.contract, named)) show(turn, watch, to, vote)
  }
}

export function nextRepeat({ repeats }: Watch): Instant | null {
  return repeats.length === 0 ? null : Math.min(...repeats.map(({ at }) => at))
}

import type { HaggleRecord, RecordId, Slot, Violation } from '@haggle/protocol'
import type { RefusalCode } from '../refusal.ts'
import { slotIdOf } from '../witness/slot.ts'
import { leaseSlot } from './certificates.ts'
import { hasPanel, partyOf, type Contract, type VoteRecord } from './contract.ts'
import { CHALLENGES, challengeOf, meets, sameSlot, slotAfter } from './slots.ts'
import { echoWaitMs, graceMs, lastAsk } from './timing.ts'

/** Votes kept of one member in one slot and verdict: two convict it, more add nothing. */
const VOTES_KEPT = 4

/** Why a record changes nothing. */
export type Problem =
  /** It names a record that is not here yet; the caller keeps it, bounded, and asks for the gap. */
  | { readonly kind: 'parked' }
  | { readonly kind: 'refused'; readonly refusal: RefusalCode; readonly note: string }
  | { readonly kind: 'violation'; readonly violation: Violation }

type PanelNote = HaggleRecord<'ask' | 'held' | 'challenge' | 'alive' | 'revived'>

/** CON-48: the notes that speak to a panel, each by the party whose word it is; without a panel nobody hears them. */
export function panelNoteProblem(contract: Contract, note: PanelNote): Problem | null {
  if (!hasPanel(contract)) return refused('record/unsupported', `${note.type} needs a witness panel`)
  const role = partyOf(contract, note.author)
  switch (note.type) {
    case 'ask':
      return askProblem(contract, note, role)
    case 'held':
      return role === 'requester' ? null : unfounded('only the requester says that it holds a sealed result')
    case 'challenge':
      if (role !== 'requester') return unfounded('only the requester challenges')
      return hasMilestone(contract, note.body.milestone) ? null : unfounded('the terms have no such milestone')
    case 'alive': {
      if (role !== 'worker') return unfounded('only the worker answers a challenge')
      const challenge = contract.notes.find((known) => known.id === note.body.challenge)
      if (challenge === undefined) return { kind: 'parked' }
      const fits = challenge.type === 'challenge' && challenge.body.milestone === note.body.milestone
      return fits ? null : unfounded('the note names no challenge of its milestone')
    }
    case 'revived':
      if (role !== 'requester') return unfounded('only the requester lets a lease live again')
      return namesLease(contract, note.body.certificate) ? null : unfounded('the note names no lease of this contract')
  }
}

function askProblem(
  contract: Contract,
  note: HaggleRecord<'ask'>,
  role: 'requester' | 'worker' | null,
): Problem | null {
  const { slot } = note.body
  if (slot.duty === 'lease') return unfounded('a lease is challenged, not asked about')
  const problem = slotProblem(contract, slot)
  if (problem !== null) return problem
  const waits = slot.duty === 'opening' || slot.duty === 'review' ? 'worker' : 'requester'
  return role === waits ? null : unfounded('who asks is not who waits')
}

/** CON-47: why a vote is none of this contract's. One about a record that is not here yet is parked. */
export function voteProblem(contract: Contract, vote: VoteRecord): Problem | null {
  const { body, author } = vote
  const { award } = contract
  if (body.contract !== award.id) return refused('contract/unknown', 'the vote is on another contract')
  if (!hasPanel(contract)) return refused('record/unsupported', 'the contract names no witness panel')
  if (!award.body.panel.includes(author)) return violation('role/not-party', 'the author is no member of the panel')
  if (body.generation !== award.body.generation)
    return violation('generation/old', `generation ${body.generation} in a contract of ${award.body.generation}`)
  if (body.at > award.body.exposureUntil) return unfounded('a vote after the end of the exposure counts for nothing')
  const problem = slotProblem(contract, body.slot) ?? namesProblem(contract, vote)
  if (problem !== null) return problem
  const isLate = body.verdict === 'late'
  const same = contract.votes.filter(
    (known) =>
      known.author === author && (known.body.verdict === 'late') === isLate && sameSlot(known.body.slot, body.slot),
  )
  return same.length < VOTES_KEPT ? null : refused('note/full', 'the double vote is proven already')
}

function slotProblem(contract: Contract, slot: Slot): Problem | null {
  if (slot.duty === 'lease') {
    const exists = slot.entry === contract.award.id && slot.k > 0 && hasMilestone(contract, slot.milestone)
    return exists ? null : unfounded('there is no such lease')
  }
  const node = contract.nodes.get(slot.entry)
  if (node === undefined) return { kind: 'parked' }
  const given: Slot | null =
    slot.duty === 'opening' && node.entry.type === 'accept'
      ? { entry: slot.entry, duty: 'opening', milestone: 0, k: 0 }
      : slotAfter(contract, node)
  return given !== null && sameSlot(given, slot) ? null : unfounded('the entry gave no such duty')
}

function namesProblem(contract: Contract, vote: VoteRecord): Problem | null {
  const { slot, verdict, names, due } = vote.body
  const named = contract.nodes.get(names)?.entry ?? contract.notes.find((note) => note.id === names)
  if (named === undefined) return { kind: 'parked' }
  if (verdict !== 'absent')
    return meets(contract, slot, named) ? null : unfounded('the vote names what does not meet its slot')
  if (slot.duty === 'lease')
    return challengeOf(contract, names, slot) === null ? unfounded('the vote names another challenge') : null
  if (named.type !== 'ask' || !sameSlot(named.body.slot, slot)) return unfounded('the vote names no ask about its slot')
  // VER-07: an ask that came before every answer could be here, or too late for the answers to it, opens no vote.
  const { timers } = contract.award.body.terms
  if (named.body.at < due + graceMs(timers) + echoWaitMs(timers))
    return unfounded('the vote names an ask that came too early')
  return named.body.at > lastAsk(contract.award) ? unfounded('the vote names an ask that came too late') : null
}

function namesLease(contract: Contract, certificate: RecordId): boolean {
  for (let milestone = 0; milestone < contract.award.body.terms.milestones.length; milestone += 1) {
    for (let k = 1; k <= CHALLENGES; k += 1) {
      if (slotIdOf(contract.award.id, leaseSlot(contract, milestone, k)) === certificate) return true
    }
  }
  return false
}

function hasMilestone(contract: Contract, milestone: number): boolean {
  return milestone < contract.award.body.terms.milestones.length
}

function unfounded(note: string): Problem {
  return violation('note/unfounded', note)
}

function violation(code: 'note/unfounded' | 'role/not-party' | 'generation/old', note: string): Problem {
  return { kind: 'violation', violation: { code, note } }
}

function refused(refusal: RefusalCode, note: string): Problem {
  return { kind: 'refused', refusal, note }
}

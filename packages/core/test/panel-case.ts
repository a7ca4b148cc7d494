import type { AgentKey, HaggleRecord, RecordId, Slot, Vote } from '@haggle/protocol'
import { leaseSlot } from '../src/contract/certificates.ts'
import { slotOfDuty } from '../src/contract/slots.ts'
import { dueOfSlot, graceMs } from '../src/contract/timing.ts'
import { quorumsOf } from '../src/witness/panel.ts'
import { slotIdOf } from '../src/witness/slot.ts'
import { Case, type CaseInit, type Cast } from './contract-case.ts'

export interface Ballot {
  readonly at?: number
  readonly due?: number
  /** How many members vote; a quorum unless said otherwise. */
  readonly count?: number
  /** The first member that votes. */
  readonly from?: number
}

/** A contract with a panel of four, of which one may be corrupt, unless said otherwise. */
export class PanelCase extends Case {
  constructor(init: CaseInit = {}, cast?: Cast) {
    super({ panel: 4, ...init }, {}, cast)
  }

  get members(): readonly AgentKey[] {
    return this.award.body.panel
  }

  member(index: number): AgentKey {
    const key = this.members[index]
    if (key === undefined) throw new TypeError(`the panel has no member ${index}`)
    return key
  }

  /** The slot of the duty that runs now. */
  get slot(): Slot {
    const slot = slotOfDuty(this.contract)
    if (slot === null) throw new TypeError('no duty runs')
    return slot
  }

  lease(k = 1, milestone = 0): Slot {
    return leaseSlot(this.contract, milestone, k)
  }

  idOf(slot: Slot): RecordId {
    return slotIdOf(this.award.id, slot)
  }

  due(slot: Slot): number {
    const due = dueOfSlot(this.contract, slot)
    if (due === null) throw new TypeError(`no clock runs for ${slot.duty}`)
    return due
  }

  get grace(): number {
    return graceMs(this.award.body.terms.timers)
  }

  ask(slot: Slot, at = this.due(slot) + 2 * this.grace, author?: AgentKey): HaggleRecord<'ask'> {
    const waits = slot.duty === 'review' || slot.duty === 'opening' ? this.cast.worker : this.cast.requester
    return this.cast.sign('ask', author ?? waits, { ...this.note(at), slot })
  }

  challenge(k = 1, at = this.tick(), milestone = 0): HaggleRecord<'challenge'> {
    return this.cast.sign('challenge', this.cast.requester, { ...this.note(at), milestone, k })
  }

  alive(challenge: HaggleRecord<'challenge'>): HaggleRecord<'alive'> {
    const { milestone } = challenge.body
    return this.cast.sign('alive', this.cast.worker, { ...this.note(), milestone, challenge: challenge.id })
  }

  revived(slot: Slot): HaggleRecord<'revived'> {
    return this.cast.sign('revived', this.cast.requester, { ...this.note(), certificate: this.idOf(slot) })
  }

  vote(author: AgentKey, body: Pick<Vote, 'slot' | 'verdict' | 'names' | 'at' | 'due'>): HaggleRecord<'vote'> {
    const { id: contract, body: award } = this.award
    return this.cast.sign('vote', author, { ...body, contract, generation: award.generation, newest: this.tip.id })
  }

  /** Votes of a quorum, one millisecond apart. */
  votes(slot: Slot, verdict: Vote['verdict'], names: HaggleRecord, ballot: Ballot = {}): HaggleRecord<'vote'>[] {
    const due = ballot.due ?? (slot.duty === 'lease' ? this.now : this.due(slot))
    const late = verdict === 'late' ? due + this.grace + 1_000 : due
    const at = ballot.at ?? (verdict === 'absent' ? due + 3 * this.grace : late)
    const count = ballot.count ?? quorumsOf(this.members.length)[verdict]
    return Array.from({ length: count }, (_, index) =>
      this.vote(this.member((ballot.from ?? 0) + index), { slot, verdict, names: names.id, due, at: at + index }),
    )
  }

  /** Puts such votes into the file. */
  certify(slot: Slot, verdict: Vote['verdict'], names: HaggleRecord, ballot: Ballot = {}): HaggleRecord<'vote'>[] {
    return this.votes(slot, verdict, names, ballot).map((vote) => this.put(vote))
  }

  /** The whole way from a clock that ran out to its certificate: ask, ABSENT, TIMEOUT. */
  miss(slot: Slot = this.slot): HaggleRecord<'timeout'> {
    const prev = this.tip
    const ask = this.put(this.ask(slot))
    this.certify(slot, 'absent', ask)
    const waits = slot.duty === 'review' ? this.cast.worker : this.cast.requester
    if (slot.duty === 'opening' || slot.duty === 'lease') throw new TypeError('no TIMEOUT is written for it')
    this.now = ask.body.at + 2 * this.grace
    return this.put(this.timeout(waits, slot.duty, { prev, at: this.now }))
  }
}

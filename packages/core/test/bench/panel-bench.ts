import type { AgentKey, HaggleRecord, RecordId, Slot } from '@haggle/protocol'
import { graceMs, profiles } from '../../src/contract/timing.ts'
import { Case, DURATION, goodHash, requester, sign, T0, worker, type CaseInit } from '../contract-case.ts'
import { Bench } from './bench.ts'
import { makeUnfetchable, type Hand } from './hand.ts'
import { hashOf } from './scene.ts'

export const G = graceMs(profiles.test)
/** The due of the first delivery. */
export const DUE = T0 + DURATION
/** The first moment at which an ask about it counts. */
export const ASK_AT = DUE + 2 * G

/** Witnesses with engines around a contract whose parties have none: what the parties say is up to the test. */
export class PanelBench extends Bench {
  readonly members: readonly Hand[]
  readonly case: Case

  /** `price` tells one contract from another. */
  constructor(n = 4, init: CaseInit = {}, price = 5_000_000) {
    super()
    this.time = T0
    this.members = Array.from({ length: n }, () => this.hand())
    this.case = new Case({ panelSize: n, ...init }, { panel: this.members.map(({ key }) => key), price })
    this.meet(...this.members)
    for (const member of this.members) {
      member.command({ kind: 'witness', maxBytes: 1_000_000 })
      member.peerUp(requester)
      member.peerUp(worker)
    }
    this.deliver()
  }

  member(index: number): Hand {
    const found = this.members[index]
    if (found === undefined) throw new TypeError(`the panel has no member ${index}`)
    return found
  }

  /** The slot of the first delivery. */
  get slot(): Slot {
    const accept = this.case.contract.entries.find(({ type }) => type === 'accept')
    return { entry: accept?.id ?? this.case.award.id, duty: 'delivery', milestone: 0, k: 0 }
  }

  /** Award, accept, opening, first heartbeat. */
  bound(): this {
    this.case.bind()
    return this
  }

  /** The whole file of the contract, and last this record, to these members. */
  show(by: AgentKey, record: HaggleRecord, to: readonly Hand[] = this.members): void {
    const { award, records } = this.case
    const file = records.slice(records.indexOf(award)).filter(({ id }) => id !== record.id)
    for (const member of to) for (const each of [...file, record]) member.record(by, each)
  }

  /** Lets the first member watch so many other contracts, in each of which it waits for bytes that do not come. */
  busyWith(contracts: number): void {
    makeUnfetchable(hashOf('kept back'))
    for (let n = 0; n < contracts; n += 1) {
      const other = new PanelBench(1, {}, n + 1).bound()
      other.delivery(10, hashOf('kept back'))
      const { award, records } = other.case
      for (const each of records.slice(records.indexOf(award))) this.member(0).record(worker, each)
    }
  }

  /** The worker delivers, to nobody yet. */
  delivery(size = 3, hash = goodHash): HaggleRecord<'deliver'> {
    const { body } = this.case.deliver(hash, { at: this.time })
    return this.case.put(sign('deliver', worker, { ...body, size }))
  }

  ask(slot = this.slot, by = requester, at = this.time): HaggleRecord<'ask'> {
    return this.case.put(sign('ask', by, { ...this.case.note(at), slot }))
  }

  challenge(k = 1): HaggleRecord<'challenge'> {
    return this.case.put(sign('challenge', requester, { ...this.case.note(this.time), milestone: 0, k }))
  }

  alive(challenge: RecordId): HaggleRecord<'alive'> {
    return this.case.put(sign('alive', worker, { ...this.case.note(this.time), milestone: 0, challenge }))
  }

  /** Lets the clocks run to a moment. */
  until(time: number): this {
    this.pass(Math.max(0, time - this.time))
    return this
  }

  /** What each member has voted, in words: verdict, and the type of what it names. */
  votes(): readonly (readonly string[])[] {
    return this.members.map((member) => this.votesOf(member))
  }

  votesOf(member: Hand): readonly string[] {
    const types = new Map(this.case.records.map(({ id, type }) => [id, type]))
    return member.all('vote').map(({ body }) => `${body.verdict} ${types.get(body.names) ?? 'unknown'}`)
  }
}

export function repeated<T>(times: number, value: T): T[] {
  return Array.from({ length: times }, () => value)
}

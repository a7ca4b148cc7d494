import type { AgentKey, HaggleRecord, RecordId, Slot, Vote } from '@haggle/protocol'
import { quorumsOf } from '../../src/witness/panel.ts'
import { signAs, strangers, type Bench } from './bench.ts'
import { bring } from './forge.ts'
import type { Hand } from './hand.ts'
import { Scene } from './scene.ts'

/** Lets these strangers say to these hands that they witness. */
export function witnessing(bench: Bench, keys: readonly AgentKey[], ...hands: readonly Hand[]): void {
  for (const key of keys) {
    const advert = signAs(key, 'advert', {
      ...{ at: bench.time, seq: 99, ttlMs: 600_000, skills: [], slots: 0, free: 0, witness: { maxBytes: 65_536 } },
    })
    for (const hand of hands) bring(hand, advert)
  }
}

/** A scene in which so many strangers witness, as far as both parties hear: the test itself says what they say. */
export class WitnessedScene extends Scene {
  constructor(witnesses = 9) {
    super()
    witnessing(this.bench, strangers.slice(0, witnesses), this.requester, this.worker)
  }

  /** A further worker who hears of the same witnesses. */
  rival(): Hand {
    const hand = this.another()
    witnessing(this.bench, strangers.slice(0, 9), hand)
    return hand
  }

  get award(): HaggleRecord<'award'> {
    return this.requester.newest('award')
  }

  /** What a hand showed to the first witness of the panel, in order. */
  shownBy(hand: Hand): HaggleRecord[] {
    const [first] = this.award.body.panel
    return hand.sent.filter(({ to }) => to === first).map(({ record }) => record)
  }

  /** So many members of the panel, a quorum unless said otherwise, vote the same before these hands. */
  vote(
    slot: Slot,
    verdict: Vote['verdict'],
    names: RecordId,
    due: number,
    { to = [this.requester, this.worker], count = 0 }: { readonly to?: readonly Hand[]; readonly count?: number } = {},
  ): void {
    const { id: contract, body } = this.award
    const votes = body.panel.slice(0, count === 0 ? quorumsOf(body.panel.length)[verdict] : count).map((author) =>
      signAs(author, 'vote', {
        ...{ at: this.bench.time, contract, generation: body.generation, slot, verdict, names, due, newest: contract },
      }),
    )
    for (const hand of to) for (const vote of votes) bring(hand, vote)
    this.bench.deliver()
  }
}

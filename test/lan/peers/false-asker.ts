// A requester that takes the work, approves it, and then asks the panel where the work is: once before anybody may ask, and once
// when it is time. Usage: false-asker SKILL WITNESSES DEADLINE.
import { createEngine, graceMs, type Effect, type Engine, type Handled, type Identity, type Input } from '@haggle/core'
import { createRecord, type HaggleRecord } from '@haggle/protocol'
import { createAgent } from 'haggle'
import { GENESIS } from '../support/genesis.ts'
import { companyOf, say } from './say.ts'

const [skill = '', witnesses = '', deadline = ''] = process.argv.slice(2)

/** Its one contract, as its engine writes it down. */
class Liar {
  readonly #identity: Identity
  readonly #engine: Engine
  #award: HaggleRecord<'award'> | null = null
  #accept: HaggleRecord<'accept'> | null = null
  #approved = false
  #asked = 0

  constructor(identity: Identity) {
    this.#identity = identity
    this.#engine = createEngine(identity)
  }

  get engine(): Engine {
    return { ...this.#engine, handle: (input) => this.#handle(input), nextWakeup: () => this.#nextWakeup() }
  }

  #handle(input: Input): Handled {
    const handled = this.#engine.handle(input)
    for (const effect of handled.effects)
      if (effect.kind === 'persist' && effect.entry.kind === 'record') this.#note(effect.entry.record)
    if (!('now' in input)) return handled
    return { ...handled, effects: [...handled.effects, ...this.#lies(input.now.wall)] }
  }

  #note(record: HaggleRecord): void {
    if (record.type === 'award') this.#award = record
    if (record.type === 'accept') this.#accept = record
    if (record.type === 'approve') this.#approved = true
  }

  /** As soon as it has approved, and once more at due + G + echoWait. */
  #nextAsk(): number | null {
    const [award] = [this.#award]
    if (award === null || !this.#approved || this.#asked === 2) return null
    const { terms, at } = award.body
    const due = Math.min(at + (terms.milestones[0]?.durationMs ?? 0), terms.endBy)
    return this.#asked === 0 ? at : due + 2 * graceMs(terms.timers)
  }

  #lies(at: number): readonly Effect[] {
    const [award, accept, from] = [this.#award, this.#accept, this.#nextAsk()]
    if (award === null || accept === null || from === null || at < from) return []
    this.#asked += 1
    const { networkId, self, sign } = this.#identity
    const slot = { entry: accept.id, duty: 'delivery', milestone: 0, k: 0 } as const
    const body = { at, contract: award.id, generation: award.body.generation, slot }
    const ask = createRecord('ask', body, { networkId, author: self, sign })
    say('asked', { times: this.#asked })
    return award.body.panel.map((to) => ({ kind: 'send', to, records: [award, accept, ask], payload: null }))
  }

  #nextWakeup(): ReturnType<Engine['nextWakeup']> {
    const { wall, mono } = this.#engine.nextWakeup()
    const ask = this.#nextAsk()
    return { wall: wall === null || ask === null ? (wall ?? ask) : Math.min(wall, ask), mono }
  }
}

const agent = await createAgent({
  name: 'me',
  genesis: GENESIS,
  components: { createEngine: (identity) => new Liar(identity).engine },
})
say('ready', { peerId: agent.peerId })
await companyOf(agent, Number(witnesses))
await agent.hire(skill, 'task', { key: 'task', deadline: `${Number(deadline)}s`, attempts: 1 })
say('hired')

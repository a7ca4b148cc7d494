import { decodeFrame } from '@haggle/protocol'
import { expect, test } from 'vitest'
import type { Invariant, SeenFrame, SeenGossip, Who } from '../src/oracle/observer.ts'
import { standardInvariants } from '../src/oracle/standard.ts'
import { withRevisions } from '../src/plan/draw-plan.ts'
import { byzantineKinds, panelPartyKinds, witnessKinds, type ByzantineKind, type Plan } from '../src/plan/plan.ts'
import { scenarioOf } from '../src/scenarios/scenarios.ts'
import { World } from '../src/world/world.ts'

/** The cheat of these worlds, which all serve, all hire, and lose nothing on the way. */
const CHEAT = 3

function worldWith(kind: ByzantineKind | null, seed: bigint): Plan {
  const plan = scenarioOf('byzantine').draw(seed, 5)
  const agents = plan.agents.map((agent, index) => ({
    ...agent,
    ...{ startMs: 0, skills: ['shout', 'count'], slots: 4, byzantine: index === CHEAT ? kind : null },
    // Contracts that a panel sees, where somebody cheats before it or on it.
    witnesses: kind !== null && ([...witnessKinds, ...panelPartyKinds] as readonly string[]).includes(kind),
  }))
  const weather = { delayUs: 1_000, jitterUs: 500, lossPpm: 0, gossipLoss: 0, duplicate: 0, reorder: 0 }
  return {
    ...plan,
    agents,
    work: withRevisions(plan.work, agents),
    weather,
    faults: [],
    phases: { ...plan.phases, core: [0, 1, 2, 4] },
  }
}

/** What the cheat says, as texts that can be counted. */
class Ear implements Invariant {
  readonly id = 'ear'
  readonly said = new Map<string, number>()
  readonly bytes = new Set<Uint8Array>()
  readonly lives = new Set<number>()

  begin(): void {}

  started(who: Who): void {
    if (who.agent === CHEAT) this.lives.add(who.disk)
  }

  sent({ from, bytes, frame, records }: SeenFrame): void {
    if (from.agent !== CHEAT) return
    this.#count(frame === null ? 'garbage' : frame.kind)
    for (const record of records) {
      this.#count(record.author === from.key ? record.type : `another's ${record.type}`)
      if (record.type === 'reject' && record.author === from.key) this.#count(`reject ${record.body.reason}`)
      if (record.type === 'vote' && record.author === from.key) this.#count(`vote ${record.body.verdict}`)
    }
    if (frame?.kind === 'records' && records.length < frame.records.length) this.#count('forged')
    if (decodeFrame(bytes).ok) this.bytes.add(bytes)
  }

  published(from: Who, { record }: SeenGossip): void {
    if (from.agent === CHEAT) this.#count(record === undefined ? 'gossiped garbage' : `gossiped ${record.type}`)
  }

  of(what: string): number {
    return this.said.get(what) ?? 0
  }

  #count(what: string): void {
    this.said.set(what, this.of(what) + 1)
  }
}

/** Some worlds of one kind, added up. */
async function heard(kind: ByzantineKind | null, worlds = 2n): Promise<Ear> {
  const ear = new Ear()
  for (let seed = 1n; seed <= worlds; seed += 1n) {
    const invariants = [...standardInvariants(), ear]
    const { findings } = await new World(worldWith(kind, seed), { invariants, stopAtFinding: true }).run()
    expect([kind, seed, findings.map(({ invariant, text }) => `${invariant}: ${text}`)]).toEqual([kind, seed, []])
  }
  return ear
}

test('an agent that does not cheat says nothing but the truth, and all of it', async () => {
  const ear = await heard(null, 12n)
  for (const lie of ['garbage', 'forged', 'gossiped garbage']) expect([lie, ear.of(lie)]).toEqual([lie, 0])
  for (const word of ['accept', 'opening', 'approve', 'closing', 'receipt', 'deliver'])
    expect([word, ear.of(word) > 0]).toEqual([word, true])
})

/** What shows that a kind does what its name says. */
const marks: Readonly<Record<ByzantineKind, (ear: Ear) => boolean>> = {
  ghost: (ear) => ear.of('accept') === 0 && ear.of('bid') > 0,
  denier: (ear) => ear.of('closing') === 0 && ear.of('opening') === 0 && ear.of('award') > 0,
  garbler: (ear) => ear.of('garbage') > 20,
  mutator: (ear) => ear.of('garbage') + ear.of('forged') + ear.of('gossiped garbage') > 5,
  flooder: (ear) => ear.of('want') > 100 && ear.of('gossiped advert') > 100,
  replayer: (ear) => [...ear.said.keys()].some((what) => what.startsWith("another's")),
  equivocator: (ear) => ear.of('deliver') + ear.of('bid') + ear.of('award') > 0,
  'back-dater': (ear) => ear.of('accept') + ear.of('deliver') > 0,
  boaster: (ear) => ear.of('withdraw') > 0 && ear.of('deliver') === 0,
  sniper: (ear) => ear.of('bid') > 0,
  staller: (ear) => ear.of('deliver') > 0,
  canceller: (ear) => ear.of('withdraw') > 0,
  double: (ear) => ear.lives.size > 1,
  forger: (ear) => [...ear.said.keys()].length > 0,
  'false-asker': (ear) => ear.of('ask') > 0,
  'back-challenger': (ear) => ear.of('challenge') > 0,
  'panel-picker': (ear) => ear.of('award') > 0,
  'late-deliverer': (ear) => ear.of('deliver') > 0,
  'hollow-deliverer': (ear) => ear.of('deliver') > 0,
  revenant: (ear) => ear.of('deliver') > 0 && ear.of('alive') === 0,
  'fickle-reviewer': (ear) => ear.of('reject') > 0,
  'seal-spoiler': (ear) => ear.of('unseal') > 0,
  'seal-blamer': (ear) => ear.of('reject sealed') > 0,
  'mute-witness': (ear) => ear.of('vote') === 0,
  'absent-witness': (ear) => ear.of('vote') === ear.of('vote absent'),
  'timely-witness': (ear) => ear.of('vote') === ear.of('vote timely'),
  'two-faced-witness': (ear) => ear.of('vote timely') <= ear.of('vote absent'),
  'misdating-witness': (ear) => ear.of('award') > 0,
  'hollow-witness': (ear) => ear.of('vote') === ear.of('vote timely'),
  'late-witness': (ear) => ear.of('award') > 0,
}

test.each(byzantineKinds.map((kind) => [kind]))(
  'T-15: a %s cheats as its name says, and no promise is broken',
  async (kind) => {
    const ear = await heard(kind)
    expect([...ear.said, ['lives', ear.lives.size]]).toSatisfy(() => marks[kind](ear))
  },
)

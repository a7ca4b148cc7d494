import { bounds, createRecord } from '@haggle/protocol'
import type { Command, Engine, Handled, Input, Now, SnapshotPart } from '@haggle/core'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { honest, type Agent } from './world/agent.ts'
import { fakeSign, networkId } from './world/identity.ts'
import { playOut, randomJob, randomWorld, worldWithWitnesses } from './world/plan.ts'
import { Random } from './world/random.ts'
import { World } from './world/world.ts'

const RUNS = Number(process.env['HAGGLE_RUNS'] ?? 120)
const FIRST = Number(process.env['HAGGLE_SEED'] ?? 1)
/** Snapshots that are looked at of one agent's life. */
const MOMENTS = 2

interface Taken {
  readonly covers: number
  /** When it was taken. */
  readonly now: Now
  readonly parts: readonly SnapshotPart[]
}

/** Takes snapshots of every agent at moments of its life, while it lives it. */
function watched(world: World, seed: number): Map<Agent, Taken[]> {
  const dice = new Random(seed + 9)
  const taken = new Map<Agent, Taken[]>()
  for (const agent of world.agents) {
    const own: Taken[] = []
    let seen = 0
    taken.set(agent, own)
    agent.onlooker = () => {
      // Of all moments each is equally likely to stay.
      seen += 1
      const place = own.length < MOMENTS ? own.length : dice.below(seen)
      if (place < MOMENTS) own[place] = { covers: agent.log.length, now: agent.now(), parts: agent.engine.snapshot() }
    }
  }
  return taken
}

/** All that an engine shows of itself, with what it would say to a snapshot of its own. */
function shown(agent: Agent, engine: Engine): unknown {
  const tasks = engine.tasks()
  return {
    tasks,
    contracts: engine.contracts(),
    records: tasks.map(({ task }) => engine.records(task)),
    standings: agent.acquaintances().map((key) => engine.standing(key)),
    wakeup: engine.nextWakeup(),
    again: engine.snapshot().map(inAnyOrder),
  }
}

/** In which order contracts ended whose end was drawn long ago nobody can tell any more, and nothing follows from it. */
function inAnyOrder(part: SnapshotPart): SnapshotPart {
  return part.kind === 'ended' ? { ...part, contracts: part.contracts.toSorted() } : part
}

/** Two engines that are given the same, and must not be told apart. */
class Twins {
  readonly #one: Engine
  readonly #other: Engine
  readonly #name: string

  constructor(one: Engine, other: Engine, name: string) {
    this.#one = one
    this.#other = other
    this.#name = name
  }

  handle(input: Input): Handled {
    const [one, other] = [this.#one.handle(input), this.#other.handle(input)]
    expectEqual(one, other, `${this.#name}: ${input.kind}`)
    return one
  }

  expectAlike(agent: Agent): void {
    expectEqual(shown(agent, this.#one), shown(agent, this.#other), this.#name)
  }
}

/** What comes later: everybody is met, everything is said once more, tasks are offered both ways, and all clocks run out. */
function liveOn(twins: Twins, world: World, agent: Agent, now: Now): void {
  const entropy = new Uint8Array(64).fill(3)
  const order = (command: Command): Handled => twins.handle({ kind: 'command', now, command, entropy })
  twins.handle({ kind: 'started', now })
  order({ kind: 'serve', skills: [{ name: 'work', version: 1, note: null, unitPrice: null }], slots: 3 })
  for (const peer of agent.acquaintances()) twins.handle({ kind: 'peer-up', now, peer, clockSkewMs: 0, rttMs: 0 })
  for (const { by, record } of world.sent) {
    if (by !== agent) twins.handle({ kind: 'record', now, from: by.key, record })
  }
  const { effects } = order({ kind: 'offer', job: randomJob(agent, new Random(5), 'a new job') })
  const offer = effects.flatMap((effect) => (effect.kind === 'publish' ? [effect.record] : []))[0]
  const [other] = agent.acquaintances()
  if (offer?.type !== 'offer' || other === undefined) throw new Error('a new job is offered')
  const origin = { networkId, author: other, sign: fakeSign(other) }
  const bid = { at: now.wall, task: offer.id, generation: 1, price: 1, etaMs: 10, validUntil: now.wall + 60_000 }
  const more = { firm: true, leaseMs: null, nonce: new Uint8Array(16), counter: null }
  twins.handle({ kind: 'record', now, from: other, record: createRecord('bid', { ...bid, ...more }, origin) })
  // Of four offers as many get a firm bid as there are slots.
  for (let number = 0; number < 4; number += 1) {
    const theirs = createRecord('offer', { ...offer.body, nonce: new Uint8Array(16).fill(number) }, origin)
    twins.handle({ kind: 'record', now, from: other, record: theirs })
    order({ kind: 'bid', task: theirs.id, generation: 1, price: 1, etaMs: 10, leaseMs: null })
  }
  for (const ms of [1, 500, 5_000, 60_000, 3_600_000])
    twins.handle({ kind: 'alarm', now: { wall: now.wall + ms, mono: now.mono + ms } })
}

/** The two engines are one, in what they show, and in what they answer to what comes: in the moment of the snapshot and at the end. */
function expectAlike(world: World, agent: Agent, { covers, now, parts }: Taken, name: string): void {
  for (const [end, from] of [
    [covers, now],
    [agent.log.length, agent.now()],
  ] as const) {
    const short = agent.recall(parts, agent.log.slice(covers, end))
    const twins = new Twins(short, agent.replay(agent.log.slice(0, end)), `${name}, of ${end}`)
    twins.expectAlike(agent)
    liveOn(twins, world, agent, from)
    twins.expectAlike(agent)
  }
}

/** The library's own comparison takes ten times as long, and shows what differs. */
function expectEqual(one: unknown, other: unknown, name: string): void {
  if (!isDeepStrictEqual(one, other)) expect({ name, value: one }).toEqual({ name, value: other })
}

describe(`a snapshot and what was written later, seeds ${FIRST}..${FIRST + RUNS - 1}`, () => {
  it('make the state that the whole log makes, and give the same answers from there on', () => {
    const kinds = new Map<string, number>()
    for (let seed = FIRST; seed < FIRST + RUNS; seed += 1) {
      const world = randomWorld(seed)
      const taken = watched(world, seed)
      playOut(world, seed)
      for (const [agent, moments] of taken) {
        agent.onlooker = () => {}
        for (const moment of moments) {
          expectAlike(world, agent, moment, `seed ${seed}, ${agent.key.slice(0, 8)} at entry ${moment.covers}`)
          for (const { kind } of moment.parts) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
        }
      }
    }
    const often = ['deal', 'ended', 'evidence', 'foreign', 'head', 'own', 'page']
    if (RUNS >= 120) expect([...kinds.keys()].toSorted()).toEqual(expect.arrayContaining(often))
  }, 120_000)

  it('WIT-06 hold what a witness has voted', () => {
    let votes = 0
    for (let seed = FIRST; seed < FIRST + RUNS / 5; seed += 1) {
      const world = worldWithWitnesses(seed)
      const taken = watched(world, seed)
      playOut(world, seed)
      for (const [agent, moments] of taken) {
        agent.onlooker = () => {}
        for (const moment of moments) {
          expectAlike(world, agent, moment, `seed ${seed}, ${agent.key.slice(0, 8)} at entry ${moment.covers}`)
          for (const part of moment.parts) votes += part.kind === 'kept-votes' ? part.kept.votes.length : 0
        }
      }
    }
    if (RUNS >= 60) expect(votes).toBeGreaterThan(0)
  }, 120_000)

  it('hold an offer that a crash kept from its task', () => {
    const world = new World(1, { loss: 0, duplicate: 0, delayMs: 1 })
    const agent = world.add(honest, [])
    world.add(honest, [])
    agent.command({ kind: 'offer', job: randomJob(agent, new Random(1), 'job') })
    agent.settleEffects()
    const covers = 1 + agent.log.findIndex((entry) => entry.kind === 'record' && entry.record.type === 'offer')
    const parts = agent.replay(agent.log.slice(0, covers)).snapshot()
    expect(parts.map(({ kind }) => kind)).toContain('offer')
    expectAlike(world, agent, { covers, now: agent.now(), parts }, 'an offer alone')
  })

  it('hold no more than memory does, however long the log is', () => {
    const world = new World(1, { loss: 0, duplicate: 0, delayMs: 1 })
    const agent = world.add(honest, [])
    world.add(honest, [])
    const random = new Random(1)
    for (let number = 0; number < bounds.closedTasks + 300; number += 1) {
      agent.command({ kind: 'offer', job: randomJob(agent, random, `job ${number}`) })
      const task = agent.engine.taskByKey(`job ${number}`)?.task
      if (task === undefined) throw new Error('the job was taken')
      agent.command({ kind: 'cancel', task, reason: 'test' })
      agent.settleEffects()
    }
    const early = { covers: agent.log.length, now: agent.now(), parts: agent.engine.snapshot() }
    expect(early.parts.filter(({ kind }) => kind === 'own')).toHaveLength(bounds.closedTasks)
    expect(early.parts.flatMap((part) => (part.kind === 'spent' ? part.keys : []))).toHaveLength(300)
    agent.command({ kind: 'offer', job: randomJob(agent, random, 'one more') })
    agent.settleEffects()
    expectAlike(world, agent, early, 'a long life')
    // The same key is the same job: one that left memory is not begun again, before and after a restart.
    const again = { kind: 'offer', job: randomJob(agent, random, 'job 0') } as const
    expect(agent.command(again)).toMatchObject({ ok: false, refusal: 'job/spent' })
    agent.crash()
    agent.restart()
    expect(agent.command(again)).toMatchObject({ ok: false, refusal: 'job/spent' })
  }, 60_000)
})

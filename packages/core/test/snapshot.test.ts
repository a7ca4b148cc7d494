import { bounds } from '@haggle/protocol'
import type { Engine, Input, SnapshotPart } from '@haggle/core'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { honest, type Agent } from './world/agent.ts'
import { playOut, randomJob, randomWorld } from './world/plan.ts'
import { Random } from './world/random.ts'
import { World } from './world/world.ts'

const RUNS = Number(process.env['HAGGLE_RUNS'] ?? 60)
const FIRST = Number(process.env['HAGGLE_SEED'] ?? 1)
/** Snapshots that are looked at of one agent's life. */
const MOMENTS = 3

interface Taken {
  readonly covers: number
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
      if (place < MOMENTS) own[place] = { covers: agent.log.length, parts: agent.engine.snapshot() }
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

/** What comes later, the same for both: everybody is met, everything is said once more, and all clocks run out. */
function later(world: World, agent: Agent): readonly Input[] {
  const now = agent.now()
  const after = (ms: number): Input & { kind: 'alarm' } => ({
    kind: 'alarm',
    now: { wall: now.wall + ms, mono: now.mono + ms },
  })
  const met = agent.acquaintances().map((peer): Input => ({ kind: 'peer-up', now, peer, clockSkewMs: 0, rttMs: 0 }))
  const records = world.sent.filter(({ by }) => by !== agent)
  const said = records.map(({ by, record }): Input => ({ kind: 'record', now, from: by.key, record }))
  const waits = [1, 500, 5_000, 60_000, 3_600_000].map(after)
  const job = randomJob(agent, new Random(5), 'a new job')
  const entropy = new Uint8Array(64).fill(3)
  const offer: Input = { kind: 'command', now, command: { kind: 'offer', job }, entropy }
  return [{ kind: 'started', now }, offer, ...met, ...said, ...waits]
}

/** The two engines are one: in what they show, and in what they answer to what comes. */
function expectAlike(world: World, agent: Agent, { covers, parts }: Taken, name: string): void {
  const whole = agent.replay(agent.log)
  const short = agent.recall(parts, agent.log.slice(covers))
  expectEqual(shown(agent, short), shown(agent, whole), name)
  for (const input of later(world, agent)) {
    const [one, other] = [short.handle(input), whole.handle(input)]
    expectEqual(one, other, `${name}: ${input.kind}`)
  }
  expectEqual(shown(agent, short), shown(agent, whole), name)
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
    if (RUNS >= 60)
      expect([...kinds.keys()].toSorted()).toEqual(['deal', 'ended', 'foreign', 'head', 'offer', 'own', 'page'])
  }, 120_000)

  it('hold no more than memory does, however long the log is', () => {
    const world = new World(1, { loss: 0, duplicate: 0, delayMs: 1 })
    const agent = world.add(honest, [])
    const random = new Random(1)
    for (let number = 0; number < bounds.closedTasks + 300; number += 1) {
      agent.command({ kind: 'offer', job: randomJob(agent, random, `job ${number}`) })
      const task = agent.engine.taskByKey(`job ${number}`)?.task
      if (task === undefined) throw new Error('the job was taken')
      agent.command({ kind: 'cancel', task, reason: 'test' })
      agent.settleEffects()
    }
    const early = { covers: agent.log.length, parts: agent.engine.snapshot() }
    expect(early.parts.filter(({ kind }) => kind === 'own')).toHaveLength(bounds.closedTasks)
    agent.command({ kind: 'offer', job: randomJob(agent, random, 'one more') })
    agent.settleEffects()
    expectAlike(world, agent, early, 'a long life')
  }, 60_000)
})

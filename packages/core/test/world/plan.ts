import { payloadHashOf, type Acceptance, type Timers } from '@haggle/protocol'
import type { Job } from '@haggle/core'
import { goodResult, honest, type Agent, type Temper } from './agent.ts'
import { disturb } from './mischief.ts'
import { Random } from './random.ts'
import { World } from './world.ts'

/** The `test` profile: windows for virtual clocks. */
export const timers: Timers = {
  bidWindowMs: 50,
  claimWindowMs: 10,
  acceptMs: 300,
  leaseMs: 600,
  leaseMaxMs: 2_000,
  reviewMinMs: 500,
  epsilonMs: 50,
  deltaMs: 50,
  rateBytesPerSecond: 4_194_304,
}

const SKILL = 'work'

/** A random world of a few agents with faulty tempers, and the jobs they will offer. */
export function randomWorld(seed: number): World {
  const random = new Random(seed)
  const world = new World(seed, {
    loss: random.pick([0, 0, 20, 100]),
    duplicate: random.pick([0, 50, 300]),
    delayMs: random.pick([3, 20, 60]),
  })
  const requesters = 1 + random.below(2)
  const workers = 1 + random.below(3)
  for (let n = 0; n < requesters; n += 1) world.add(temper(random), [])
  for (let n = 0; n < workers; n += 1) world.add(temper(random), [SKILL])
  return world
}

/** The same world where everybody witnesses, with so many more agents that do nothing else. */
export function worldWithWitnesses(seed: number): World {
  const world = randomWorld(seed)
  const random = new Random(seed + 3)
  for (const agent of world.agents) agent.role = 'both'
  for (let n = random.pick([1, 3, 6]); n > 0; n -= 1) world.add(honest, []).role = 'witness'
  return world
}

function temper(random: Random): Temper {
  if (random.chance(0.6)) return honest
  const some = (): number => random.pick([0, 0, 300, 1_000])
  return {
    fails: some(),
    withdraws: some(),
    ghosts: some(),
    garbles: some(),
    rejects: some(),
    neverReviews: random.pick([0, 0, 0, 500]),
    declinesQuotes: random.pick([0, 0, 500]),
    forks: random.pick([0, 0, 0, 500]),
  }
}

/** One job of an agent, in any mode and with any acceptance that the machine knows. */
export function randomJob(agent: Agent, random: Random, key: string): Job {
  const { wall } = agent.now()
  const input = payloadHashOf(random.bytes(8))
  agent.payloads.add(input)
  const acceptance: Acceptance = random.pick([
    { kind: 'requester' },
    { kind: 'schema', schema: '{}' },
    { kind: 'hash', hash: goodResult(input) },
  ] as const)
  const count = random.pick([1, 1, 1, 2, 3])
  const milestones = Array.from({ length: count }, (_, index) => ({
    name: `m${index}`,
    durationMs: random.pick([500, 1_500, 4_000]),
    valuePermille: index === 0 ? 1_000 - (count - 1) * 300 : 300,
    acceptance,
  }))
  const mode = random.chance(0.4) ? 'claim' : 'auction'
  return {
    key,
    skill: SKILL,
    input: { hash: input, size: 8, mediaType: null, preview: null, public: null },
    milestones,
    endBy: wall + random.pick([3_000, 8_000, 20_000]),
    value: 10_000_000,
    mode,
    bidding: random.chance(0.5) ? 'open' : 'sealed',
    bidUntil: wall + random.pick([500, 3_000]),
    maxBids: random.pick([1, 8]),
    askPrice: random.chance(0.2) ? 2_000_000 : null,
    stakeWorker: 1_000_000,
    stakeRequester: 1_000_000,
    timers,
    revisions: random.pick([0, 0, 2]),
    attempts: random.pick([1, 3]),
    panel: null,
    minQuality: null,
    parent: null,
    memo: '{}',
  }
}

/** Runs a world through its jobs with crashes and restarts at any effect, then heals it and lets every clock run out. */
export function playOut(world: World, seed: number): void {
  const random = new Random(seed + 1)
  const dice = new Random(seed + 2)
  const mischief = dice.pick([0, 0.1, 0.5])
  const lying = dice.chance(0.3)
  world.open()
  const requesters = world.agents.filter((agent) => agent.skills.length === 0 && agent.role !== 'witness')
  for (let round = 0; round < 3; round += 1) {
    for (const agent of requesters) {
      if (agent.up) agent.command({ kind: 'offer', job: randomJob(agent, random, `job-${round}`) })
      if (agent.up && random.chance(0.1)) cancelSome(agent, random)
    }
    if (random.chance(0.5)) crashMidway(world, random)
    world.run(random.pick([200, 1_500, 6_000]), () => {
      if (dice.chance(mischief)) disturb(world, dice, lying)
    })
    for (const agent of requesters) if (agent.up && random.chance(0.15)) cancelSome(agent, random)
    for (const agent of world.agents) if (!agent.up) world.restart(agent)
  }
  world.weather = { loss: 0, duplicate: 0, delayMs: 5 }
  world.run(900_000)
}

function cancelSome(agent: Agent, random: Random): void {
  const tasks = agent.engine.tasks().filter((task) => task.role === 'requester')
  if (tasks.length > 0) agent.command({ kind: 'cancel', task: random.pick(tasks).task, reason: 'changed-my-mind' })
}

/** Kills one agent between two of its effects, at a moment that the dice choose. */
function crashMidway(world: World, random: Random): void {
  const victim = random.pick(world.agents)
  if (!victim.up) return
  let left = random.below(30)
  world.run(random.pick([100, 800]), () => {
    while (victim.up && left > 0 && victim.step()) left -= 1
    if (left <= 0 && victim.up) world.crash(victim)
  })
  if (victim.up) world.crash(victim)
  world.run(random.pick([50, 1_000]))
  world.restart(victim)
}

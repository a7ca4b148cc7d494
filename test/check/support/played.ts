import { Chance } from '../../process/support/chance.ts'
import type { AgentHistory, StoredRow } from '@haggle/checker'
import { TaskFailed, type Agent, type HireTerms, type Job, type TaskHandler } from '@haggle/node'
import { networkIdOf, payloadHashOf, protocolParams, type AgentKey } from '@haggle/protocol'
import type { Journal, JournalTable } from '@haggle/ports'
import { World, type Stand } from '../../../packages/node/test/agents.ts'

/** What one agent of a played world wrote down, with the seed of its key. */
export interface Played {
  readonly name: string
  readonly key: AgentKey
  readonly seed: Uint8Array
  readonly log: readonly StoredRow[]
  readonly events: readonly StoredRow[]
}

/** What its agents wrote down, and when the last of it was over. */
export interface PlayedWorld {
  readonly agents: readonly Played[]
  readonly restedAt: number
}

export const NETWORK = 'haggle'
const REQUESTERS = 2
const WORKERS = 3
/** Slots of each worker: one for each skill, and all skills share the sum. */
export const SLOTS = 6
const JOBS = 14
/** Long enough for every contract of a world to be over, its exposure included. */
const REST_MS = 900_000

/**
 * One world of memory and virtual time: two requesters, three workers and a dozen jobs of every kind, some of which go wrong,
 * while agents lose their power. It ends when nothing is under way any more. The same seed is the same world.
 */
export async function play(seed: number, engines?: World['engines']): Promise<PlayedWorld> {
  const chance = new Chance(seed)
  const world = new World()
  if (engines !== undefined) world.engines = engines
  const stands: Stand[] = Array.from({ length: REQUESTERS + WORKERS }, (_, index) => world.stand(index + 1))
  const agents: Agent[] = []
  for (const stand of stands) agents.push(await stand.start())
  for (let at = REQUESTERS; at < agents.length; at += 1) serveAll(world, agents[at], chance.of(`work ${at}`))
  const jobs: Promise<unknown>[] = []
  const strikes = new Set([chance.span(2, JOBS - 2), chance.span(2, JOBS - 2)])
  for (let number = 0; number < JOBS; number += 1) {
    const requester = agents[chance.span(0, REQUESTERS - 1)]
    if (requester !== undefined) jobs.push(hireOne(world, requester, chance, number))
    await world.clock.pass(chance.span(20, 2_500))
    if (!strikes.has(number)) continue
    const struck = chance.span(0, agents.length - 1)
    const stand = stands[struck]
    if (stand === undefined) continue
    const again = await world.clock.until(stand.crashed())
    stands[struck] = again
    if (chance.fraction() < 0.5) await world.clock.pass(chance.span(10, 8_000))
    const agent = await again.start()
    agents[struck] = agent
    if (struck >= REQUESTERS) serveAll(world, agent, chance.of(`work again ${struck}`))
  }
  await world.clock.pass(REST_MS)
  await Promise.all(jobs)
  const played = await Promise.all(stands.map((stand, index) => written(stand, index)))
  const restedAt = world.clock.wall()
  await world.end()
  return { agents: played, restedAt }
}

/** What a played world gives to the checker. */
export function historiesOf({ agents }: PlayedWorld): readonly AgentHistory[] {
  const networkId = networkIdOf(NETWORK, protocolParams)
  return agents.map(({ name, key, log, events }) => ({ directory: name, agent: key, networkId, log, events }))
}

const SCHEMA = JSON.stringify({ type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] })

/** Every worker serves every skill, each in its own mood. */
function serveAll(world: World, agent: Agent | undefined, chance: Chance): void {
  const options = { slots: 1, price: 1 + chance.span(0, 3) }
  const handlers: Readonly<Record<string, TaskHandler>> = {
    echo: (task) => task.text(),
    slow: async (task) => {
      await world.clock.sleep(3_000, task.signal)
      return task.text()
    },
    number: () => (chance.fraction() < 0.7 ? { n: 1 } : { n: 'one' }),
    poison: () => {
      throw new TaskFailed('exit/3', 'it cannot be done')
    },
    moody: async (task) => {
      if (chance.fraction() < 0.4) throw new Error('not today')
      if (chance.fraction() < 0.2) task.withdraw('no-time')
      return task.text()
    },
    silent: (task) =>
      chance.fraction() < 0.5
        ? task.text()
        : new Promise((_, reject) => {
            task.signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true })
          }),
  }
  for (const [skill, handler] of Object.entries(handlers)) agent?.serve(skill, options, handler)
}

async function hireOne(world: World, requester: Agent, chance: Chance, number: number): Promise<void> {
  const skill = chance.pick(['echo', 'echo', 'slow', 'slow', 'number', 'poison', 'moody', 'silent'])
  const terms = {
    key: `job-${number}`,
    deadline: `${chance.span(8, 25)}s`,
    wait: '5s',
    ...kindOf(skill, chance),
  } satisfies HireTerms
  const cancels = chance.fraction() < 0.1
  await requester.hire(skill, `input ${number}`, terms).then(
    async (job: Job) => {
      if (cancels) void world.clock.sleep(1_500).then(() => job.cancel('changed-mind').catch(() => undefined))
      await job.settled().catch(() => undefined)
    },
    () => undefined,
  )
}

function kindOf(skill: string, chance: Chance): HireTerms {
  const terms = chance.pick<HireTerms>([{}, { mode: 'claim' }, { sealed: true }, { ask: 9 }, { stake: 1 }])
  if (skill === 'number') return { ...terms, accept: { kind: 'schema', schema: SCHEMA } }
  if (skill !== 'echo' && skill !== 'slow') return { ...terms, attempts: chance.span(1, 3) }
  const acceptance = { kind: 'requester' } as const
  return chance.pick<HireTerms>([
    terms,
    { ...terms, accept: { kind: 'hash', hash: payloadHashOf(new TextEncoder().encode('something else')) } },
    { ...terms, review: () => ({ reject: 'not good' }) },
    { ...terms, revisions: 1, review: ({ generation }) => (generation > 1 ? 'approve' : { reject: 'again' }) },
    {
      ...terms,
      milestones: [
        { name: 'one', durationMs: 4_000, valuePermille: 400, acceptance },
        { name: 'two', durationMs: 4_000, valuePermille: 600, acceptance },
      ],
    },
  ])
}

async function written({ parts, journal }: Stand, index: number): Promise<Played> {
  const name = index < REQUESTERS ? `requester-${index + 1}` : `worker-${index + 1 - REQUESTERS}`
  const { key } = parts.signer
  const seed = new Uint8Array(32).fill(index + 1)
  return { name, key, seed, log: await rowsOf(journal, 'log'), events: await rowsOf(journal, 'events') }
}

async function rowsOf(journal: Journal, table: JournalTable): Promise<readonly StoredRow[]> {
  const rows: StoredRow[] = []
  for await (const { seq, bytes } of journal.read(table)) rows.push({ seq, bytes: new Uint8Array(bytes) })
  return rows
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { passing, until } from '../../process/support/limit.ts'
import { Namespace } from '../../process/support/namespace.ts'
import { Member } from './member.ts'

const MEMBER = fileURLToPath(new URL('swarm-member.mjs', import.meta.url))
const SKILL = 'listen'
/** Processes that start at the same time: a node takes a second of a core to start, and all want the same two. */
const STARTING = 8
const START_MS = 240_000
/** By then a hire has ended, one way or the other: its deadline is a minute. */
const HIRE_MS = 90_000

export interface SwarmInit {
  /** Agents, each in a process of its own. */
  readonly agents: number
  readonly offers: number
  readonly perSecond: number
  /** An offer that an agent hears later than this has not reached it. */
  readonly withinMs: number
  readonly progress: (text: string) => void
}

/** What a swarm heard. Times are from the call of `hire` at one agent to the moment at which another hears the offer. */
export interface SwarmSeen {
  /** Deliveries within the limit, and all there should have been. */
  readonly delivered: number
  readonly due: number
  readonly timesMs: readonly number[]
  /** Each offer that an agent did not hear within the limit, or not at all. */
  readonly late: readonly Late[]
  /** Of ten offers one is bid for, by one agent: how many of these were settled, and the codes of those that failed. */
  readonly hires: number
  readonly settled: number
  readonly failures: readonly string[]
  /** Peers of each agent when the last offer was heard. */
  readonly peers: readonly number[]
  /** Processor time of all agents together, from the first offer on, and before it. */
  readonly cpuMs: number
  readonly startCpuMs: number
  /** Bytes in memory of each process. */
  readonly rss: readonly number[]
  /** From the start of the first process until every agent was ready and had peers. */
  readonly startMs: number
}

/** Both by their number, from 0. */
interface Late {
  readonly offer: number
  readonly agent: number
}

type Told =
  | { readonly kind: 'ready' }
  | { readonly kind: 'offered'; readonly key: string; readonly task: string | null; readonly at: number }
  | { readonly kind: 'peers'; readonly peers: number }
  | ({ readonly kind: 'heard' } & Heard)
  | {
      readonly kind: 'report'
      readonly hired: Hired
      readonly cpuMs: number
      readonly rss: number
    }
type Command = { readonly kind: 'peers' | 'heard' | 'report' } | { readonly kind: 'offer'; readonly key: string }
type SwarmMember = Member<Told, Command>
interface Hired {
  readonly begun: number
  readonly settled: number
  readonly failed: readonly string[]
  /** Offers that were not even made, by the code of the refusal. */
  readonly refused: readonly string[]
}
/** When each offer was made, in the order of the offers, by its task. */
type Offered = ReadonlyMap<string, number>
interface Heard {
  readonly tasks: readonly string[]
  readonly at: readonly number[]
}

/** Plays a swarm in a network of its own, in which agents find each other as they do by default. */
export async function playSwarm(init: SwarmInit): Promise<SwarmSeen> {
  const namespace = await Namespace.open()
  const home = await mkdtemp(join(tmpdir(), 'haggle-swarm-'))
  const members: SwarmMember[] = []
  try {
    const began = performance.now()
    await startAll(init, namespace, home, members)
    await until('every agent to have peers', () => haveMet(members), START_MS)
    const startMs = performance.now() - began
    init.progress(`${init.agents} agents up after ${Math.round(startMs / 1000)} s`)
    const startCpuMs = await cpuOf(members)
    const offered = await offerAll(init, members)
    const seen = await harvest(init, members, offered)
    return { ...seen, cpuMs: seen.cpuMs - startCpuMs, startCpuMs, startMs }
  } finally {
    await Promise.all(members.map((member) => member.end()))
    await namespace.close()
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

async function startAll(init: SwarmInit, namespace: Namespace, home: string, members: SwarmMember[]): Promise<void> {
  const left = Array.from({ length: init.agents }, (_, index) => index)
  const startNext = async (): Promise<void> => {
    for (let index = left.shift(); index !== undefined; index = left.shift()) {
      const member: SwarmMember = new Member(namespace, home, MEMBER, [SKILL, `${init.agents}`, `${index}`])
      members.push(member)
      await member.told('ready', START_MS)
    }
  }
  await Promise.all(Array.from({ length: STARTING }, startNext))
}

/** An agent is live once it has peers: three, or everybody where there are fewer. */
async function haveMet(members: readonly SwarmMember[]): Promise<true | undefined> {
  const counts = await peerCounts(members)
  return counts.every((count) => count >= Math.min(3, members.length - 1)) ? true : undefined
}

async function peerCounts(members: readonly SwarmMember[]): Promise<readonly number[]> {
  const asked = await Promise.all(members.map((member) => member.ask({ kind: 'peers' }, 'peers')))
  return asked.map(({ peers }) => peers)
}

async function haveEnded(members: readonly SwarmMember[]): Promise<true | undefined> {
  const reports = await Promise.all(members.map((member) => member.ask({ kind: 'report' }, 'report')))
  const isOver = reports.every(({ hired }) => hired.settled + hired.failed.length >= hired.begun)
  return isOver ? true : undefined
}

async function cpuOf(members: readonly SwarmMember[]): Promise<number> {
  const reports = await Promise.all(members.map((member) => member.ask({ kind: 'report' }, 'report')))
  return reports.reduce((sum, { cpuMs }) => sum + cpuMs, 0)
}

async function offerAll(init: SwarmInit, members: readonly SwarmMember[]): Promise<Offered> {
  const offered: Promise<Extract<Told, { kind: 'offered' }>>[] = []
  const began = performance.now()
  for (let number = 0; number < init.offers; number += 1) {
    const dueMs = (number * 1000) / init.perSecond
    const waitMs = began + dueMs - performance.now()
    if (waitMs > 0) await passing(waitMs)
    // Every agent in turn, so that offers come from the rim of the network as from its middle.
    const member = members[number % members.length]
    if (member !== undefined) offered.push(offer(member, `offer-${number}`))
    if (number % 100 === 99) init.progress(`${number + 1} of ${init.offers} offers`)
  }
  const all = await Promise.all(offered)
  // An offer that was not made was heard by nobody: its place among those due is kept by its key.
  return new Map(all.map(({ task, key, at }) => [task ?? key, at]))
}

function offer(member: SwarmMember, key: string): Promise<Extract<Told, { kind: 'offered' }>> {
  return member.ask({ kind: 'offer', key }, 'offered', (each) => each.key === key)
}

async function harvest(
  init: SwarmInit,
  members: readonly SwarmMember[],
  offered: Offered,
): Promise<Omit<SwarmSeen, 'startMs' | 'startCpuMs'>> {
  await passing(init.withinMs)
  await until('every hire to end', () => haveEnded(members), HIRE_MS)
  const peers = await peerCounts(members)
  const reports = await Promise.all(members.map((member) => member.ask({ kind: 'report' }, 'report')))
  const heard = await Promise.all(members.map((member) => member.ask({ kind: 'heard' }, 'heard')))
  const times = heard.map((each) => timesOf(each, offered))
  const timesMs = times.flatMap((each) => [...each.values()])
  return {
    delivered: timesMs.filter((span) => span <= init.withinMs).length,
    due: offered.size * (init.agents - 1),
    timesMs: timesMs.toSorted((a, b) => a - b),
    late: lateOf(init, times, offered),
    hires: reports.reduce((sum, { hired }) => sum + hired.begun, 0),
    settled: reports.reduce((sum, { hired }) => sum + hired.settled, 0),
    failures: reports.flatMap(({ hired }) => [...hired.failed, ...hired.refused]),
    peers,
    cpuMs: reports.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    rss: reports.map(({ rss }) => rss),
  }
}

/** The first hearing of each task counts. */
function timesOf({ tasks, at }: Heard, offered: Offered): ReadonlyMap<string, number> {
  const first = new Map<string, number>()
  for (const [index, task] of tasks.entries()) if (!first.has(task)) first.set(task, at[index] ?? Number.NaN)
  return new Map(
    [...first].flatMap(([task, heardAt]) => {
      const offeredAt = offered.get(task)
      return offeredAt === undefined ? [] : [[task, heardAt - offeredAt]]
    }),
  )
}

/** The times of each agent, in the order of the agents; offers were made by each in turn. */
function lateOf(init: SwarmInit, times: readonly ReadonlyMap<string, number>[], offered: Offered): readonly Late[] {
  const tasks = [...offered.keys()]
  return times.flatMap((heard, agent) =>
    tasks.flatMap((task, number) => {
      const isOwn = number % init.agents === agent
      return isOwn || (heard.get(task) ?? Infinity) <= init.withinMs ? [] : [{ offer: number, agent }]
    }),
  )
}

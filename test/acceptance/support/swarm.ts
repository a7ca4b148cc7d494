import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { passing, until, within } from '../../process/support/limit.ts'
import { Namespace } from '../../process/support/namespace.ts'

const MEMBER = fileURLToPath(new URL('swarm-member.mjs', import.meta.url))
const SKILL = 'listen'
/** Processes that start at the same time: a node takes a second of a core to start, and all want the same two. */
const STARTING = 8
const START_MS = 240_000
/** By then a hire has ended, one way or the other: its deadline is a minute. */
const HIRE_MS = 90_000
const ANSWER_MS = 240_000

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
interface Hired {
  readonly begun: number
  readonly settled: number
  readonly failed: readonly string[]
  /** Offers that were not even made, by the code of the refusal. */
  readonly refused: readonly string[]
}
interface Heard {
  readonly tasks: readonly string[]
  readonly at: readonly number[]
}

/** Plays a swarm in a network of its own, in which agents find each other as they do by default. */
export async function playSwarm(init: SwarmInit): Promise<SwarmSeen> {
  const namespace = await Namespace.open()
  const home = await mkdtemp(join(tmpdir(), 'haggle-swarm-'))
  const members: Member[] = []
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

async function startAll(init: SwarmInit, namespace: Namespace, home: string, members: Member[]): Promise<void> {
  const left = Array.from({ length: init.agents }, (_, index) => index)
  const startNext = async (): Promise<void> => {
    for (let index = left.shift(); index !== undefined; index = left.shift()) {
      const member = new Member(namespace, home, init.agents, index)
      members.push(member)
      await member.told('ready', START_MS)
    }
  }
  await Promise.all(Array.from({ length: STARTING }, startNext))
}

/** An agent is live once it has peers: three, or everybody where there are fewer. */
async function haveMet(members: readonly Member[]): Promise<true | undefined> {
  const counts = await peerCounts(members)
  return counts.every((count) => count >= Math.min(3, members.length - 1)) ? true : undefined
}

async function peerCounts(members: readonly Member[]): Promise<readonly number[]> {
  const asked = await Promise.all(members.map((member) => member.ask({ kind: 'peers' }, 'peers')))
  return asked.map(({ peers }) => peers)
}

async function haveEnded(members: readonly Member[]): Promise<true | undefined> {
  const reports = await Promise.all(members.map((member) => member.ask({ kind: 'report' }, 'report')))
  const isOver = reports.every(({ hired }) => hired.settled + hired.failed.length >= hired.begun)
  return isOver ? true : undefined
}

async function cpuOf(members: readonly Member[]): Promise<number> {
  const reports = await Promise.all(members.map((member) => member.ask({ kind: 'report' }, 'report')))
  return reports.reduce((sum, { cpuMs }) => sum + cpuMs, 0)
}

async function offerAll(init: SwarmInit, members: readonly Member[]): Promise<ReadonlyMap<string, number>> {
  const offered: Promise<Extract<Told, { kind: 'offered' }>>[] = []
  const began = performance.now()
  for (let number = 0; number < init.offers; number += 1) {
    const dueMs = (number * 1000) / init.perSecond
    const waitMs = began + dueMs - performance.now()
    if (waitMs > 0) await passing(waitMs)
    // Every agent in turn, so that offers come from the rim of the network as from its middle.
    const member = members[number % members.length]
    if (member !== undefined) offered.push(member.offer(`offer-${number}`))
    if (number % 100 === 99) init.progress(`${number + 1} of ${init.offers} offers`)
  }
  const all = await Promise.all(offered)
  // An offer that was not made was heard by nobody: its place among those due is kept by its key.
  return new Map(all.map(({ task, key, at }) => [task ?? key, at]))
}

async function harvest(
  init: SwarmInit,
  members: readonly Member[],
  offered: ReadonlyMap<string, number>,
): Promise<Omit<SwarmSeen, 'startMs' | 'startCpuMs'>> {
  await passing(init.withinMs)
  await until('every hire to end', () => haveEnded(members), HIRE_MS)
  const peers = await peerCounts(members)
  const reports = await Promise.all(members.map((member) => member.ask({ kind: 'report' }, 'report')))
  const heard = await Promise.all(members.map((member) => member.ask({ kind: 'heard' }, 'heard')))
  const timesMs = heard.flatMap((each) => timesOf(each, offered))
  return {
    delivered: timesMs.filter((span) => span <= init.withinMs).length,
    due: offered.size * (init.agents - 1),
    timesMs: timesMs.toSorted((a, b) => a - b),
    hires: reports.reduce((sum, { hired }) => sum + hired.begun, 0),
    settled: reports.reduce((sum, { hired }) => sum + hired.settled, 0),
    failures: reports.flatMap(({ hired }) => [...hired.failed, ...hired.refused]),
    peers,
    cpuMs: reports.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    rss: reports.map(({ rss }) => rss),
  }
}

/** The first hearing of each task counts. */
function timesOf({ tasks, at }: Heard, offered: ReadonlyMap<string, number>): readonly number[] {
  const first = new Map<string, number>()
  for (const [index, task] of tasks.entries()) if (!first.has(task)) first.set(task, at[index] ?? Number.NaN)
  return [...first].flatMap(([task, heardAt]) => {
    const offeredAt = offered.get(task)
    return offeredAt === undefined ? [] : [heardAt - offeredAt]
  })
}

/** One process of the swarm. */
class Member {
  readonly #child: ChildProcess
  readonly #gone: Promise<void>
  readonly #waiting = new Set<(told: Told) => void>()
  #stderr = ''

  constructor(namespace: Namespace, home: string, agents: number, index: number) {
    const [program, args] = namespace.enter(process.execPath, [MEMBER, home, SKILL, String(agents), String(index)])
    const env = { ...process.env, XDG_RUNTIME_DIR: home, TMPDIR: home }
    this.#child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = `${this.#stderr}${chunk.toString()}`.slice(-4_000)
    })
    this.#gone = new Promise((resolve) => this.#child.once('close', () => resolve()))
    // Our own program speaks here; nobody else has this channel.
    this.#child.on('message', (message) => {
      for (const hear of this.#waiting) hear(message as Told)
    })
  }

  told<K extends Told['kind']>(
    kind: K,
    limitMs: number,
    fits: (told: Extract<Told, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<Told, { kind: K }>> {
    let hear = (_told: Told): void => undefined
    const heard = new Promise<Extract<Told, { kind: K }>>((resolve, reject) => {
      hear = (told) => {
        if (isOf(told, kind) && fits(told)) resolve(told)
      }
      this.#waiting.add(hear)
      void this.#gone.then(() => reject(new Error(`an agent ended\n${this.#stderr}`)))
    })
    return within(heard, `"${kind}" from an agent`, limitMs, () => this.#stderr).finally(() =>
      this.#waiting.delete(hear),
    )
  }

  ask<K extends 'peers' | 'heard' | 'report'>(
    command: { readonly kind: K },
    kind: K,
  ): Promise<Extract<Told, { kind: K }>> {
    const told = this.told(kind, ANSWER_MS)
    this.#child.send(command)
    return told
  }

  offer(key: string): Promise<Extract<Told, { kind: 'offered' }>> {
    const told = this.told('offered', ANSWER_MS, (each) => each.key === key)
    this.#child.send({ kind: 'offer', key })
    return told
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    await within(this.#gone, 'an agent to be gone')
  }
}

function isOf<K extends Told['kind']>(told: Told, kind: K): told is Extract<Told, { kind: K }> {
  return told.kind === kind
}

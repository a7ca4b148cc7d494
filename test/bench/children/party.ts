import { join } from 'node:path'
import { createAgent, HaggleError, type Agent, type AgentComponents, type HireTerms, type Service } from 'haggle'
import { openJournal } from '@haggle/journal'
import { taxCounter, type TaxCounter } from '@haggle/node'
import { agentKeyOfSeed, ed25519Verify } from '@haggle/node/pure'
import { openAgentDirectory } from '@haggle/node/system'
import type { JournalWrite, Verify } from '@haggle/ports'
import { encodeWire, fromHex, recordText, type RecordId } from '@haggle/protocol'
import { now } from './clock.ts'
import { leastOf } from './least-record.ts'
import { startProfile, stopProfile } from './profiler.ts'
import { serveCalls } from './serve.ts'
import { usage, type Usage } from './usage.ts'
import { watchedJournal } from './watched-journal.ts'

/** How an agent of this process is opened. */
export interface OpenInit {
  readonly name: string
  readonly home: string
  readonly peers: readonly string[]
  /** Notes when each event of a contract is on disk; costs a little, so it is left out where cost is measured. */
  readonly marks?: boolean
  /** Counts messages, bytes, signatures and verifications. */
  readonly count?: boolean
}
export interface Opened {
  readonly peerId: string
  readonly address: string
}
export interface ServeInit {
  readonly agent: string
  readonly skill: string
  readonly slots: number
  readonly price?: number
  /** Answers at once, each task with something else; keeps every task; or only listens and bids for none. */
  readonly manner: 'echo' | 'keep' | 'listen'
}
export interface Order {
  readonly agent: string
  readonly skill: string
  readonly count: number
  readonly inFlight: number
  readonly terms: HireTerms
  /** How far each job goes before the next takes its place. */
  readonly until: 'offered' | 'settled' | 'closed'
}
/** One job, by the shared clock. */
export interface Done {
  readonly task: RecordId
  readonly calledAt: number
  readonly doneAt: number
  /** Input and result together. */
  readonly payloadBytes: number
  /** The code of the error that it ended with, or null. */
  readonly failed: string | null
}
export interface Mark {
  readonly task: string
  readonly event: string
  readonly role: string | null
  readonly generation: number | null
  readonly at: number
}
/** What was counted in one phase: for contracts (`tied`), or for none in particular. */
export interface CountedRow {
  readonly phase: string
  readonly tied: boolean
  readonly costs: Readonly<Record<string, number>>
}
export interface Counted {
  readonly rows: readonly CountedRow[]
  readonly verifyCalls: number
  /** Durable writes that hold nothing but offers, jobs and closings; and all others. */
  readonly apart: number
  readonly durable: number
}
/** One record: how long it is on the wire, and how long the specification would let it be. */
export interface Shape {
  readonly type: string
  readonly wireBytes: number
  readonly leastBytes: number
}

interface Held {
  readonly agent: Agent
  readonly written: Map<number, number>
  readonly tax: TaxCounter
  readonly services: Map<string, Service>
  verifyCalls: number
  durable: number
  apart: number
}

export type PartyCalls = {
  open(init: OpenInit): Promise<Opened>
  serve(init: ServeInit): Promise<null>
  /** Resolves when this agent sees so many live adverts of the skill. */
  sees(wanted: { readonly agent: string; readonly skill: string; readonly count: number }): Promise<null>
  /** Resolves when it is connected to so many peers. */
  meets(wanted: { readonly agent: string; readonly count: number }): Promise<null>
  hire(order: Order): Promise<readonly Done[]>
  marks(of: { readonly agent: string }): Promise<readonly Mark[]>
  counted(of: { readonly agent: string }): Promise<Counted>
  /** Resolves when it holds at least so many contracts that are binding and under way. */
  lives(wanted: { readonly agent: string; readonly count: number }): Promise<null>
  records(of: { readonly agent: string; readonly task: RecordId }): Promise<readonly Shape[]>
  usage(how: { readonly collect: boolean }): Promise<Usage>
  profile(file: string | null): Promise<null>
  close(nothing: null): Promise<null>
}

const agents = new Map<string, Held>()
let named = 0

function held(name: string): Held {
  const found = agents.get(name)
  if (found === undefined) throw new Error(`no agent ${name} here`)
  return found
}

/** When each event was written. What it says is read from the story afterwards, so that looking costs nothing meanwhile. */
function note(written: Map<number, number>, writes: readonly JournalWrite[], seqs: readonly number[]): void {
  const at = now()
  for (const [index, { table }] of writes.entries()) {
    const seq = seqs[index]
    if (table === 'events' && seq !== undefined) written.set(seq, at)
  }
}

async function marks(name: string): Promise<readonly Mark[]> {
  const { agent, written } = held(name)
  const found: Mark[] = []
  const [from = 0] = written.keys()
  for await (const event of agent.events({ from })) {
    const at = event.seq === null ? undefined : written.get(event.seq)
    if (at === undefined || !('task' in event)) continue
    found.push({
      ...{ event: event.event, task: event.task, at },
      role: 'role' in event ? event.role : null,
      generation: 'generation' in event ? event.generation : null,
    })
  }
  written.clear()
  return found
}

/** Whether what a write holds of ours is counted apart by the design: offers with their jobs, and closings. */
function isApart(writes: readonly JournalWrite[], self: Uint8Array): boolean {
  return writes.every(({ table, bytes }) => {
    if (table !== 'log' || bytes[0] !== RECORD) return true
    const typeEnd = TYPE_AT + 1 + ((bytes[TYPE_AT] ?? 0) & 0x1f)
    const type = new TextDecoder().decode(bytes.subarray(TYPE_AT + 1, typeEnd))
    // The author stands after the version and the two bytes of its own head.
    const author = bytes.subarray(typeEnd + 3, typeEnd + 3 + self.length)
    return type === 'offer' || type === 'closing' || Buffer.compare(author, self) !== 0
  })
}

/** A row of a record: one byte of kind, eight of time, eight of id; then the wire form, a list that begins with the type. */
const RECORD = 1
const TYPE_AT = 18

async function open(init: OpenInit): Promise<Opened> {
  const tax = taxCounter()
  const written = new Map<number, number>()
  const counts = { verifyCalls: 0, durable: 0, apart: 0 }
  let components: Partial<AgentComponents> = {}
  if (init.marks === true || init.count === true) {
    const directory = await openAgentDirectory(join(init.home, init.name))
    const self = fromHex(agentKeyOfSeed(directory.seed))
    const journal = watchedJournal(await openJournal(directory.storePath), (writes, durable, seqs) => {
      if (durable) counts.durable += 1
      if (durable && isApart(writes, self)) counts.apart += 1
      if (init.marks === true) note(written, writes, seqs)
    })
    components = { journal }
  }
  if (init.count === true) {
    const verify: Verify = (key, message, signature) => {
      counts.verifyCalls += 1
      return ed25519Verify(key, message, signature)
    }
    components = { ...components, metrics: tax, verify }
  }
  const agent = await createAgent({
    name: init.name,
    home: init.home,
    network: 'bench',
    mdns: false,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    peers: init.peers,
    components,
  })
  agents.set(init.name, Object.assign(counts, { agent, written, tax, services: new Map<string, Service>() }))
  return { peerId: agent.peerId, address: agent.addresses()[0] ?? '' }
}

async function serve({ agent, skill, slots, price, manner }: ServeInit): Promise<null> {
  const { agent: server, services } = held(agent)
  const options = { slots, ...(price === undefined ? {} : { price }) }
  const service =
    manner === 'listen'
      ? server.serve(skill, { ...options, quote: () => null }, () => '')
      : server.serve(
          skill,
          options,
          manner === 'echo' ? async (task) => `${await task.text()}, done` : () => new Promise<string>(() => {}),
        )
  services.set(skill, service)
  await service.ready
  return null
}

async function hire(order: Order): Promise<readonly Done[]> {
  const done: Done[] = []
  let left = order.count
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      done.push(await hireOne(order))
    }
  }
  await Promise.all(Array.from({ length: Math.min(order.inFlight, order.count) }, one))
  return done
}

/** A job that fails is told and not thrown: a machine that is too busy must not cost the whole run. */
async function hireOne({ agent: name, skill, terms, until }: Order): Promise<Done> {
  const { agent } = held(name)
  named += 1
  const input = `task ${named} of ${process.pid}`
  const calledAt = now()
  const job = await agent.hire(skill, input, terms)
  let size = 0
  let failed: string | null = null
  if (until !== 'offered') {
    try {
      size = (await job.settled()).size
    } catch (error) {
      failed = error instanceof HaggleError ? error.code : String(error)
    }
  }
  const doneAt = now()
  if (until === 'closed') await job.acknowledged('5s')
  return { task: job.task, calledAt, doneAt, failed, payloadBytes: input.length + size }
}

/** Looks every so often: neither adverts nor handshakes are told with what the bench must know of them. */
async function seen(what: string, look: () => boolean): Promise<null> {
  const end = now() + 60_000
  while (!look()) {
    if (now() > end) throw new Error(`waited a minute in vain for ${what}`)
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
  return null
}

const calls: PartyCalls = {
  open,
  serve,
  sees: ({ agent, skill, count }) =>
    seen(
      `${count} adverts of ${skill}`,
      () =>
        held(agent)
          .agent.skills()
          .filter((each) => each.skill === skill).length >= count,
    ),
  meets: ({ agent, count }) => seen(`${count} peers`, () => held(agent).agent.peers().length >= count),
  hire,
  marks: ({ agent }) => marks(agent),
  counted: async ({ agent }) => {
    const { tax, verifyCalls, durable, apart } = held(agent)
    return {
      ...{ verifyCalls, durable, apart },
      rows: tax.rows().map(({ task, phase, costs }) => ({ phase, tied: task !== null, costs })),
    }
  },
  lives: ({ agent, count }) => seen(`${count} live contracts`, () => held(agent).agent.status().contractsLive >= count),
  records: async ({ agent, task }) =>
    held(agent)
      .agent.taskRecords(recordText(task))
      .map((record) => ({
        type: record.type,
        wireBytes: encodeWire(record).length,
        leastBytes: encodeWire(leastOf(record)).length,
      })),
  usage: async ({ collect }) => usage(collect),
  profile: async (file) => {
    if (file === null) await startProfile()
    else await stopProfile(file)
    return null
  },
  close: async () => {
    await Promise.all([...agents.values()].map(({ agent }) => agent.close()))
    agents.clear()
    return null
  },
}

serveCalls(calls)

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEngine, type Engine, type Input } from '@haggle/core'
import { memoryJournal, openJournal, type MemoryJournal } from '@haggle/journal'
import type { Journal, JournalTable } from '@haggle/ports'
import { networkIdOf, protocolParams, recordText, type HaggleRecord } from '@haggle/protocol'
import { startAgent, type Agent, type AgentInit } from '../src/index.ts'
import { ed25519Signer } from '../src/pure/ed25519.ts'
import { decodePart, encodeEnd, encodePart } from '../src/snapshot-codec.ts'
import { SnapshotKeeper } from '../src/snapshot-keeper.ts'
import { TaskIndex } from '../src/task-index.ts'
import { World, type Stand } from './agents.ts'

const networkId = networkIdOf('haggle', protocolParams)
const signer = ed25519Signer(new Uint8Array(32).fill(1))
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const tables: readonly JournalTable[] = ['log', 'snapshot']

interface Kept {
  readonly engine: Engine
  readonly keeper: SnapshotKeeper
  /** What the engine was given to remember, by kind. */
  readonly given: { readonly restored: number; readonly recalled: number }
  readonly warnings: string[]
}

/** An engine that is given back what a journal remembers. */
async function restored(journal: Journal, init: { every?: number; kept?: number } = {}): Promise<Kept> {
  const given = { restored: 0, recalled: 0 }
  const warnings: string[] = []
  const engine = counting(createEngine({ self: signer.key, networkId, sign: (bytes) => signer.sign(bytes) }), given)
  const logger = { ...silent, warn: (event: string) => void warnings.push(event) }
  const keeper = new SnapshotKeeper({ journal, engine, index: new TaskIndex(), networkId, logger, ...init })
  await keeper.restore(undefined)
  return { engine, keeper, given, warnings }
}

function counting(engine: Engine, given: { restored: number; recalled: number }): Engine {
  return {
    ...engine,
    handle(input: Input) {
      if (input.kind === 'restored' || input.kind === 'recalled') given[input.kind] += 1
      return engine.handle(input)
    },
  }
}

/** Takes a snapshot of what a journal holds, as a running agent would. */
async function snapshotTaken(journal: Journal, kept = 1e9): Promise<void> {
  const { keeper } = await restored(journal, { every: 0, kept })
  keeper.appended(0, Promise.resolve())
  await keeper.idle()
}

/** A journal with the same rows under the same numbers, but for what `change` makes of them; null leaves a row out. */
async function copied(
  journal: Journal,
  change: (table: JournalTable, seq: number, bytes: Uint8Array) => Uint8Array | null = (_table, _seq, bytes) => bytes,
): Promise<MemoryJournal> {
  const copy = memoryJournal()
  for (const table of tables) {
    let next = 0
    for await (const { seq, bytes } of journal.read(table)) {
      const changed = change(table, seq, bytes)
      if (changed === null) continue
      for (; next < seq; next += 1) await copy.commit([{ table, bytes: new Uint8Array() }], true)
      await copy.prune(table, Math.min(...(await seqsOf(journal, table))))
      await copy.commit([{ table, bytes: changed }], true)
      next += 1
    }
  }
  return copy
}

async function seqsOf(journal: Journal, table: JournalTable): Promise<number[]> {
  const seqs: number[] = []
  for await (const { seq } of journal.read(table)) seqs.push(seq)
  return seqs
}

describe('a snapshot', () => {
  let world: World
  let requester: Stand
  let agent: Agent
  let worker: Agent
  const runs: string[] = []

  beforeEach(async () => {
    world = new World()
    runs.length = 0
    requester = world.stand(1)
    agent = await requester.start()
    worker = await world.stand(2).start()
    worker.serve('shout', { slots: 4 }, async (task) => {
      const text = await task.text()
      runs.push(text)
      return text === 'wait' ? new Promise<string>(() => {}) : text.toUpperCase()
    })
    await hired(agent, 'a', 'b', 'c')
  })
  afterEach(() => world.end())

  async function hired(by: Agent, ...texts: string[]): Promise<void> {
    for (const text of texts) {
      const job = await world.clock.until(by.hire('shout', text, { key: text, deadline: '1h' }))
      await world.clock.until(job.settled())
    }
    await world.clock.pass(3_000)
  }

  /** The journal of the requester as its disk keeps it, with one task under way. */
  async function interrupted(): Promise<MemoryJournal> {
    await world.clock.until(agent.hire('shout', 'wait', { key: 'wait', deadline: '1h' }))
    await world.clock.pass(3_000)
    return requester.journal.crash()
  }

  const sameAs = (one: Engine, other: Engine): void => {
    expect(one.contracts()).toEqual(other.contracts())
    expect(one.tasks()).toEqual(other.tasks())
    expect(one.snapshot().filter(({ kind }) => kind !== 'ended')).toEqual(
      other.snapshot().filter(({ kind }) => kind !== 'ended'),
    )
  }

  it('stands for the log below it: both give the same engine, and the log is not read', async () => {
    const journal = await interrupted()
    const whole = await restored(await copied(journal))
    await snapshotTaken(journal)
    const short = await restored(journal)
    sameAs(short.engine, whole.engine)
    expect(whole.given.recalled).toBe(0)
    expect(short.given.restored).toBe(0)
    expect(short.given.recalled).toBeGreaterThan(8)
  })

  it('says part by part what it was told, records byte for byte', async () => {
    const { engine } = await restored(await interrupted())
    const parts = engine.snapshot()
    const again = parts.map((part) => decodePart(encodePart(part).bytes, networkId))
    expect(again).toEqual(parts)
    const deals = parts.filter((part) => part.kind === 'deal')
    const records = deals.flatMap((deal): HaggleRecord[] => [deal.award, ...deal.held])
    expect(records.length).toBeGreaterThan(20)
  })

  it('gives all evidence back, and writes none of it twice: what a contract of our own adds stands in its deal', async () => {
    const journal = await interrupted()
    const { digest, size } = agent.evidence()
    expect(size).toBeGreaterThan(14)
    await snapshotTaken(journal)
    const { engine } = await restored(journal)
    expect(engine.evidence().digest).toBe(digest)
    expect(engine.snapshot().filter(({ kind }) => kind === 'evidence')).toEqual([])
  })

  it('of the first version, which wrote evidence apart, is read as well', async () => {
    const journal = await interrupted()
    const { digest } = agent.evidence()
    await snapshotTaken(journal)
    const { engine } = await restored(journal)
    const records = [...engine.evidence().records()]
    const parts = engine.snapshot().map((part) => (part.kind === 'deal' ? { ...part, evidence: undefined } : part))
    const [head, ...rest] = parts
    if (head === undefined) throw new Error('a snapshot has a head')
    const written = [head, { kind: 'evidence', records } as const, ...rest]
    const first = await copied(journal, (table, _seq, bytes) => (table === 'log' ? bytes : null))
    const begin = JSON.stringify({ networkId, covers: (await seqsOf(first, 'log')).length, version: 1 })
    const rows = [new TextEncoder().encode(`\u0001${begin}`), ...written.map((part) => encodePart(part).bytes)]
    for (const bytes of [...rows, encodeEnd(written.length)]) await first.commit([{ table: 'snapshot', bytes }], true)
    const again = await restored(first)
    expect(again.given).toEqual({ recalled: written.length, restored: 0 })
    expect(again.engine.evidence().digest).toBe(digest)
  })

  it('that is damaged is passed over: the one before it and the log say the same', async () => {
    const journal = await interrupted()
    const whole = await restored(await copied(journal))
    await snapshotTaken(journal)
    const older = await seqsOf(journal, 'snapshot')
    await snapshotTaken(journal)
    const end = Math.max(...older)
    const broken = (after: number) => (table: JournalTable, seq: number, bytes: Uint8Array) =>
      table === 'snapshot' && seq > after + 1 && bytes[0] === 2 ? bytes.subarray(0, bytes.length - 3) : bytes
    const one = await restored(await copied(journal, broken(end)))
    sameAs(one.engine, whole.engine)
    expect(one.given).toMatchObject({ restored: 0 })
    expect(one.warnings).toEqual(['snapshot-unreadable'])
    const none = await restored(await copied(journal, broken(-1)))
    sameAs(none.engine, whole.engine)
    expect(none.given.recalled).toBe(0)
    expect(none.warnings).toEqual(['snapshot-unreadable', 'snapshot-unreadable'])
  })

  it('that was not finished, or lost a piece with the power, is none', async () => {
    const journal = await interrupted()
    await snapshotTaken(journal)
    const last = Math.max(...(await seqsOf(journal, 'snapshot')))
    for (const lost of [last, 3]) {
      const cut = memoryJournal()
      for (const table of tables) {
        for await (const { seq, bytes } of journal.read(table))
          if (table === 'log' || seq !== lost) await cut.commit([{ table, bytes }], true)
      }
      expect((await restored(cut)).given.recalled).toBe(0)
    }
  })

  it('that stands for rows which the power took is none, also when others took their numbers', async () => {
    const journal = await interrupted()
    await snapshotTaken(journal)
    const rows = await seqsOf(journal, 'log')
    const lost = rows.slice(-2)
    const cut = await copied(journal, (table, seq, bytes) => (table === 'log' && lost.includes(seq) ? null : bytes))
    const first = await restored(cut)
    expect(first.given).toEqual({ recalled: 0, restored: rows.length - 2 })
    const other = await rowOf(journal, rows[0] ?? 0)
    for (let more = 0; more < 4; more += 1) await cut.commit([{ table: 'log', bytes: other }], true)
    expect((await restored(cut)).given).toEqual({ recalled: 0, restored: rows.length + 2 })
  })

  it('lets the log go that it and the one before it stand for, and more is kept for who looks back', async () => {
    const journal = await interrupted()
    const whole = await restored(await copied(journal))
    for (let time = 0; time < 4; time += 1) await snapshotTaken(journal, 1_000)
    const rows = (await seqsOf(journal, 'log')).length
    expect((await seqsOf(journal, 'log'))[0]).toBe(0)
    const each = (await seqsOf(journal, 'snapshot')).length / 2
    expect(Number.isInteger(each)).toBe(true)
    for (let time = 0; time < 3; time += 1) await snapshotTaken(journal, 5)
    expect((await seqsOf(journal, 'log')).length).toBe(5)
    expect((await seqsOf(journal, 'snapshot')).length).toBe(each * 2)
    expect(rows).toBeGreaterThan(30)
    sameAs((await restored(journal)).engine, whole.engine)
    // Without a snapshot what is left of the log is no log.
    const alone = await copied(journal, (table, _seq, bytes) => (table === 'snapshot' ? bytes.subarray(0, 1) : bytes))
    await expect(restored(alone)).rejects.toMatchObject({ code: 'journal/corrupt' })
  })

  it('belongs to its network', async () => {
    const journal = await interrupted()
    await snapshotTaken(journal)
    const given = { restored: 0, recalled: 0 }
    const engine = counting(createEngine({ self: signer.key, networkId, sign: () => new Uint8Array(64) }), given)
    const other = networkIdOf('elsewhere', protocolParams)
    const keeper = new SnapshotKeeper({ journal, engine, index: new TaskIndex(), networkId: other, logger: silent })
    await expect(keeper.restore(undefined)).rejects.toMatchObject({ code: 'journal/other-network' })
  })

  it('is broken off when its agent stops, and waits for the commit that it stands for', async () => {
    const journal = await interrupted()
    const before = (await seqsOf(journal, 'snapshot')).length
    const { keeper } = await restored(journal, { every: 0 })
    keeper.appended(0, Promise.reject(new Error('the disk failed')))
    await keeper.idle()
    expect((await seqsOf(journal, 'snapshot')).length).toBe(before)
    keeper.appended(0, Promise.resolve())
    await keeper.stop()
    expect((await restored(journal)).given.recalled).toBe(0)
  })

  it('is what an agent starts from: nothing is done twice, and what was under way goes on', async () => {
    const init: Partial<AgentInit> = { snapshotEvery: 10 }
    const stand = await requester.crashed()
    const second = await stand.start(init)
    await hired(second, 'd', 'e', 'f', 'a')
    await world.clock.until(second.hire('shout', 'wait', { key: 'wait', deadline: '1h' }))
    await world.clock.pass(3_000)
    const signed = recordsSignedBy(second)
    const third = await stand.crashed()
    const given = { restored: 0, recalled: 0 }
    const again = await world.clock.until(
      startAgent(
        { ...third.parts, createEngine: (identity) => counting(createEngine(identity), given) },
        { name: 'again', ...init },
      ),
    )
    expect(given.recalled).toBeGreaterThan(10)
    expect(given.restored).toBeLessThan(40)
    expect(recordsSignedBy(again)).toEqual(signed)
    await hired(again, 'a', 'd')
    await world.clock.pass(5_000)
    expect(again.contracts().map(({ state, skill }) => [skill, state])).toHaveLength(7)
    expect(runs.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'wait'])
    await world.clock.until(again.close())
  })
})

describe('a snapshot on disk', () => {
  let world: World
  let folder = ''
  beforeEach(async () => {
    world = new World()
    folder = await mkdtemp(join(tmpdir(), 'haggle-snapshot-'))
  })
  afterEach(async () => {
    await world.end()
    await rm(folder, { recursive: true })
  })

  it('whose pages are damaged costs a look at the log, and nothing else', async () => {
    const stand = world.stand(1)
    const agent = await stand.start()
    for (const key of ['a', 'b', 'c']) await world.clock.until(agent.hire('shout', key, { key }))
    await world.clock.pass(1_000)
    const store = join(folder, 'store')
    const journal = await openJournal(store)
    for await (const { bytes } of stand.journal.crash().read('log'))
      await journal.commit([{ table: 'log', bytes }], true)
    const whole = await restored(journal)
    await snapshotTaken(journal)
    expect((await restored(journal)).given).toMatchObject({ restored: 0 })
    await journal.close()
    const db = new ClassicLevel<string, Uint8Array>(store, { valueEncoding: 'view' })
    for await (const [key, value] of db.iterator({ gte: 'snapshot/', lt: 'snapshot0' }))
      await db.put(key, value.with(value.length - 1, (value.at(-1) ?? 0) ^ 1))
    await db.close()
    const again = await openJournal(store)
    const { engine, given, warnings } = await restored(again)
    expect(given.recalled).toBe(0)
    expect(warnings).toEqual(['snapshot-damaged'])
    expect(engine.tasks()).toEqual(whole.engine.tasks())
    await snapshotTaken(again)
    await again.close()
    const mended = await openJournal(store)
    expect(await restored(mended)).toMatchObject({ given: { restored: 0 }, warnings: [] })
    await mended.close()
  })
})

function recordsSignedBy(agent: Agent): string[] {
  const all = agent.tasks().flatMap(({ task }) => agent.taskRecords(recordText(task)))
  return all.filter(({ author }) => author === agent.key).map(({ id }) => id)
}

async function rowOf(journal: Journal, seq: number): Promise<Uint8Array> {
  for await (const row of journal.read('log', seq)) return row.bytes
  throw new Error('the row is there')
}

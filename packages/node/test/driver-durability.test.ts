import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  decodeFrame,
  decodeWire,
  networkIdOf,
  protocolParams,
  type HaggleRecord,
  type RecordId,
} from '@haggle/protocol'
import { memoryJournal, type MemoryJournal } from '@haggle/journal'
import type { Journal } from '@haggle/ports'
import { decodeLogEntry, type Job } from '../src/index.ts'
import { World } from './agents.ts'

const networkId = networkIdOf('haggle', protocolParams)

describe('the driver and the disk', () => {
  let world: World
  beforeEach(() => void (world = new World()))
  afterEach(() => world.end())

  it('has every own record on disk before its bytes leave', async () => {
    const watched = watch(memoryJournal())
    const requester = world.stand(1, watched.journal)
    const other = watch(memoryJournal())
    const worker = world.stand(2, other.journal)
    const early: string[] = []
    for (const [stand, disk] of [
      [requester, watched],
      [worker, other],
    ] as const) {
      stand.network.tap = (bytes) => {
        for (const record of recordsIn(bytes)) {
          const binds = record.author === stand.network.key && record.type !== 'advert'
          if (binds && !disk.durable.has(record.id)) early.push(record.type)
        }
      }
    }
    const one = await requester.start()
    const two = await worker.start()
    two.serve('shout', () => 'X')
    const job = await world.clock.until(one.hire('shout', 'x'))
    await world.clock.until(job.settled())
    await world.clock.until(job.acknowledged('10s'))
    expect(early).toEqual([])
    const left = new Set(
      [...requester.network.sent, ...worker.network.sent].flatMap(({ bytes }) =>
        recordsIn(bytes).map((each) => each.type),
      ),
    )
    expect([...left].toSorted()).toEqual(['accept', 'advert', 'approve', 'award', 'bid', 'closing', 'deliver', 'offer'])
  })

  it('shares one commit among everything that waits', async () => {
    const watched = watch(memoryJournal())
    const stand = world.stand(1, watched.journal)
    const agent = await stand.start()
    watched.commits.length = 0
    const jobs = await world.clock.until(
      Promise.all(Array.from({ length: 50 }, (_, index) => agent.hire('shout', 'x', { key: `k${index}` }))),
    )
    expect(new Set(jobs.map((job) => job.task)).size).toBe(50)
    const durable = watched.commits.filter((commit) => commit.durable)
    expect(durable.length).toBeLessThanOrEqual(3)
    expect(durable.reduce((sum, commit) => sum + commit.rows, 0)).toBeGreaterThanOrEqual(150)
  })

  it('does not wait for the disk when nothing in the batch binds it', async () => {
    const watched = watch(memoryJournal())
    const worker = await world.stand(2, watched.journal).start()
    const requester = await world.stand(1).start()
    // The worker hears the offer and stays silent: what it writes down is a story, not an obligation.
    worker.serve('shout', { quote: () => null }, () => 'X')
    await world.clock.settle()
    watched.commits.length = 0
    await world.clock.until(requester.hire('shout', 'x'))
    await world.clock.settle()
    expect(watched.commits.length).toBeGreaterThan(0)
    expect(watched.commits.every((commit) => !commit.durable)).toBe(true)
  })

  it('keeps a job that was promised over a crash, and finishes it', async () => {
    const first = world.stand(1)
    const worker = await world.stand(2).start()
    const requester = await first.start()
    const job = await world.clock.until(
      requester.hire('shout', 'x', { key: 'invoice', wait: '30s', memo: { out: 'here' } }),
    )
    const second = await world.clock.until(first.crashed())
    const again = await second.start()
    const found = again.job('invoice')
    expect(found?.task).toBe(job.task)
    expect(found?.memo).toEqual({ review: 'receipt', app: { out: 'here' } })
    worker.serve('shout', () => 'after the crash')
    expect(await (await world.clock.until(settle(found))).text()).toBe('after the crash')
  })

  const crashes = (['requester', 'worker'] as const).flatMap((crashing) =>
    Array.from({ length: 8 }, (_, index) => ({ crashing, at: index + 1 })),
  )
  it.each(crashes)(
    'settles once, with one award per generation, though the $crashing lost its power after durable commit $at',
    async ({ crashing, at }) => {
      const job = await crashAndFinish(crashing, at)
      expect(await (await job.settled()).text()).toBe('HELLO')
      const awards = job.records().filter((record): record is HaggleRecord<'award'> => record.type === 'award')
      expect(new Set(awards.map((award) => award.body.generation)).size).toBe(awards.length)
      expect(job.contracts().filter((contract) => contract.outcome?.end === 'settled')).toHaveLength(1)
    },
  )

  it('halts when the disk fails: nothing is sent any more, and whoever waits is told', async () => {
    const stand = world.stand(1)
    const halts: unknown[] = []
    const agent = await stand.start({ onHalt: (cause) => halts.push(cause) })
    const waiting = await world.clock.until(agent.hire('shout', 'x'))
    const told = waiting.settled().catch((error: unknown) => error)
    const sent = stand.network.sent.length
    stand.journal.breakDisk('failed')
    await expect(world.clock.until(agent.hire('shout', 'y'))).rejects.toMatchObject({ code: 'journal/halted' })
    expect(await world.clock.until(agent.closed)).toMatchObject({ code: 'journal/halted' })
    expect(await world.clock.until(told)).toMatchObject({ code: 'journal/halted' })
    await expect(agent.hire('shout', 'z')).rejects.toMatchObject({ code: 'journal/halted' })
    expect(stand.network.sent.length).toBe(sent)
    expect(halts).toMatchObject([{ code: 'journal/halted' }])
    expect(agent.status().halted).toContain('journal')
    expect(world.clock.armed).toBe(0)
  })

  it('refuses to start on a log that it cannot read', async () => {
    const journal = memoryJournal()
    await journal.commit([{ table: 'log', bytes: Uint8Array.of(9, 9, 9) }], true)
    const stand = world.stand(1, journal)
    await expect(stand.start()).rejects.toMatchObject({ code: 'journal/corrupt' })
    expect(world.clock.armed).toBe(0)
  })

  /** Runs one task while one side loses its power right after its n-th durable commit; the side starts again on what is left. */
  async function crashAndFinish(crashing: 'requester' | 'worker', at: number): Promise<Job> {
    const here = new World()
    const journals = { requester: watch(memoryJournal()), worker: watch(memoryJournal()) }
    const stands = {
      requester: here.stand(1, journals.requester.journal),
      worker: here.stand(2, journals.worker.journal),
    }
    // The power goes in the same moment: what is on disk by then may never have left, and nothing after it happens at all.
    const dead = new Promise<void>((resolve) => {
      journals[crashing].onDurable(at, () => {
        journals[crashing].journal.crash()
        void stands[crashing].network.stop()
        resolve()
      })
    })
    let requester = await stands.requester.start()
    let worker = await stands.worker.start()
    const serve = (): void => void worker.serve('shout', async (task) => (await task.text()).toUpperCase())
    serve()
    const hired = requester.hire('shout', 'hello', { key: 'k', wait: '60s', deadline: '120s' }).catch(() => undefined)
    await here.clock.until(Promise.race([dead, here.clock.sleep(20_000)]))
    const next = await here.clock.until(stands[crashing].crashed())
    if (crashing === 'requester') requester = await next.start()
    else {
      worker = await next.start()
      serve()
    }
    await here.clock.until(hired)
    // A crash before the promise was on disk leaves no job; the caller hires again under its key.
    const job = requester.job('k') ?? (await here.clock.until(requester.hire('shout', 'hello', { key: 'k' })))
    await here.clock.until(job.settled())
    await here.end()
    return job
  }
})

interface Watched {
  readonly journal: MemoryJournal
  /** Own and other records that a resolved durable commit covers. */
  readonly durable: ReadonlySet<RecordId>
  readonly commits: { rows: number; durable: boolean }[]
  /** Calls `onDisk` in the moment in which the n-th durable commit is on disk. */
  onDurable(count: number, onDisk: () => void): void
}

/** A journal that says what is on its disk. */
function watch(journal: MemoryJournal): Watched {
  const durable = new Set<RecordId>()
  const commits: { rows: number; durable: boolean }[] = []
  const waiting: { count: number; onDisk: () => void }[] = []
  let done = 0
  const written: RecordId[] = []
  const commit: Journal['commit'] = async (writes, isDurable) => {
    const seqs = await journal.commit(writes, isDurable)
    commits.push({ rows: writes.length, durable: isDurable })
    for (const write of writes) {
      if (write.table !== 'log') continue
      const entry = decodeLogEntry(write.bytes, networkId)
      if (entry.kind === 'record') written.push(entry.record.id)
    }
    if (isDurable) {
      for (const id of written.splice(0)) durable.add(id)
      done += 1
      for (const each of waiting) if (each.count === done) each.onDisk()
    }
    return seqs
  }
  const watched: MemoryJournal = {
    commit,
    read: (table, from) => journal.read(table, from),
    prune: (table, before) => journal.prune(table, before),
    keep: (hash, bytes) => journal.keep(hash, bytes),
    kept: (hash) => journal.kept(hash),
    close: () => journal.close(),
    crash: () => journal.crash(),
    breakDisk: (how) => journal.breakDisk(how),
  }
  return {
    journal: watched,
    durable,
    commits,
    onDurable: (count, onDisk) => void waiting.push({ count, onDisk }),
  }
}

function recordsIn(bytes: Uint8Array): HaggleRecord[] {
  const frame = decodeFrame(bytes)
  const wires = frame.ok ? (frame.frame.kind === 'records' ? frame.frame.records : []) : [bytes]
  return wires.flatMap((wire) => {
    const decoded = decodeWire(wire, networkId)
    return decoded.ok ? [decoded.unverified.claimed] : []
  })
}

function settle(job: Job | undefined): ReturnType<Job['settled']> {
  if (job === undefined) throw new Error('the job is gone')
  return job.settled()
}

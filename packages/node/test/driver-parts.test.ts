import { describe, expect, it, vi } from 'vitest'
import { fc, test } from '@fast-check/vitest'
import { createRecord, networkIdOf, payloadHashOf, protocolParams, type RecordId } from '@haggle/protocol'
import type { LogEntry } from '@haggle/core'
import { memoryJournal } from '@haggle/journal'
import type { NetworkHandlers } from '@haggle/ports'
import { armAlarm } from '../src/alarm.ts'
import {
  type AgentEvent,
  durationMs,
  decodeLogEntry,
  encodeLogEntry,
  microCredits,
  quietLogger,
  topicName,
} from '../src/index.ts'
import { EventLog } from '../src/event-log.ts'
import { readMemo, memoText } from '../src/job-memo.ts'
import { watchLag } from '../src/lag-watch.ts'
import { PayloadFetch } from '../src/payload-fetch.ts'
import { topicOfName } from '../src/topic-name.ts'
import { ed25519Signer } from '../src/pure/ed25519.ts'
import { packText, unpackText } from '../src/row-text.ts'
import { MemoryBlobs } from './memory-blobs.ts'
import { MemoryHub } from './memory-network.ts'
import { VirtualClock } from './virtual-clock.ts'

const networkId = networkIdOf('haggle', protocolParams)
const signer = ed25519Signer(new Uint8Array(32).fill(1))
const peer = ed25519Signer(new Uint8Array(32).fill(2)).key
const other = ed25519Signer(new Uint8Array(32).fill(3)).key
// Any 32 bytes can be a record's id.
const id = 'ab'.repeat(32) as RecordId

describe('a text as bytes of the journal', () => {
  test.prop([fc.json(), fc.uint8Array({ minLength: 0, maxLength: 80 })])('comes back as it was', (json, bytes) => {
    const text = `${json}{"id":"${Buffer.from(bytes).toString('hex')}"}${json}`
    expect(unpackText(packText(text))).toBe(text)
  })

  it('holds ids raw', () => {
    expect(packText(`"${'ab'.repeat(32)}"`)).toHaveLength(35)
  })
})

describe('the log codec', () => {
  const record = createRecord(
    'withdrawal',
    { at: 5, task: id, reason: 'changed' },
    { networkId, author: signer.key, sign: (m) => signer.sign(m) },
  )
  const job = { key: 'k', askPrice: null, memo: '{"note":"zwölf"}' }
  const jobEntry: LogEntry = { kind: 'job', at: 7, task: id, job, secret: Buffer.from([9, 8]) }
  const entries: readonly LogEntry[] = [
    { kind: 'record', at: 1_800_000_000_123, record },
    { kind: 'task-closed', at: 1, task: id, as: 'exhausted' },
    { kind: 'lapsed', at: 2, contract: id },
    { kind: 'alleged', at: 3, contract: id, party: peer, fault: 'NO_DELIVERY' },
    { kind: 'cool-down', at: 4, peer, skill: 'shout', until: 9, strikes: 2 },
  ]

  it('gives every kind of entry back', () => {
    for (const entry of entries) expect(decodeLogEntry(encodeLogEntry(entry), networkId)).toEqual(entry)
  })

  it('keeps bytes as bytes, also those of a Buffer', () => {
    const back = decodeLogEntry(encodeLogEntry(jobEntry), networkId)
    expect(back.kind === 'job' && back.secret).toEqual(Uint8Array.of(9, 8))
    expect(back.kind === 'job' && back.job).toEqual(job)
  })

  it('refuses a record of another network', () => {
    const [entry] = entries
    if (entry === undefined) throw new Error('no entry')
    const read = (): unknown => decodeLogEntry(encodeLogEntry(entry), networkIdOf('other', protocolParams))
    expect(read).toThrow('this journal belongs to another network')
  })

  test.prop([fc.uint8Array({ maxLength: 200 })])('says journal/corrupt to any other bytes', (bytes) => {
    try {
      decodeLogEntry(bytes, networkId)
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^journal\/(corrupt|other-network)$/) })
      return
    }
    throw new Error('random bytes were taken for an entry')
  })
})

describe('topics', () => {
  it('NET-72: have a name that only their own network reads back', () => {
    for (const topic of [
      { kind: 'adverts' },
      { kind: 'facts' },
      { kind: 'market', shard: 0 },
      { kind: 'market', shard: 1_023 },
    ] as const) {
      expect(topicOfName(topicName(topic, networkId), networkId)).toEqual(topic)
      expect(topicOfName(topicName(topic, networkIdOf('other', protocolParams)), networkId)).toBe(undefined)
    }
    expect(topicOfName(`${topicName({ kind: 'market', shard: 1 }, networkId)}024`, networkId)).toBe(undefined)
  })
})

describe('the one alarm', () => {
  it('wakes for the earlier of both clocks, and at the latest after 30 s', async () => {
    const clock = new VirtualClock()
    const woken = async (wakeup: { wall: number | null; mono: number | null }): Promise<number> => {
      const from = clock.mono()
      await clock.until(new Promise<void>((resolve) => armAlarm(clock, wakeup, resolve)))
      return clock.mono() - from
    }
    expect(await woken({ wall: clock.wall() + 500, mono: clock.mono() + 700 })).toBe(500)
    expect(await woken({ wall: clock.wall() + 900, mono: clock.mono() + 700 })).toBe(700)
    expect(await woken({ wall: clock.wall() + 3_600_000, mono: null })).toBe(30_000)
    expect(await woken({ wall: clock.wall() - 5_000, mono: null })).toBe(1)
  })
})

describe('the lag watch', () => {
  it('tells of an event loop that was blocked, and of nothing else', async () => {
    const clock = new VirtualClock()
    const told: number[] = []
    const end = watchLag(clock, 2_500, (blockedMs) => told.push(blockedMs))
    await clock.pass(10_000)
    expect(told).toEqual([])
    clock.block(4_000)
    await clock.pass(1_000)
    expect(told).toHaveLength(1)
    expect(told[0]).toBeGreaterThan(2_500)
    end()
    expect(clock.armed).toBe(0)
  })
})

describe('the event log', () => {
  const at = 1

  /** A log, and how often its journal was asked for rows. */
  function logged() {
    const journal = memoryJournal()
    const read = vi.spyOn(journal, 'read')
    const log = new EventLog(journal, signer.key)
    const append = async (reason: string): Promise<void> => {
      const row = log.row({ event: 'stopping', at, reason })
      const [seq = 0] = await journal.commit([row], false)
      await log.stored([{ seq, bytes: row.bytes }])
    }
    return { log, append, reads: () => read.mock.calls.length }
  }

  async function reasonsOf(events: AsyncIterable<AgentEvent>, count: number): Promise<readonly string[]> {
    const seen: string[] = []
    for await (const event of events) {
      if (event.event === 'stopping') seen.push(event.reason)
      if (seen.length === count) break
    }
    return seen
  }

  const numbers = Array.from({ length: 600 }, (_, number) => String(number))

  it('asks the journal no more for what comes when a listener has caught up', async () => {
    const { log, append, reads } = logged()
    await append('0')
    const seen = reasonsOf(log.stream({ follow: true }), 600)
    for (const number of numbers.slice(1)) {
      await append(number)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await seen).toEqual(numbers)
    expect(reads()).toBeLessThanOrEqual(1)
  })

  it.each([0, 100, 500, 599])(
    'tells everything in order to who begins at %s of what it has long told others',
    async (from) => {
      const { log, append } = logged()
      for (const number of numbers.slice(0, 550)) await append(number)
      const seen = reasonsOf(log.stream({ from, follow: true }), 600 - from)
      for (const number of numbers.slice(550)) await append(number)
      expect(await seen).toEqual(numbers.slice(from))
    },
  )

  it('misses nothing between what is stored and what comes', async () => {
    const { log, append } = logged()
    await append('one')
    const seen: string[] = []
    const reading = (async () => {
      for await (const event of log.stream({ follow: true }))
        seen.push(event.event === 'stopping' ? event.reason : event.event)
    })()
    await append('two')
    log.tell({
      ...{ event: 'progress', at, task: id, contract: id, generation: 1, peer: signer.key },
      ...{ role: 'worker', fraction: 1, note: null },
    })
    await append('three')
    await new Promise((resolve) => setImmediate(resolve))
    log.close()
    await reading
    expect(seen.filter((each) => each !== 'progress')).toEqual(['one', 'two', 'three'])
    expect(seen).toContain('progress')
  })
})

describe('fetching a payload', () => {
  const bytes = new Uint8Array(3_000).map((_, index) => index % 250)
  const hash = payloadHashOf(bytes)

  async function fetching(open: (offset: number) => AsyncIterable<Uint8Array>) {
    const clock = new VirtualClock()
    const hub = new MemoryHub()
    const here = hub.network(signer.key)
    const there = hub.network(peer)
    const quiet: NetworkHandlers = {
      gossip: () => 'ignore',
      frame: () => {},
      blob: async () => undefined,
      peerUp: () => {},
      peerDown: () => {},
      mismatch: () => {},
    }
    await here.start(quiet)
    for (const wire of [there, hub.network(other)])
      await wire.start({ ...quiet, blob: async () => ({ size: bytes.length, read: open }) })
    const blobs = new MemoryBlobs()
    const answers: boolean[] = []
    let answered: () => void = () => {}
    const done = new Promise<void>((resolve) => (answered = resolve))
    const fetch = new PayloadFetch({ network: here, blobs, clock, logger: quietLogger }, (_hash, held) => {
      answers.push(held)
      answered()
    })
    return { clock, blobs, fetch, answers, done }
  }

  it('goes on where a broken stream ended', async () => {
    const offsets: number[] = []
    const { clock, blobs, fetch, answers, done } = await fetching(async function* (offset) {
      offsets.push(offset)
      yield bytes.slice(offset, offset + 1_000)
      if (offset < 2_000) throw new Error('the wire broke')
    })
    fetch.want({ hash, size: bytes.length, from: peer })
    await clock.until(done)
    expect(answers).toEqual([true])
    expect(offsets).toEqual([0, 1_000, 2_000])
    expect(await blobs.size(hash)).toBe(bytes.length)
  })

  it('CON-09: takes no other bytes for a payload, and none beyond the size it was announced with', async () => {
    for (const wrong of [new Uint8Array(3_000), new Uint8Array(3_001)]) {
      const { clock, blobs, fetch, answers, done } = await fetching(async function* (offset) {
        yield wrong.slice(offset)
      })
      fetch.want({ hash, size: bytes.length, from: peer })
      await clock.until(done)
      expect(answers).toEqual([false])
      expect(await blobs.size(hash)).toBe(undefined)
    }
  })

  it('WIT-25: leaves a source that brings nothing for one that is named later', async () => {
    const clock = new VirtualClock()
    const hub = new MemoryHub()
    const here = hub.network(signer.key)
    const quiet: NetworkHandlers = {
      ...{ gossip: () => 'ignore', frame: () => {}, peerUp: () => {}, peerDown: () => {}, mismatch: () => {} },
      blob: async () => undefined,
    }
    await here.start(quiet)
    const asked: string[] = []
    for (const [key, name] of [
      [peer, 'silent'],
      [other, 'ready'],
    ] as const) {
      await hub.network(key).start({
        ...quiet,
        blob: async () => {
          asked.push(name)
          if (name === 'silent') await new Promise<never>(() => {})
          return {
            size: bytes.length,
            read: async function* () {
              yield bytes
            },
          }
        },
      })
    }
    let answer: (held: boolean) => void = () => {}
    const done = new Promise<boolean>((resolve) => (answer = resolve))
    const blobs = new MemoryBlobs()
    const fetch = new PayloadFetch({ network: here, blobs, clock, logger: quietLogger }, (_hash, held) => answer(held))
    const began = clock.mono()
    fetch.want({ hash, size: bytes.length, from: peer })
    await clock.pass(100)
    fetch.want({ hash, size: bytes.length, from: other })
    await clock.until(done)
    expect(await done).toBe(true)
    expect(asked).toEqual(['silent', 'ready'])
    // It was left at once, and nothing was waited for then.
    expect(clock.mono() - began).toBeLessThan(150)
  })

  it('WIT-25: takes at once what comes in a frame while it rests, and asks at once whoever is named then', async () => {
    const ways: readonly ((fetch: PayloadFetch) => void)[] = [
      (fetch) => fetch.stash(bytes),
      (fetch) => fetch.want({ hash, size: bytes.length, from: other }),
    ]
    for (const comes of ways) {
      let asked = 0
      const { clock, fetch, answers, done } = await fetching(async function* () {
        asked += 1
        if (asked > 1) yield bytes
      })
      fetch.want({ hash, size: bytes.length, from: peer })
      await clock.pass(10)
      expect([asked, answers]).toEqual([1, []])
      const began = clock.mono()
      comes(fetch)
      await clock.until(done, 20)
      expect(answers).toEqual([true])
      expect(clock.mono() - began).toBeLessThan(20)
    }
  })

  it('gives up after its tries on a peer that never sends anything', async () => {
    const { clock, fetch, answers, done } = await fetching(async function* () {})
    fetch.want({ hash, size: bytes.length, from: peer })
    await clock.until(done, 120_000)
    expect(answers).toEqual([false])
    expect(clock.armed).toBe(0)
  })

  it('takes what came in the frame without asking anybody', async () => {
    const { clock, blobs, fetch, done } = await fetching(() => {
      throw new Error('asked')
    })
    fetch.stash(bytes)
    expect(await blobs.size(hash)).toBe(undefined)
    fetch.want({ hash, size: bytes.length, from: peer })
    await clock.until(done)
    expect(await blobs.size(hash)).toBe(bytes.length)
  })

  it('gathers no listeners while many payloads are on their way', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    const { clock, fetch } = await fetching(async function* () {})
    for (let n = 0; n < 16; n += 1)
      fetch.want({ hash: payloadHashOf(Uint8Array.of(n)), size: bytes.length, from: peer })
    await clock.settle()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    await clock.until(fetch.stop())
    expect(warnings).toEqual([])
    expect(clock.armed).toBe(0)
  })

  it('answers nobody after it was stopped', async () => {
    const { clock, fetch, answers } = await fetching(async function* () {})
    fetch.want({ hash, size: bytes.length, from: peer })
    await clock.settle()
    await clock.until(fetch.stop())
    await clock.pass(60_000)
    expect(answers).toEqual([])
    expect(clock.armed).toBe(0)
  })
})

describe('small readers', () => {
  it('read spans of time and amounts, and refuse the rest by name', () => {
    expect([durationMs('500ms', 'x'), durationMs('1.5s', 'x'), durationMs('2m', 'x'), durationMs(7, 'x')]).toEqual([
      500, 1_500, 120_000, 7,
    ])
    for (const wrong of ['5', 's', '-1s', '1e3s', '400d', ''])
      expect(() => durationMs(wrong, 'x')).toThrow('x is not a span of time')
    expect(microCredits(0.1, 'x')).toBe(100_000)
    for (const wrong of [-1, Number.NaN, Infinity, 1e16])
      expect(() => microCredits(wrong, 'x')).toThrow('x is not an amount')
  })

  it('take a memo that they do not know for approval on receipt', () => {
    for (const review of ['receipt', 'callback', { cmd: 'grep Y' }] as const) {
      expect(readMemo(memoText({ review, app: { out: 'f' } }))).toEqual({ review, app: { out: 'f' } })
    }
    for (const text of ['', 'null', '[]', '{"review":"other"}'])
      expect(readMemo(text)).toEqual({ review: 'receipt', app: {} })
  })
})

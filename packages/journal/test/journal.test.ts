import { setImmediate } from 'node:timers/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Journal, JournalWrite } from '@haggle/ports'
import { journalConformance, type JournalBench } from '../../../test/conformance/journal.ts'
import { memoryJournal, openJournal, type MemoryJournal } from '../src/index.ts'

const row = (text: string): JournalWrite => ({ table: 'log', bytes: new TextEncoder().encode(text) })

async function texts(journal: Journal): Promise<string[]> {
  const found: string[] = []
  for await (const { seq, bytes } of journal.read('log')) found.push(`${seq}:${new TextDecoder().decode(bytes)}`)
  return found
}

async function onDisk(): Promise<JournalBench> {
  const folder = await mkdtemp(join(tmpdir(), 'haggle-journal-'))
  let current: Journal | undefined
  const open = async (): Promise<Journal> => (current = await openJournal(join(folder, 'store')))
  return {
    open,
    async reopened(journal) {
      await journal.close()
      return open()
    },
    async end() {
      await current?.close()
      await rm(folder, { recursive: true })
    },
  }
}

function inMemory(): JournalBench {
  let current: MemoryJournal = memoryJournal()
  return {
    open: () => Promise.resolve(current),
    async reopened(journal) {
      await journal.close()
      return (current = current.crash())
    },
    crashed: async () => (current = current.crash()),
    end: () => current.close(),
  }
}

journalConformance('the journal on disk', onDisk)
journalConformance('the journal in memory', inMemory)

describe('the journal on disk', () => {
  test('counts its writes, commits that waited together as one, and its syncs', async () => {
    const bench = await onDisk()
    onTestFinished(() => bench.end())
    const journal = await bench.open()
    await Promise.all([
      journal.commit([row('a')], true),
      journal.commit([row('a')], false),
      journal.commit([row('a')], true),
    ])
    expect(journal.diskWrites?.()).toEqual({ writes: 1, syncs: 1 })
    await journal.commit([{ ...row('b'), table: 'tax' }], false)
    expect(journal.diskWrites?.()).toEqual({ writes: 2, syncs: 1 })
    await journal.prune('log', 2)
    expect(journal.diskWrites?.()).toEqual({ writes: 3, syncs: 2 })
  })

  test('takes what nobody waits for along with what binds, when both come in one turn of the event loop', async () => {
    const bench = await onDisk()
    onTestFinished(() => bench.end())
    const journal = await bench.open()
    const loose = journal.commit([row('loose')], false)
    // Much may happen before the turn is over, none of it on the disk.
    for (let step = 0; step < 100; step += 1) await Promise.resolve()
    await Promise.all([loose, journal.commit([row('durable')], true)])
    expect(journal.diskWrites?.()).toEqual({ writes: 1, syncs: 1 })
    expect(await texts(journal)).toEqual(['0:loose', '1:durable'])
  })

  test('writes what nobody waits for in the end, also when it came while something else was written', async () => {
    const bench = await onDisk()
    onTestFinished(() => bench.end())
    const journal = await bench.open()
    // Large enough that it is still being written when the turn of the second one is over.
    const durable = journal.commit([row('a'.repeat(2 ** 23))], true)
    await setImmediate()
    await Promise.all([durable, journal.commit([row('loose')], false)])
    await journal.commit([row('looser')], false)
    expect((await texts(journal)).slice(1)).toEqual(['1:loose', '2:looser'])
  })

  test('still writes a commit that waits when it closes', async () => {
    const bench = await onDisk()
    onTestFinished(() => bench.end())
    const journal = await bench.open()
    const waiting = journal.commit([row('a')], true)
    await journal.close()
    expect(await waiting).toEqual([0])
    const again = await bench.open()
    const loose = again.commit([row('b')], false)
    await again.close()
    expect(await loose).toEqual([1])
    expect(await texts(await bench.open())).toEqual(['0:a', '1:b'])
  })
})

describe('the journal in memory', () => {
  test('loses in a crash what no durable commit covered, and only that', async () => {
    const journal = memoryJournal()
    await journal.commit([row('loose')], false)
    await journal.commit([row('durable')], true)
    await journal.commit([row('lost')], false)
    const unheard = journal.commit([row('never told')], true)
    const next = journal.crash()
    await expect(unheard).rejects.toMatchObject({ code: 'journal/closed' })
    expect(await texts(next)).toEqual(['0:loose', '1:durable'])
  })

  test('halts for good when its disk fails, and stays readable when its disk is full', async () => {
    for (const [how, code] of [
      ['failed', 'journal/halted'],
      ['full', 'journal/disk-full'],
    ] as const) {
      const journal = memoryJournal()
      await journal.commit([row('a')], true)
      journal.breakDisk(how)
      await expect(journal.commit([row('b')], true)).rejects.toMatchObject({ code })
      await expect(journal.commit([row('b')], false)).rejects.toMatchObject({ code })
      if (how === 'full') expect(await texts(journal)).toEqual(['0:a'])
      else await expect(texts(journal)).rejects.toMatchObject({ code })
      expect(await texts(journal.crash())).toEqual(['0:a'])
    }
  })
})

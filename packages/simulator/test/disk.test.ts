import { payloadHashOf } from '@haggle/protocol'
import { describe, expect, test } from 'vitest'
import type { Tail } from '../src/plan/plan.ts'
import { stream } from '../src/random.ts'
import { Disk } from '../src/world/disk.ts'
import { SimJournal } from '../src/world/journal.ts'
import { Time } from '../src/world/time.ts'

const row = (number: number) => [{ table: 'log', bytes: Uint8Array.of(number) }] as const

function rowsOf(disk: Disk): number[] {
  return [...disk.rows('log', 0)].map(({ bytes }) => bytes[0] ?? -1)
}

function journalOn(disk: Disk, time: Time): SimJournal {
  const owner = { op: () => true, committed: () => {}, synced: () => {} }
  return new SimJournal(disk, time, owner, 1_000, stream(1n, 'disk'))
}

describe('a disk', () => {
  test.each<[Tail, number, number]>([
    ['lost', 2, 2],
    ['whole', 5, 5],
    ['torn', 2, 5],
    ['garbage', 2, 5],
  ])('whose power goes with a %s tail keeps what was synced and %i to %i rows', (tail, least, most) => {
    const kept = new Set<number>()
    for (let seed = 0n; seed < 40n; seed += 1n) {
      const disk = new Disk(1)
      for (let number = 0; number < 5; number += 1) {
        disk.add(number, row(number))
        if (number === 1) disk.sync(2)
      }
      disk.loseTail(tail, stream(seed, 'tail'))
      const rows = rowsOf(disk)
      expect(rows).toEqual([0, 1, 2, 3, 4].slice(0, rows.length))
      expect(disk.next.log).toBe(rows.length)
      kept.add(rows.length)
    }
    expect(Math.min(...kept)).toBe(least)
    expect(Math.max(...kept)).toBe(most)
  })

  test('forgets a payload with the commit that would have made it durable', () => {
    const disk = new Disk(1)
    const hash = payloadHashOf(Uint8Array.of(1))
    disk.hold(hash, Uint8Array.of(1), false)
    disk.add(0, row(0))
    disk.loseTail('lost', stream(1n, 'tail'))
    expect(disk.payload(hash)).toBeUndefined()
  })

  test('put back to a backup holds what it held then', () => {
    const disk = new Disk(1)
    for (let number = 0; number < 5; number += 1) disk.add(number * 10, row(number))
    disk.sync(5)
    disk.rollBack(20)
    expect(rowsOf(disk)).toEqual([0, 1, 2])
  })
})

describe('a journal', () => {
  test('resolves a durable commit when its sync is over, and not before', async () => {
    const time = new Time()
    const journal = journalOn(new Disk(1), time)
    const done: number[] = []
    void journal.commit(row(1), true).then(() => done.push(time.now))
    await time.pass(999)
    expect(done).toEqual([])
    await time.pass(5_000)
    expect(done).toEqual([1_000])
  })

  test('after a failed sync takes nothing any more', async () => {
    const disk = new Disk(1)
    const journal = journalOn(disk, new Time())
    disk.failing = { tail: 'lost' }
    await expect(journal.commit(row(1), true)).rejects.toThrow(expect.objectContaining({ code: 'journal/halted' }))
    await expect(journal.commit(row(2), false)).rejects.toThrow(expect.objectContaining({ code: 'journal/halted' }))
  })

  test('on a full disk says so', async () => {
    const disk = new Disk(1)
    disk.full = true
    await expect(journalOn(disk, new Time()).commit(row(1), false)).rejects.toThrow(
      expect.objectContaining({ code: 'journal/disk-full' }),
    )
  })
})

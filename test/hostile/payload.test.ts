import { mkdir, readdir } from 'node:fs/promises'
import { expect } from 'vitest'
import { scenario } from '../process/support/scenario.ts'
import { addressOf, hostile } from './support/hostile.ts'
import { MemoryWatch } from './support/memory.ts'

/** How each lie ends for who believed it. */
const lies = [
  ['a size beyond all', 'net/too-large'],
  ['a size above the bound', 'net/too-large'],
  ['a status that is none', 'net/blob-broken'],
  ['wrong bytes', 'blob/mismatch'],
  ['fewer bytes', 'net/blob-broken'],
  ['more bytes', 'net/blob-broken'],
  ['no end', 'blob/mismatch'],
  ['silence', 'net/blob-broken'],
  ['a byte at a time', 'net/blob-broken'],
] as const

scenario(
  'T-50 NET-23 NET-32 NET-65: whoever lies about a payload is told apart, in time, and nothing of it is kept',
  async ({ stage }) => {
    await mkdir(stage.path('blobs'))
    const fetcher = hostile(stage, 'fetcher', stage.path('blobs'))
    const address = await addressOf(fetcher)
    const memory = await MemoryWatch.begin(fetcher.pid)
    const ends = await Promise.all(
      lies.map(async ([lie]) => {
        const { peer } = await hostile(stage, 'liar', address, lie).event('lying')
        const { code, ms } = await fetcher.event('asked', { peer }, 90_000)
        return { lie, code, ms: ms as number }
      }),
    )
    process.stdout.write(`    ${ends.map(({ lie, ms }) => `${lie}: ${Math.round(ms / 100) / 10} s`).join('; ')}\n`)
    expect(ends.map(({ lie, code }) => [lie, code])).toEqual(lies)
    // Nothing of a byte at a time counts before half a minute is over, and the machine is busy.
    expect(Math.max(...ends.map(({ ms }) => ms))).toBeLessThan(60_000)
    await memory.expectSmall('lies about payloads')
    expect((await readdir(stage.path('blobs'))).filter((name) => !name.startsWith('.'))).toEqual([])
  },
)

scenario(
  'NET-23 NET-40: little is held for an asker of a payload that reads nothing, and its place is given to others in time',
  async ({ stage }) => {
    const holder = hostile(stage, 'holder')
    const address = await addressOf(holder)
    const memory = await MemoryWatch.begin(holder.pid)
    const asker = hostile(stage, 'asker', address)
    await asker.event('reading')
    asker.signal('SIGSTOP')
    const from = performance.now()
    const { read } = await holder.event('left', {}, 90_000)
    const span = performance.now() - from
    process.stdout.write(
      `    a deaf asker: ${String(read)} bytes read for it, left after ${Math.round(span / 1_000)} s\n`,
    )
    // The stop of the process is seen here later than it happens, and the machine is busy.
    expect(span).toBeLessThan(31_000)
    expect(read).toBeLessThanOrEqual(1_048_576)
    await memory.expectSmall('a deaf asker of a payload')
  },
)

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { openJournal } from '@haggle/journal'
import { ClassicLevel } from 'classic-level'
import { closePair, openPair, SKILL, TERMS, type Bench } from '../support/bench.ts'
import { rssOf, startHaggle } from '../support/command.ts'
import { row, type Line } from '../support/row.ts'
import { median, sum } from '../support/stats.ts'

const GROUP = 'store'
const RECORDS = 100_000
/** As the journal opens it: blocks of another size would be written anew, and compressed less. */
const BLOCK_BYTES = 65_536
/** What the store consists of: records, events, payloads, costs, and snapshots, of which two stay however many contracts there were. */
const TABLES = ['log', 'events', 'payload', 'tax', 'snapshot'] as const
/** Fewer than either side writes for one contract. */
const RECORDS_PER_CONTRACT = 9

/** What settled contracts leave on the disk, and how long an agent with a long log takes to serve again. */
export async function store(bench: Bench): Promise<readonly Line[]> {
  const count = bench.size(Math.ceil(RECORDS / RECORDS_PER_CONTRACT), 300)
  const pair = await openPair(bench)
  let settled = 0
  for (let done = 0; done < count; done += 1_000) {
    const order = { agent: 'requester', skill: SKILL, count: Math.min(1_000, count - done), inFlight: 25 } as const
    const jobs = await pair.requester.call('hire', { ...order, terms: TERMS, until: 'settled' })
    settled += jobs.filter((each) => each.failed === null).length
    bench.say(`store: ${settled} of ${count} contracts`)
  }
  await closePair(pair)
  const { home } = pair
  const sides = []
  for (const name of ['requester', 'worker']) {
    const path = join(home, name, 'store')
    const records = await recordsIn(path)
    const parts = await compacted(path)
    sides.push({ name, records, parts, stored: await sizeOf(path), blobs: await sizeOf(join(home, name, 'blobs')) })
  }
  const [most = { name: 'requester', records: 0 }] = sides.toSorted((a, b) => b.records - a.records)
  const starts: { readonly readyMs: number; readonly rss: number }[] = []
  const serve = most.name === 'worker' ? ['work', SKILL] : ['up']
  const command = most.name === 'worker' ? ['--', 'cat'] : []
  for (let round = 0; round < bench.init.rounds; round += 1) {
    const flags = ['--json', '--as', most.name, '--network', 'bench']
    const ready = await startHaggle(bench, home, [...serve, ...flags, ...command])
    starts.push({ readyMs: ready.readyMs, rss: await rssOf(ready.pid) })
    await ready.end()
  }
  const readyS = starts.map(({ readyMs }) => readyMs / 1_000)
  const rss = starts.map((each) => each.rss / 1_048_576)
  const perContract = sides.map(({ stored }) => stored / settled / 1_024)
  const blobs = sides.map((each) => (each.blobs / settled).toFixed(0)).join(' and ')
  const parts = sides.map(({ name, parts: each }) => `${name} ${partsText(each, settled)}`).join('; ')
  return [
    row({
      ...{ group: GROUP, name: 'disk per settled contract, its file kept, the side that keeps more', unit: 'KiB' },
      ...{ observed: Math.max(...perContract), target: { of: 'observed', atMost: 1.5 } },
      note: `${settled} contracts, store compacted: requester ${perContract[0]?.toFixed(2)}, worker ${perContract[1]?.toFixed(2)}; payload files beside it ${blobs} B; bytes of each: ${parts}`,
    }),
    row({
      ...{ group: GROUP, name: `restart to serving, ${most.records} records`, unit: 's', rounds: readyS },
      ...{ observed: median(readyS), target: { of: 'observed', atMost: 2 } },
      note: `the ${most.name}, from the start of the process to its ready line; after kill -9`,
    }),
    row({
      ...{ group: GROUP, name: `RSS when serving again, ${most.records} records`, unit: 'MiB', rounds: rss },
      ...{ observed: median(rss), target: { of: 'observed', atMost: 300 } },
    }),
  ]
}

function partsText(parts: ReadonlyMap<string, number>, settled: number): string {
  return [...parts].map(([table, bytes]) => `${table} ${(bytes / settled).toFixed(0)}`).join(', ')
}

async function recordsIn(path: string): Promise<number> {
  const journal = await openJournal(path)
  let end = 0
  // Numbered from 0 on without a gap.
  for await (const { seq } of journal.read('log')) end = seq + 1
  await journal.close()
  return end
}

/** Compacts a store; what each table then takes of it, as the database reckons. */
async function compacted(path: string): Promise<ReadonlyMap<string, number>> {
  const level = new ClassicLevel(path, { blockSize: BLOCK_BYTES })
  await level.open()
  await level.compactRange('', '~')
  const parts = new Map<string, number>()
  for (const table of TABLES) parts.set(table, await level.approximateSize(`${table}/`, `${table}0`))
  await level.close()
  return parts
}

/** Bytes of the files of a directory, as long as they are. */
async function sizeOf(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true })
  const sizes = await Promise.all(names.map(async (name) => stat(join(path, name))))
  return sum(sizes.filter((each) => each.isFile()).map(({ size }) => size))
}

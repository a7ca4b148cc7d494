import { randomBytes } from 'node:crypto'
import { fdatasyncSync, openSync, writeSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { BareCalls } from '../children/bare.ts'
import type { Bench } from '../support/bench.ts'
import { row, type Line } from '../support/row.ts'
import { median } from '../support/stats.ts'

const GROUP = 'floors'
const RECORD_BYTES = 300
const TOGETHER = 64

/** What this machine takes for the parts that no protocol can do without. */
export async function floors(bench: Bench): Promise<readonly Line[]> {
  const crypto = Array.from({ length: bench.init.rounds }, () => bench.crypto())
  const disk = await measureDisk(bench)
  const wire = await measureWire(bench)
  const one = (name: string, unit: string, rounds: readonly number[], note = ''): Line =>
    row({ group: GROUP, name: `floor: ${name}`, unit, observed: median(rounds), rounds, note })
  return [
    one(
      'Ed25519 sign',
      'us',
      crypto.map((each) => each.signUs),
      'node:crypto, key objects made before; processor time',
    ),
    one(
      'Ed25519 verify',
      'us',
      crypto.map((each) => each.verifyUs),
      'node:crypto, key objects made before; processor time',
    ),
    one(
      'sha-256 of 500 B',
      'us',
      crypto.map((each) => each.sha256Us),
    ),
    one('append 300 B + fdatasync', 'ms', disk.single),
    one(`${TOGETHER} appends in one fdatasync`, 'ms', disk.together),
    one('300 B echo on an open libp2p stream', 'ms', wire.echo),
    one(
      'bare libp2p exchange of 4 messages, durable',
      'ms',
      wire.durable,
      'two processes, LevelDB, synced before each message',
    ),
    one('bare libp2p exchange of 4 messages, not synced', 'ms', wire.unsynced),
  ]
}

interface Disk {
  readonly single: readonly number[]
  readonly together: readonly number[]
}

async function measureDisk(bench: Bench): Promise<Disk> {
  const file = openSync(join(await bench.directory(), 'floor'), 'w')
  const record = randomBytes(RECORD_BYTES)
  const times = bench.size(200, 20)
  const synced = (records: number): number => {
    const spans = Array.from({ length: times }, () => {
      const began = performance.now()
      for (let at = 0; at < records; at += 1) writeSync(file, record)
      fdatasyncSync(file)
      return performance.now() - began
    })
    return median(spans)
  }
  const rounds = Array.from({ length: bench.init.rounds }, () => [synced(1), synced(TOGETHER)] as const)
  closeSync(file)
  return { single: rounds.map(([single]) => single), together: rounds.map(([, together]) => together) }
}

interface Wire {
  readonly echo: readonly number[]
  readonly durable: readonly number[]
  readonly unsynced: readonly number[]
}

async function measureWire(bench: Bench): Promise<Wire> {
  const far = await bench.child<BareCalls>('bare', 'the bare listener')
  const near = await bench.child<BareCalls>('bare', 'the bare dialler')
  const { address } = await far.call('open', { directory: await bench.directory() })
  await near.call('open', { directory: await bench.directory() })
  const count = bench.size(300, 30)
  await near.call('echo', { address, count: 100 })
  const wire = { echo: new Array<number>(), durable: new Array<number>(), unsynced: new Array<number>() }
  for (let round = 0; round < bench.init.rounds; round += 1) {
    wire.echo.push(median(await near.call('echo', { address, count })))
    wire.durable.push(median(await near.call('exchange', { address, count, sync: true })))
    wire.unsynced.push(median(await near.call('exchange', { address, count, sync: false })))
  }
  await near.leave()
  await far.leave()
  return wire
}

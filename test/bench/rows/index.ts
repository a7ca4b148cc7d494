import type { Bench } from '../support/bench.ts'
import type { Line } from '../support/row.ts'
import { bytes } from './bytes.ts'
import { crowd, growth } from './crowd.ts'
import { floors } from './floors.ts'
import { formation } from './formation.ts'
import { help, idle, live } from './memory.ts'
import { store } from './store.ts'
import { failover } from './failover.ts'
import { junk } from './junk.ts'
import { scores } from './scores.ts'
import { syncs } from './syncs.ts'
import { throughput } from './throughput.ts'

export type Measure = (bench: Bench) => Promise<readonly Line[]>

/** Every group of rows, in the order of the table. */
export const groups: Readonly<Record<string, Measure>> = {
  floors,
  formation,
  throughput,
  crowd,
  bytes,
  syncs,
  idle,
  live,
  store,
  help,
  failover,
  junk,
  scores,
  growth,
}

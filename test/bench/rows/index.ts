import type { Bench } from '../support/bench.ts'
import type { Line } from '../support/row.ts'
import { floors } from './floors.ts'
import { formation } from './formation.ts'
import { throughput } from './throughput.ts'

export type Measure = (bench: Bench) => Promise<readonly Line[]>

/** Every group of rows, in the order of the table. */
export const groups: Readonly<Record<string, Measure>> = { floors, formation, throughput }

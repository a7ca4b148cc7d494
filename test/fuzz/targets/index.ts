import type { Target } from '../target.ts'
import { control, settings } from './control.ts'
import { driverDirect, driverGossip } from './driver.ts'
import { frames, malformedFrames } from './frames.ts'
import { gate, signatures } from './gate.ts'
import { plans } from './plans.ts'
import { canonicals, records } from './records.ts'
import { reconciling } from './reconciling.ts'
import { resultSchemas } from './schemas.ts'
import { logRows, pages, snapshotRows, taxRows } from './storage.ts'
import { taskFiles } from './task-files.ts'
import { blobMessages, hellos, topics } from './transport.ts'
import { cliValues, secrets } from './values.ts'

/** Everything that takes bytes from outside, the cheap before the dear. */
export const targets: readonly Target[] = [
  ...[records, canonicals, frames, malformedFrames, gate, signatures],
  ...[hellos, blobMessages, topics, reconciling],
  ...[logRows, snapshotRows, pages, taxRows],
  ...[control, settings, secrets, cliValues, resultSchemas, taskFiles, plans],
  ...[driverDirect, driverGossip],
]

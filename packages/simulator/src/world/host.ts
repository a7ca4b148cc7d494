import type { AgentKey, NetworkId } from '@haggle/protocol'
import type { Verify } from '@haggle/ports'
import type { Oracle } from '../oracle/oracle.ts'
import type { Seed } from '../seed.ts'
import type { Trace } from '../trace.ts'
import type { Ether } from './ether.ts'
import type { Library } from './library.ts'
import type { Process } from './process.ts'
import type { Time } from './time.ts'

/** The name of the network of every virtual world. */
export const NETWORK = 'sim'

/** What is counted of a run. */
export interface Tally {
  /** Calls of engines. */
  calls: number
  /** Of them those that changed something or were refused. */
  events: number
  frames: number
  frameBytes: number
  gossip: number
  gossipBytes: number
  /** Signatures that were checked, by agents and onlookers. */
  verifications: number
}

/** What all processes of a world share. */
export interface Host {
  readonly seed: Seed
  readonly networkId: NetworkId
  readonly time: Time
  readonly ether: Ether
  readonly trace: Trace
  readonly oracle: Oracle
  readonly library: Library
  readonly verify: Verify
  readonly tally: Tally
  /** A process has ended by itself: a failed disk, or a bug. */
  readonly halted: (process: Process, cause: Error) => void
  /** A handler or a driver did what it must never do. */
  readonly broke: (process: Process, error: unknown) => void
  readonly placeOf: (key: AgentKey) => number
}

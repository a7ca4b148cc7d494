import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { BareCalls } from '../children/bare.ts'
import type { Done, OpenInit, Opened, Order, PartyCalls } from '../children/party.ts'
import type { Calls } from '../children/serve.ts'
import type { Script } from './bundle.ts'
import { Child } from './child.ts'
import { measureCrypto, type CryptoFloors } from './crypto-floors.ts'
import { summary } from './profile-summary.ts'

export interface BenchInit {
  /** The tree whose built packages are measured. */
  readonly root: string
  readonly directory: string
  readonly rounds: number
  readonly quick: boolean
  readonly ownNetwork: boolean
  readonly script: (name: Script) => string
  /** Where profiles of the measured processes go, or null. */
  readonly profiles: string | null
}

export type Party = Child<PartyCalls>
export type Bare = Child<BareCalls>

/** What the rows measure with: processes and directories of one run, all ended with it. */
export class Bench {
  readonly init: BenchInit
  readonly #children: { kill(): Promise<void> }[] = []
  #directories = 0

  constructor(init: BenchInit) {
    this.init = init
  }

  /** The number for a full run, or the smaller one for `--quick`. */
  size(full: number, quick: number): number {
    return this.init.quick ? quick : full
  }

  say(text: string): void {
    process.stderr.write(`${text}\n`)
  }

  /** What signatures and hashes take now: asked for in each round of what is compared with it. */
  crypto(): CryptoFloors {
    return measureCrypto(3, this.size(2_000, 300))
  }

  async directory(): Promise<string> {
    this.#directories += 1
    const path = join(this.init.directory, String(this.#directories))
    await mkdir(path, { recursive: true })
    return path
  }

  async child<C extends Calls>(
    script: Script,
    title: string,
    more: { readonly nodeArgs?: readonly string[]; readonly under?: readonly string[] } = {},
  ): Promise<Child<C>> {
    const child = await Child.start<C>({ script: this.init.script(script), title, ...more })
    this.#children.push(child)
    return child
  }

  party(title: string, under?: readonly string[]): Promise<Party> {
    return this.child<PartyCalls>('party', title, {
      nodeArgs: ['--expose-gc'],
      ...(under === undefined ? {} : { under }),
    })
  }

  /** Carries something out; with `--profile` the processes are sampled meanwhile. Returns what it returned. */
  async profiled<T>(title: string, parties: Readonly<Record<string, Party>>, carryOut: () => Promise<T>): Promise<T> {
    const { profiles } = this.init
    if (profiles === null) return carryOut()
    await Promise.all(Object.values(parties).map((party) => party.call('profile', null)))
    const value = await carryOut()
    for (const [role, party] of Object.entries(parties)) {
      const file = join(profiles, `${title}-${role}.cpuprofile`)
      await party.call('profile', file)
      process.stdout.write(`${await summary(file, `${title}, ${role}`)}\n`)
    }
    return value
  }

  /** Ends every child that is still there. */
  async end(): Promise<void> {
    await Promise.all(this.#children.splice(0).map((child) => child.kill()))
  }
}

/** A requester and a worker, each in a process of its own, who have settled one contract with each other. */
export interface Pair {
  readonly requester: Party
  readonly worker: Party
  readonly home: string
  readonly address: string
}

export interface PairInit {
  readonly open?: Partial<OpenInit>
  readonly slots?: number
  readonly keep?: boolean
  readonly under?: (role: 'requester' | 'worker') => readonly string[]
}

export const SKILL = 'echo'
/** Long enough that nothing of a contract runs out while the machine is busy. */
export const TERMS = { mode: 'claim', deadline: '300s', wait: '60s' } as const

export async function openPair(bench: Bench, init: PairInit = {}): Promise<Pair> {
  const home = await bench.directory()
  const worker = await bench.party('the worker', init.under?.('worker'))
  const requester = await bench.party('the requester', init.under?.('requester'))
  const { address } = await openAgent(worker, { name: 'worker', home, peers: [], ...init.open })
  await openAgent(requester, { name: 'requester', home, peers: [address], ...init.open })
  await worker.call('serve', { agent: 'worker', skill: SKILL, slots: init.slots ?? 1_000, manner: 'echo' })
  await requester.call('sees', { agent: 'requester', skill: SKILL, count: 1 })
  // From here on the worker has settled for this requester, so its claims are awarded at once.
  const order = { agent: 'requester', skill: SKILL, count: 3, inFlight: 1, terms: TERMS, until: 'closed' } as const
  await hireAll(requester, order)
  return { requester, worker, home, address }
}

/** Has jobs done that must all settle: where something is divided by their number. */
export async function hireAll(party: Party, order: Order): Promise<readonly Done[]> {
  const done = await party.call('hire', order)
  const failed = done.flatMap((each) => each.failed ?? [])
  if (failed.length > 0)
    throw new Error(`${failed.length} of ${done.length} jobs failed: ${[...new Set(failed)].join(', ')}`)
  return done
}

export function openAgent(party: Party, init: OpenInit): Promise<Opened> {
  return party.call('open', init)
}

export async function closePair({ requester, worker }: Pair): Promise<void> {
  await requester.call('close', null)
  await worker.call('close', null)
  await requester.leave()
  await worker.leave()
}

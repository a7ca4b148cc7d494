import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { passing, until } from '../../process/support/limit.ts'
import { Namespace } from '../../process/support/namespace.ts'
import { Member } from './member.ts'

const MEMBER = fileURLToPath(new URL('crowd-member.mjs', import.meta.url))
const SKILL = 'wanted'
const START_MS = 240_000
/** Agents of one process: they share a runtime, and a crowd fits into a machine with two processors. */
const TOGETHER = 15
/** Adverts are said again a third of a minute later: everybody has heard of the worker then. */
const HEARD_MS = 30_000
/** All awards are made, and opened or left, long before the work is done. */
const SETTLED_MS = { lan: 30_000, wan: 60_000 }

export type CrowdProfile = keyof typeof SETTLED_MS

export interface CrowdInit {
  readonly requesters: number
  /** What each has the worker put at stake, in credits. */
  readonly stake: number
  /** Whose message times the offers reckon with. */
  readonly profile: CrowdProfile
  readonly progress: (text: string) => void
}

/** From its opening until it has ended, for ever where it had not when it was asked; by its requester's clock. */
export interface Bound {
  readonly from: number
  readonly until: number | null
}

/** What a crowd did: times in milliseconds since 1970. */
export interface CrowdSeen {
  readonly awarded: readonly number[]
  readonly accepted: readonly number[]
  /** Every contract that was opened. */
  readonly bound: readonly Bound[]
}

type Told =
  | { readonly kind: 'ready' | 'hired' }
  | { readonly kind: 'peers'; readonly peers: number }
  | ({ readonly kind: 'seen' } & CrowdSeen)
type Command =
  | { readonly kind: 'peers' | 'seen' }
  | { readonly kind: 'hire'; readonly stake: number; readonly profile: CrowdProfile }
type CrowdMember = Member<Told, Command>

/** Has many agents hire one worker at one moment, in a network of their own. */
export async function playCrowd(init: CrowdInit): Promise<CrowdSeen> {
  const namespace = await Namespace.open()
  const home = await mkdtemp(join(tmpdir(), 'haggle-crowd-'))
  const members: CrowdMember[] = []
  const start = async (first: number, count: number): Promise<void> => {
    const member: CrowdMember = new Member(namespace, home, MEMBER, [SKILL, `${first}`, `${count}`])
    members.push(member)
    await member.told('ready', START_MS)
  }
  try {
    await start(0, 1)
    for (let first = 1; first <= init.requesters; first += TOGETHER)
      await start(first, Math.min(TOGETHER, init.requesters + 1 - first))
    await until('every agent to have peers', () => haveMet(members), START_MS)
    const [, ...requesters] = members
    init.progress(`${init.requesters} requesters up`)
    await passing(HEARD_MS)
    const { stake, profile } = init
    await Promise.all(requesters.map((member) => member.ask({ kind: 'hire', stake, profile }, 'hired')))
    init.progress('all of them have hired')
    await passing(SETTLED_MS[profile])
    const seen = await Promise.all(requesters.map((member) => member.ask({ kind: 'seen' }, 'seen')))
    return {
      awarded: seen.flatMap(({ awarded }) => awarded),
      accepted: seen.flatMap(({ accepted }) => accepted),
      bound: seen.flatMap(({ bound }) => bound),
    }
  } finally {
    await Promise.all(members.map((member) => member.end()))
    await namespace.close()
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

async function haveMet(members: readonly CrowdMember[]): Promise<true | undefined> {
  const asked = await Promise.all(members.map((member) => member.ask({ kind: 'peers' }, 'peers')))
  return asked.every(({ peers }) => peers >= 3) ? true : undefined
}

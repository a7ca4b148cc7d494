import { graceMs, profiles, quorumsOf, type Panel, type Quorums, type SlotRules } from '@haggle/core'
import type { AgentKey, RecordId, Slot } from '@haggle/protocol'
import type { Random } from '../random.ts'

/** Rules that are broken on purpose, one at a time: the trials must find each of them out. */
export const slotVariants = ['echo-of-one', 'quorum-of-f-and-one', 'echo-without-bytes', 'vote-after-restart'] as const
export type Variant = (typeof slotVariants)[number]

/** What a corrupt member does. */
export const strategies = ['silent', 'absent', 'timely', 'both', 'clock', 'hollow-echo', 'late-release'] as const
export type Strategy = (typeof strategies)[number]

/** One size of panel, and which rule is broken there, if any. */
export interface Setting {
  readonly n: number
  readonly variant: Variant | null
}

const { epsilonMs, deltaMs, leaseMs } = profiles.test
/** How far each correct clock may be off, and how long a message may be under way. */
export const EPSILON = epsilonMs
export const DELTA = deltaMs
export const GRACE = graceMs(profiles.test)
export const ECHO_WAIT = GRACE
export const ACK = 2 * DELTA
export const ANSWER = 3 * DELTA
export const LATE = 2_500
/** The due of the delivery, on every correct clock. */
export const DUE = 1_000_000
const EXPOSURE = DUE + 1_000_000

// Any 32 bytes serve as a name where nothing is signed.
const nameOf = (kind: string, n: number): string => kind.repeat(60) + n.toString(16).padStart(4, '0')
export const keyOf = (n: number): AgentKey => nameOf('1', n) as AgentKey
/** The n-th record of its kind: `d` a delivery, `f` a made-up one, `a` an ask, `c` a challenge, `e` a sign of life. */
export const recordOf = (kind: 'd' | 'f' | 'a' | 'c' | 'e', n: number): RecordId => nameOf(kind, n) as RecordId
const contract = nameOf('b', 0) as RecordId
const accept = nameOf('b', 1) as RecordId

export const slots = {
  delivery: { entry: accept, duty: 'delivery', milestone: 0, k: 0 },
  lease: { entry: contract, duty: 'lease', milestone: 0, k: 1 },
} as const satisfies Readonly<Record<string, Slot>>
export type SlotName = keyof typeof slots

/** As many liars as the panel provides for; of three members one, which no certificate of theirs may be spoilt by. */
export function mostCorrupt(n: number): number {
  return n === 3 ? 1 : quorumsOf(n).f
}

export function quorumsIn({ n, variant }: Setting): Quorums {
  const quorums = quorumsOf(n)
  const few = quorums.f + 1
  return variant === 'quorum-of-f-and-one' ? { ...quorums, timely: few, late: few, absent: few } : quorums
}

export function panelIn(setting: Setting): Panel {
  return {
    ...{ contract, generation: 1, graceMs: GRACE, exposureUntil: EXPOSURE, quorums: quorumsIn(setting) },
    members: new Set(Array.from({ length: setting.n }, (_, at) => keyOf(at))),
  }
}

export function rulesIn(setting: Setting): Readonly<Record<SlotName, SlotRules>> {
  const echo = setting.variant === 'echo-of-one' ? 1 : quorumsIn(setting).echo
  const shared = { graceMs: GRACE, echoWaitMs: ECHO_WAIT, askWindowMs: 10 * leaseMs, answerMs: ANSWER, echo }
  return {
    delivery: { ...shared, duty: 'delivery', due: DUE, lateMs: LATE, exposureUntil: EXPOSURE },
    lease: { ...shared, duty: 'lease', due: DUE, lateMs: 0, exposureUntil: EXPOSURE },
  }
}

/** A correct clock: never further off than ε. */
export function correctClock(random: Random): number {
  return random.between(-EPSILON, EPSILON)
}

import {
  encodeCanonical,
  fromHex,
  sha256Of,
  toHex,
  type AgentKey,
  type Award,
  type HaggleRecord,
  type RecordId,
} from '@haggle/protocol'

/** How many equal votes certify what, on a panel of `n` of which at most `f` may be corrupt. */
export interface Quorums {
  readonly f: number
  /** TIMELY votes seen that let a witness vote TIMELY too. */
  readonly echo: number
  readonly timely: number
  readonly late: number
  readonly absent: number
}

/**
 * WIT-03: n = 3f + 1, quorum 2f + 1, echo f + 1. Below four no corrupt witness is provided for: of three, two certify that something
 * came and all three that nothing did; a single witness decides alone.
 */
export function quorumsOf(n: number): Quorums {
  const f = Math.floor((n - 1) / 3)
  if (n >= 4) return { f, echo: f + 1, timely: 2 * f + 1, late: 2 * f + 1, absent: 2 * f + 1 }
  const most = Math.min(n, 2)
  return { f: 0, echo: most, timely: most, late: most, absent: n }
}

/** The size of the panel for a set of so many agents, of which one will be the worker (WIT-02): 0 means that there is none. */
export function panelSizeFor(setSize: number): number {
  const others = setSize - 1
  const step = ladder.find(({ from }) => others >= from)
  return step?.size ?? 0
}

/** Whether a panel may have so many members (WIT-02): others would let two certificates contradict each other with fewer than f + 1 liars. */
export function isPanelSize(n: number): boolean {
  return ladder.some(({ size }) => size === n)
}

const ladder = [
  { from: 60, size: 10 },
  { from: 20, size: 7 },
  { from: 6, size: 4 },
  { from: 3, size: 3 },
  { from: 1, size: 1 },
] as const

/** What makes a draw that neither party can grind: the requester fixed its nonce before the bid, the worker its own after the offer. */
export interface Draw {
  readonly offer: RecordId
  readonly generation: number
  readonly revealed: Uint8Array
  readonly bidNonce: Uint8Array
}

/**
 * WIT-04: seed = SHA-256 of the canonical CBOR of ["haggle/panel", offer, generation, revealed nonce, bid nonce]; the panel is the `n`
 * members of the set with the lowest SHA-256(seed, key), in that order, the parties and the authors of the reserves passed over.
 * Shorter than `n` when the set has no more.
 */
export function drawPanel(
  set: readonly AgentKey[],
  excluded: ReadonlySet<AgentKey>,
  n: number,
  { offer, generation, revealed, bidNonce }: Draw,
): AgentKey[] {
  const seed = sha256Of(encodeCanonical(['haggle/panel', fromHex(offer), generation, revealed, bidNonce]))
  const drawn = set
    .filter((key) => !excluded.has(key))
    .map((key) => ({ key, lot: toHex(sha256Of(joined(seed, fromHex(key)))) }))
  drawn.sort((a, b) => (a.lot < b.lot ? -1 : 1))
  return drawn.slice(0, n).map(({ key }) => key)
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length)
  out.set(a)
  out.set(b, a.length)
  return out
}

/** Who cannot sit on the panel of an award: its parties, and whoever may get the task after them. */
export function passedOver(requester: AgentKey, worker: AgentKey, reserves: Award['reserves']): ReadonlySet<AgentKey> {
  const excluded = new Set([requester, worker])
  for (const reserve of reserves) if (reserve.worker !== null) excluded.add(reserve.worker)
  return excluded
}

/** WIT-01: why a witness set is not in order, or null: its keys ascend, and its author is none of them. */
export function setProblem({ author, body }: HaggleRecord<'witness-set'>): string | null {
  if (body.keys.includes(author)) return 'an agent is no witness to itself'
  const ascending = body.keys.every((key, index) => index === 0 || (body.keys[index - 1] ?? '') < key)
  return ascending ? null : 'the keys of a witness set ascend'
}

import {
  encodeCanonical,
  fromHex,
  sha256Of,
  toHex,
  type AgentKey,
  type HaggleRecord,
  type Slot,
} from '@haggle/protocol'
import { graceOf } from './windows.ts'

// What design 4 §3 says of votes, once more and on its own: a mistake in how the product counts is not repeated here.

type Vote = HaggleRecord<'vote'>
type Verdict = Vote['body']['verdict']
type Award = HaggleRecord<'award'>

/** Votes of a panel of so many that say the same thing for certain, and the liars that it bears. */
const quorums: Readonly<Record<number, { readonly came: number; readonly absent: number; readonly liars: number }>> = {
  1: { came: 1, absent: 1, liars: 0 },
  3: { came: 2, absent: 3, liars: 0 },
  4: { came: 3, absent: 3, liars: 1 },
  7: { came: 5, absent: 5, liars: 2 },
  10: { came: 7, absent: 7, liars: 3 },
}
const never = { came: Number.POSITIVE_INFINITY, absent: Number.POSITIVE_INFINITY, liars: 0 }

/** Members of the panel of an award that may lie without anybody being hurt. */
export function liarsBorne({ body }: Award): number {
  return (quorums[body.panel.length] ?? never).liars
}

/** Members that must say the same before a record is certified to have come. */
export function cameQuorum({ body }: Award): number {
  return (quorums[body.panel.length] ?? never).came
}

/** Members that must say the same before it is certified that nothing came. */
export function absentQuorum({ body }: Award): number {
  return (quorums[body.panel.length] ?? never).absent
}

/** Members whose word lets another one say that something came in time which it saw late: one of them is honest. */
export function echoQuorum(award: Award): number {
  return Math.min(Math.max(2, liarsBorne(award) + 1), award.body.panel.length)
}

export function sameSlot(a: Slot, b: Slot): boolean {
  return a.entry === b.entry && a.duty === b.duty && a.milestone === b.milestone && a.k === b.k
}

/** Whether enough members say the same of a slot: that one record came, or that nothing did by one due. */
export function isCertified(award: Award, votes: readonly Vote[], slot: Slot, verdict: Verdict): boolean {
  return certificatesOf(award, votes, verdict).some((each) => sameSlot(each.slot, slot))
}

/** Something that enough members say. */
export interface Certified {
  readonly slot: Slot
  /** Whatever record its votes name: one for TIMELY and LATE. */
  readonly names: Vote['body']['names']
  readonly votes: readonly Vote[]
}

/** Everything that the votes on one contract certify with one verdict. */
export function certificatesOf(award: Award, votes: readonly Vote[], verdict: Verdict): readonly Certified[] {
  const quorum = quorums[award.body.panel.length] ?? never
  const most = verdict === 'absent' ? quorum.absent : quorum.came
  const alike = new Map<string, Vote[]>()
  for (const vote of votes) {
    if (vote.body.verdict !== verdict || !counts(award, vote)) continue
    const { slot, names, due } = vote.body
    const word = [slot.entry, slot.duty, slot.milestone, slot.k, verdict === 'absent' ? due : names].join(' ')
    const same = alike.get(word) ?? []
    alike.set(word, same)
    if (!same.some(({ author }) => author === vote.author)) same.push(vote)
  }
  return [...alike.values()].flatMap((same) => {
    const [first] = same
    return first === undefined || same.length < most
      ? []
      : [{ slot: first.body.slot, names: first.body.names, votes: same }]
  })
}

function counts(award: Award, { author, body }: Vote): boolean {
  const { panel, exposureUntil, generation } = award.body
  if (body.contract !== award.id || body.generation !== generation) return false
  if (!panel.includes(author) || body.at > exposureUntil) return false
  return (
    body.verdict !== 'absent' || body.slot.duty === 'lease' || body.at >= body.due + graceOf(award.body.terms.timers)
  )
}

/** The name by which a reopening calls a slot. */
export function nameOfSlot(award: Award, { entry, duty, milestone, k }: Slot): string {
  return toHex(sha256Of(encodeCanonical(['haggle/slot', fromHex(award.id), fromHex(entry), duty, milestone, k])))
}

/** The panel that a requester and a worker draw together: each has fixed its nonce before it could know the other's. */
export function drawnPanel(
  award: Award,
  set: HaggleRecord<'witness-set'>,
  bid: HaggleRecord<'bid'>,
): readonly AgentKey[] {
  const { task, generation, nonceReveal, worker, reserves, terms } = award.body
  const seed = sha256Of(encodeCanonical(['haggle/panel', fromHex(task), generation, nonceReveal, bid.body.nonce]))
  const out = new Set([award.author, worker, ...reserves.map((reserve) => reserve.worker)])
  const lots = set.body.keys
    .filter((key) => !out.has(key))
    .map((key) => ({ key, lot: toHex(sha256Of(Uint8Array.from([...seed, ...fromHex(key)]))) }))
  return lots
    .toSorted((a, b) => (a.lot < b.lot ? -1 : 1))
    .slice(0, terms.panelSize)
    .map(({ key }) => key)
}

import type { AgentKey, DurationMs, HaggleRecord, RecordId, Slot, Timestamp } from '@haggle/protocol'
import { graceMs } from '../contract/windows.ts'
import { quorumsOf, type Quorums } from './panel.ts'
import { slotIdOf, voteKeyOf, type SlotId } from './slot.ts'

/** The panel of one contract as its award names it: whose votes count, how many make a certificate, and until when. */
export interface Panel {
  readonly contract: RecordId
  readonly generation: number
  readonly members: ReadonlySet<AgentKey>
  readonly quorums: Quorums
  readonly graceMs: number
  readonly exposureUntil: Timestamp
}

/** Equal votes of a quorum. */
export interface Certificate {
  readonly verdict: 'timely' | 'late' | 'absent'
  /** The record that met the duty; null for ABSENT, whose votes may name different asks. */
  readonly names: RecordId | null
  /** The due that an ABSENT judged; null for the others, which say only when something came. */
  readonly due: Timestamp | null
  /** The lower median of its votes' times. */
  readonly at: Timestamp
  /** Its votes, ascending. */
  readonly votes: readonly RecordId[]
}

/** Every certificate that the votes on one slot make, each list by time. */
export interface SlotCertificates {
  readonly slot: Slot
  readonly timely: readonly Certificate[]
  readonly late: readonly Certificate[]
  readonly absent: readonly Certificate[]
}

/** What a panel decided about one duty. LATE is both: it was missed, and met within the late window. */
export type SlotVerdict =
  | { readonly kind: 'timely'; readonly timely: Certificate }
  | { readonly kind: 'late'; readonly late: Certificate; readonly absent: Certificate }
  | { readonly kind: 'absent'; readonly absent: Certificate }
  | { readonly kind: 'undecided' }

/** WIT-07: the panel of an award; null where it names none, or other than the terms say: too few or too many, one twice, a party. */
export function panelOf({ id, author, body }: HaggleRecord<'award'>): Panel | null {
  const { panelSize, timers } = body.terms
  const members = new Set(body.panel)
  if (panelSize === 0 || body.panel.length !== panelSize || members.size !== panelSize) return null
  if (members.has(author) || members.has(body.worker)) return null
  return {
    contract: id,
    generation: body.generation,
    members,
    quorums: quorumsOf(panelSize),
    graceMs: graceMs(timers),
    exposureUntil: body.exposureUntil,
  }
}

/** What is counted of a vote: a record has all of it. */
export type CountedVote = Pick<HaggleRecord<'vote'>, 'id' | 'author' | 'body'>

/**
 * WIT-08: a vote counts that a member of the panel signed for this contract and generation, not dated after `exposureUntil`, on a
 * slot that exists, and that does not contradict itself: an ABSENT on any duty but a lease is never dated before its due + G, and
 * nothing is LATE for an opening or a lease.
 */
export function countsFor(panel: Panel, { author, body }: CountedVote): boolean {
  const { contract, generation } = body
  if (contract !== panel.contract || generation !== panel.generation || !panel.members.has(author)) return false
  return body.at <= panel.exposureUntil && isConsistent(body, panel.graceMs)
}

function isConsistent(body: CountedVote['body'], grace: DurationMs): boolean {
  const { contract, slot, verdict } = body
  const isLease = slot.duty === 'lease'
  if (isLease ? slot.k === 0 || slot.entry !== contract : slot.k !== 0) return false
  switch (verdict) {
    case 'timely':
      return true
    case 'late':
      return !isLease && slot.duty !== 'opening'
    case 'absent':
      // Of a lease each witness measures its wait on a monotonic clock of its own, which the dates do not show.
      return isLease || body.at >= body.due + grace
  }
}

/** VER-16: whether a vote on this contract is one that no honest agent signs, as the vote and the award show without anything else. */
export function contradictsItself(award: HaggleRecord<'award'>, { author, body }: CountedVote): boolean {
  if (body.contract !== award.id) return false
  return !award.body.panel.includes(author) || !isConsistent(body, graceMs(award.body.terms.timers))
}

/**
 * WIT-09: the certificates that a set of votes makes, by slot. Votes are equal when they name one record (TIMELY, LATE) or one due
 * (ABSENT, whatever ask they name). One author counts once in each. A pure function of the set: the order of the votes, and votes
 * that count for nothing, change nothing.
 */
export function certificatesOf(panel: Panel, votes: Iterable<CountedVote>): ReadonlyMap<SlotId, SlotCertificates> {
  const slots = new Map<string, { readonly slot: Slot; readonly ballots: Map<string, CountedVote[]> }>()
  for (const vote of new Map([...votes].map((each) => [each.id, each])).values()) {
    if (!countsFor(panel, vote)) continue
    const { slot, verdict, names, due } = vote.body
    const name = `${slot.entry}/${slot.duty}/${slot.milestone}/${slot.k}`
    const known = slots.get(name) ?? { slot, ballots: new Map<string, CountedVote[]>() }
    slots.set(name, known)
    const ballot = `${verdict}/${verdict === 'absent' ? due : names}`
    const equal = known.ballots.get(ballot)
    if (equal === undefined) known.ballots.set(ballot, [vote])
    else equal.push(vote)
  }
  return new Map(
    [...slots.values()].map(({ slot, ballots }) => [
      slotIdOf(panel.contract, slot),
      certificatesIn(panel.quorums, slot, ballots),
    ]),
  )
}

function certificatesIn(
  quorums: Quorums,
  slot: Slot,
  ballots: ReadonlyMap<string, readonly CountedVote[]>,
): SlotCertificates {
  const found: Record<Certificate['verdict'], Certificate[]> = { timely: [], late: [], absent: [] }
  for (const equal of ballots.values()) {
    const certificate = certificateOf(quorums, equal)
    if (certificate !== null) found[certificate.verdict].push(certificate)
  }
  for (const list of Object.values(found)) list.sort(earlier)
  return { slot, ...found }
}

/**
 * WIT-10: of all subsets of equal votes that make a quorum the one with the earliest time counts, and with it the smallest slash.
 * So one more vote can bring a certificate, or an earlier time, and never take one away.
 */
function certificateOf(quorums: Quorums, equal: readonly CountedVote[]): Certificate | null {
  const byAuthor = new Map<AgentKey, CountedVote>()
  for (const vote of equal) {
    const known = byAuthor.get(vote.author)
    if (known === undefined || isEarlier(vote, known)) byAuthor.set(vote.author, vote)
  }
  const sorted = [...byAuthor.values()].toSorted((a, b) => (isEarlier(a, b) ? -1 : 1))
  const [first] = sorted
  if (first === undefined) return null
  const { verdict, names, due } = first.body
  const quorum = quorums[verdict]
  const counted = sorted.slice(0, quorum)
  const middle = counted[(quorum - 1) >> 1]
  if (counted.length < quorum || middle === undefined) return null
  return {
    verdict,
    names: verdict === 'absent' ? null : names,
    due: verdict === 'absent' ? due : null,
    at: middle.body.at,
    votes: counted.map(({ id }) => id).toSorted(),
  }
}

function isEarlier(a: CountedVote, b: CountedVote): boolean {
  return a.body.at < b.body.at || (a.body.at === b.body.at && a.id < b.id)
}

function earlier(a: Certificate, b: Certificate): number {
  return a.at - b.at || ((a.names ?? '') < (b.names ?? '') ? -1 : 1)
}

/**
 * WIT-11: what a slot comes to, for a duty with this due. TIMELY stands above all; an ABSENT that judged an earlier due says nothing
 * about a later one; ABSENT with LATE is LATE; everything else is undecided and costs nobody anything. `isMet`: only records
 * that the caller takes for a discharge of the duty clear it.
 */
export function verdictOf(
  { timely, late, absent }: SlotCertificates,
  due: Timestamp,
  isMet: (record: RecordId) => boolean = () => true,
): SlotVerdict {
  const met = timely.find(({ names }) => names !== null && isMet(names))
  if (met !== undefined) return { kind: 'timely', timely: met }
  const missed = absent.find((certificate) => certificate.due !== null && certificate.due >= due)
  if (missed === undefined) return { kind: 'undecided' }
  const came = late.find(({ names }) => names !== null && isMet(names))
  return came === undefined ? { kind: 'absent', absent: missed } : { kind: 'late', late: came, absent: missed }
}

/** WIT-12: two votes by one author in one slot: a proof that needs nothing else. For each author and slot the two lowest ids. */
export function doubleVotes<V extends CountedVote>(votes: Iterable<V>): (readonly [V, V])[] {
  const byKey = new Map<string, V[]>()
  for (const vote of votes) {
    const key = `${vote.author}/${voteKeyOf(vote)}`
    const same = byKey.get(key)
    if (same === undefined) byKey.set(key, [vote])
    else if (!same.some(({ id }) => id === vote.id)) same.push(vote)
  }
  const pairs: (readonly [V, V])[] = []
  for (const same of byKey.values()) {
    const [a, b] = same.toSorted((x, y) => (x.id < y.id ? -1 : 1))
    if (a !== undefined && b !== undefined) pairs.push([a, b])
  }
  return pairs
}

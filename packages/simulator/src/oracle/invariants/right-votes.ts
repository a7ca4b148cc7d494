import { limits, type HaggleRecord, type RecordId, type Slot } from '@haggle/protocol'
import type { Ledger, Logged, Say } from '../ledger.ts'
import { sayer } from '../ledger.ts'
import type { Invariant } from '../observer.ts'
import { echoQuorum } from '../panel.ts'
import { firstDue, graceOf } from '../windows.ts'
import { bytesOf, WitnessSight } from '../witness-sight.ts'

type Vote = HaggleRecord<'vote'>

/** What comes waits for its turn, and what is decided for the disk. */
const TURN_MS = 60

/** S11: a correct witness says of a duty what it saw: who answered in time is not called absent, and nothing is timely that did not come. */
export function rightVotes(ledger: Ledger): Invariant {
  const sight = new WitnessSight()
  return {
    id: 'S11',
    begin: (_cast, report) => {
      const say = sayer(report)
      ledger.watch((logged) => check(ledger, sight, logged, say))
    },
    started: (who, now) => {
      sight.started(who, now)
      // What it was shown before it died, and kept as evidence, it knows.
      const rows = ledger.bookOf(who.disk)?.rows ?? []
      sight.shown(
        rows.flatMap((row) => (row.kind === 'evidence' ? [row.record] : [])),
        ledger,
        who,
        now,
      )
    },
    held: (who, now, hash) => sight.held(who, now, hash),
    received: ({ records }, to, now) => {
      if (ledger.members.get(to.agent)?.correct === true) sight.shown(records, ledger, to, now)
    },
    heard: (to, _from, { record }, now) => {
      if (record !== undefined && ledger.members.get(to.agent)?.correct === true) sight.shown([record], ledger, to, now)
    },
  }
}

function check(ledger: Ledger, sight: WitnessSight, logged: Logged, say: Say): void {
  const { who, now, row, fresh } = logged
  if (row.kind !== 'record' || row.record.type !== 'vote' || !fresh) return
  const member = ledger.members.get(who.agent)
  const award = ledger.awards.get(row.record.body.contract)
  if (award === undefined || member?.clockHolds !== true || member.forgets) return
  // What is dated ahead waits for its time, and with it whatever follows it.
  if ([award.author, award.body.worker].some((key) => ledger.memberOf.get(key)?.clockHolds !== true)) return
  // What a cheat shows may follow from nothing that was shown before it.
  const { slot, verdict } = row.record.body
  if (verdict === 'absent' && ledger.memberOf.get(accused(award, slot))?.correct !== true && slot.duty !== 'lease')
    return
  const problem = problemOf(award, row.record, logged, sight)
  if (problem !== null)
    say(`agent ${who.agent} votes ${row.record.body.verdict}: ${problem}`, [award, row.record], now.at)
}

function problemOf(award: HaggleRecord<'award'>, vote: Vote, logged: Logged, sight: WitnessSight): string | null {
  const { slot, due, verdict } = vote.body
  if (slot.duty === 'delivery' && slot.milestone === 0 && due !== firstDue(award))
    return 'by a due that is not that of the terms'
  if (verdict === 'absent')
    return slot.duty === 'lease' ? aliveProblem(vote, logged, sight) : absentProblem(award, vote, logged, sight)
  if (verdict === 'timely')
    return slot.duty === 'lease' ? leaseProblem(vote, logged, sight) : timelyProblem(award, vote, logged, sight)
  return sight.firstOf(logged.who, vote.body.names) === undefined ? 'it was never shown what it names' : null
}

function absentProblem(
  award: HaggleRecord<'award'>,
  { body }: Vote,
  { who, now }: Logged,
  sight: WitnessSight,
): string | null {
  const grace = graceOf(award.body.terms.timers)
  const life = sight.lifeOf(who)
  if (life === undefined || life.since > body.due - grace + 1) return 'it did not run all the while'
  for (const { record, wall } of sight.wholeAnswers(who, body.slot)) {
    if (wall > now.wall - TURN_MS || wall < life.since + TURN_MS) continue
    if (record.author !== accused(award, body.slot)) continue
    if (wall <= body.due + grace) return 'it held the answer in time'
    const said = life.acknowledged.get(record.id)
    if (said !== undefined && said <= now.wall - TURN_MS) return 'it was shown that the asker holds the answer'
  }
  return null
}

function timelyProblem(
  award: HaggleRecord<'award'>,
  { body }: Vote,
  logged: Logged,
  sight: WitnessSight,
): string | null {
  const { who } = logged
  const first = sight.firstOf(who, body.names)
  if (first === undefined) return 'it was never shown what it names'
  const life = sight.lifeOf(who)
  if (life?.acknowledged.has(body.names) === true) return null
  const isRevived = [...(life?.came.values() ?? [])].some(({ record }) => isRevival(record, body.contract))
  if (!isRevived && isBarred(logged, body.slot)) return 'it has called the worker gone'
  const came = life?.came.get(body.names)?.record
  // Whether a large result came is not seen here before it is whole.
  const bytes = came === undefined ? null : bytesOf(came, (id) => life?.came.get(id)?.record)
  const isLarge = came?.type === 'deliver' && came.body.size > limits.inlineBytes
  if (bytes !== null && !isLarge && sight.heldSince(who, bytes) === undefined) return 'it does not hold the bytes'
  if (first <= body.due + graceOf(award.body.terms.timers) + 1) return null
  const others = life?.timely.get(body.names)?.size ?? 0
  return others >= echoQuorum(award) ? null : `it came too late, and only ${others} others say that it came in time`
}

function leaseProblem({ body }: Vote, { who, book }: Logged, sight: WitnessSight): string | null {
  // After a restart its own word for the delivery stands for what it was shown.
  const before = book.records.has(body.names) || [...book.records.values()].some((each) => isTimelyOf(each, body.names))
  return sight.firstOf(who, body.names) === undefined && !before ? 'it was shown no sign of life' : null
}

function isTimelyOf(record: HaggleRecord, names: RecordId): boolean {
  return record.type === 'vote' && record.body.verdict === 'timely' && record.body.names === names
}

/** LEASE-13: an answer to the very challenge came, or the milestone was delivered. */
function aliveProblem({ body }: Vote, { who, now }: Logged, sight: WitnessSight): string | null {
  const life = sight.lifeOf(who)
  if (life === undefined) return null
  for (const { record, wall } of life.came.values()) {
    if (wall > now.wall - TURN_MS || wall < life.since + TURN_MS) continue
    if (record.type === 'alive' && record.body.challenge === body.names) return 'the worker had answered the challenge'
    const isAnswer = record.type === 'failed' || record.type === 'withdraw'
    const isOfSlot = isAnswer && record.body.contract === body.contract && record.body.milestone === body.slot.milestone
    // What a cheat shows may go on from an entry that it shows to nobody.
    if (isOfSlot && sight.hasLineOf(who, record)) return 'the worker had answered for the milestone'
  }
  return null
}

/** The requester takes back that the worker is gone. */
function isRevival({ type, body }: HaggleRecord, contract: RecordId): boolean {
  return type === 'revived' && 'contract' in body && body.contract === contract
}

/** WIT-21: it called the worker gone under a challenge of this milestone, and nothing has lifted that. */
function isBarred({ book }: Logged, { duty, milestone, entry }: Slot): boolean {
  if (duty !== 'delivery') return false
  const votes = [...book.records.values()].filter((each) => each.type === 'vote')
  const contract = votes.find(({ body }) => body.slot.entry === entry)?.body.contract
  return votes.some(({ body }) => {
    const { slot, verdict } = body
    return slot.duty === 'lease' && verdict === 'absent' && slot.milestone === milestone && body.contract === contract
  })
}

function accused(award: HaggleRecord<'award'>, { duty }: Slot): string {
  return duty === 'opening' || duty === 'review' ? award.author : award.body.worker
}

import { bounds, type AgentKey, type HaggleRecord, type PayloadHash, type RecordId } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import { epochOf } from '../bookkeeping.ts'
import type { CheckWord } from '../contract/ends.ts'
import { addRecord, isNote } from '../contract/machine.ts'
import { isAcknowledged } from '../contract/missed.ts'
import { sealOf, unsealedDelivery } from '../contract/seal.ts'
import { sameSlot } from '../contract/slots.ts'
import { exposureUntil } from '../contract/timing.ts'
import type { Turn } from '../turn.ts'
import { noteVote, payloadOfVote } from './cast.ts'
import { panelOf } from './certificate.ts'
import { bytesOf, SEALED_SURPLUS } from './held-bytes.ts'
import { isWatched, ownVotes } from './kept-votes.ts'
import { arm } from './look.ts'
import { noteBytes, noteEcho, takeAsk, takeChallenge } from './slot-vote.ts'
import {
  canChallenge,
  isParty,
  leaseSlotOf,
  newWatch,
  noteInSlots,
  rulesOf,
  slotOf,
  slotOfRecord,
  type ParkedRecord,
  type Watch,
} from './watch.ts'

/** WIT-13: what comes within this span is decided about together. */
const GATHER_MS = 5

/** The award of a contract of others: from here on we watch it. */
export function watchAward(turn: Turn, award: HaggleRecord<'award'>): Answer {
  const { state, now } = turn
  const panel = panelOf(award)
  if (panel === null || !isWatched(state, award)) return refuse('record/not-for-us', 'we are not on its panel')
  if (state.watches.has(award.id)) return refuse('award/known', 'held already')
  if (state.witnessing === null) return refuse('witness/off', 'this agent does not witness')
  if (now.wall > award.body.exposureUntil || award.body.exposureUntil !== exposureUntil(award.body.terms))
    return refuse('award/late', 'nothing of this contract can be voted on any more')
  if (!makeRoom(turn, award)) return refuse('witness/quota', 'as many contracts are watched as there is room for')
  const watch = newWatch(award, panel)
  for (const vote of ownVotes(state, award.id)) {
    const { memory } = slotOf(watch, vote.body.slot)
    if (vote.body.verdict === 'late') memory.late = true
    else memory.main = vote.body.verdict
    // What it names comes again with the file.
    watch.parked = [...watch.parked, { record: vote, from: state.self, at: now.wall, mono: now.mono }]
  }
  state.watches.set(award.id, watch)
  recallEvidence(turn, watch)
  return okay(award.id)
}

/**
 * WIT-13, WIT-28: what came as evidence while we did not watch is part of the file: who has closed the contract or answered for it, and votes
 * of ours that the log lacks. When it came nobody remembers.
 */
function recallEvidence(turn: Turn, watch: Watch): void {
  const { state, now } = turn
  for (const record of state.ledger.set.dossier(watch.panel.contract)) {
    if (record.type === 'award') continue
    if (record.type === 'closing') hearClosing(turn, watch, record)
    else take(turn, watch, { record, from: state.self, at: now.wall, mono: now.mono })
  }
  unpark(turn, watch)
}

/** WIT-26: each requester has its share; when it, or all, is taken the oldest contract goes in which nothing is under way. */
function makeRoom({ state }: Turn, award: HaggleRecord<'award'>): boolean {
  const all = [...state.watches.values()]
  const theirs = all.filter(({ contract }) => contract.requester === award.author)
  const full = theirs.length >= bounds.watchesPerAuthor ? theirs : all.length >= bounds.watches ? all : null
  if (full === null) return true
  const idle = full.find(({ wakeAt, bytes }) => wakeAt === null && bytes.size === 0)
  if (idle !== undefined) state.watches.delete(idle.panel.contract)
  return idle !== undefined
}

/** A closing proves nothing to a panel, but tells who waits for nothing any more. */
function hearClosing(turn: Turn, watch: Watch, closing: HaggleRecord<'closing'>): Answer {
  if (isParty(watch, closing.author) && !watch.closed.has(closing.author)) {
    watch.closed.add(closing.author)
    lookSoon(turn, watch)
    arm(turn, watch)
  }
  return refuse('record/not-for-us', 'a closing is for the other party')
}

/** An entry, a note or a vote of a contract that we watch. */
export function receiveForWatch(turn: Turn, from: AgentKey, watch: Watch, record: HaggleRecord): Answer {
  if (record.type === 'closing') return hearClosing(turn, watch, record)
  if (watch.file.has(record.id)) return knownAlready(turn, from, watch, record)
  const { wall: at, mono } = turn.now
  const answer = take(turn, watch, { record, from, at, mono })
  if (answer.ok) unpark(turn, watch)
  arm(turn, watch)
  return answer
}

function knownAlready(turn: Turn, from: AgentKey, watch: Watch, record: HaggleRecord): Answer {
  fetchBytes(turn, from, watch, record)
  if (from === record.author && isParty(watch, from)) {
    // A copy that a member passed on before is now brought by its party.
    noteInSlots(watch, record, { from, at: turn.now.wall, mono: turn.now.mono })
    watch.insisted.add(record.id)
    lookSoon(turn, watch)
    if (record.type === 'ask' || record.type === 'challenge') hearCall(turn, watch, from, record)
    else answerAgain(turn, from, watch, record)
  }
  arm(turn, watch)
  return refuse(isNote(record) ? 'note/known' : 'entry/known', 'held already')
}

/** WIT-23: who shows something again is answered with the vote that we signed on it. */
function answerAgain(turn: Turn, from: AgentKey, watch: Watch, record: HaggleRecord): void {
  const slot = record.type === 'ask' ? record.body.slot : slotOfRecord(watch.contract, record)
  const asked = record.type === 'challenge' ? leaseSlotOf(record) : slot
  const entry = watch.contract.nodes.get(record.id)?.entry
  if (asked === null || (entry !== undefined && isAcknowledged(watch.contract, entry))) return
  for (const vote of ownVotes(turn.state, watch.panel.contract)) {
    if (!sameSlot(vote.body.slot, asked)) continue
    const named = watch.file.get(vote.body.names)
    const isTheirs = named === undefined || named.author === from
    turn.send(from, isTheirs ? [vote] : [named, vote], isTheirs ? null : payloadOfVote(watch, vote))
  }
}

function take(turn: Turn, watch: Watch, came: ParkedRecord): Answer {
  const { record, from } = came
  if (watch.fileBytes + record.wireLength > bounds.watchFileBytes)
    return refuse('witness/quota', 'the file of this contract is longer than a witness keeps')
  if (record.type === 'vote' && record.author === turn.state.self) return takeOwnVote(turn, watch, record, came)
  const step = addRecord(watch.contract, record)
  switch (step?.kind) {
    case undefined:
      return refuse('record/unsupported', `${record.type} belongs to a later version`)
    case 'known':
      return refuse('entry/known', 'held already')
    case 'parked':
      return park(turn, watch, came)
    case 'refused':
      return refuse(step.refusal, step.note)
    case 'violation':
      turn.report(from, step.violation, record.id)
      return refuse('contract/state', step.violation.note)
    case 'added':
      if (isVoidAsk(watch, record)) return refuse('ask/early', 'it is dated before the panel could have been asked')
      watch.contract = step.contract
      watch.file.set(record.id, record)
      watch.fileBytes += record.wireLength
      follow(turn, watch, came)
      return okay(record.id)
  }
}

/** WIT-16: an ask that is dated before its time is void, and stays so. */
function isVoidAsk(watch: Watch, record: HaggleRecord): boolean {
  if (record.type !== 'ask') return false
  const rules = rulesOf(watch, record.body.slot)
  return rules === null || record.body.at < rules.due + rules.graceMs + rules.echoWaitMs
}

/** What follows from a record that is part of the file now. */
function follow(turn: Turn, watch: Watch, came: ParkedRecord): void {
  const { record, from } = came
  noteInSlots(watch, record, came)
  fetchBytes(turn, from, watch, record)
  switch (record.type) {
    case 'ask':
    case 'challenge':
      hearCall(turn, watch, from, record)
      break
    case 'vote':
      if (record.body.verdict === 'timely')
        noteEcho(slotOf(watch, record.body.slot).memory, record.author, record.body.names)
      break
    case 'held':
      for (const { entry } of watch.contract.nodes.values()) fetchBytes(turn, from, watch, entry)
      break
    default:
  }
  lookSoon(turn, watch)
}

/** An ask or a challenge calls us when its author shows it, and has not closed the contract: everywhere else it is a part of the file. */
function hearCall(turn: Turn, watch: Watch, from: AgentKey, record: HaggleRecord<'ask' | 'challenge'>): void {
  if (from !== record.author || watch.closed.has(from)) return
  if (record.type === 'challenge' && !canChallenge(watch, record, turn.now.wall)) return
  const { slot, memory } = slotOf(watch, record.type === 'ask' ? record.body.slot : leaseSlotOf(record))
  const rules = rulesOf(watch, slot)
  if (rules === null) return
  const answer =
    record.type === 'ask'
      ? takeAsk(memory, rules, { id: record.id, at: record.body.at }, turn.now)
      : takeChallenge(memory, rules, record.id, turn.now)
  // WIT-16, WIT-20: it goes on to the accused at once, with the file.
  const accused = from === watch.contract.requester ? watch.contract.worker : watch.contract.requester
  if (answer === 'taken')
    turn.send(
      accused,
      [...watch.file.values()].filter(({ type }) => type !== 'vote'),
    )
  if (answer === 'voted') answerAgain(turn, from, watch, record)
}

/** WIT-28: our own vote, shown by somebody who has kept it: we may have lost it. */
function takeOwnVote(turn: Turn, watch: Watch, vote: HaggleRecord<'vote'>, came: ParkedRecord): Answer {
  const { award } = watch.contract
  if (vote.body.contract !== award.id) return refuse('contract/unknown', 'the vote is on another contract')
  const { memory } = slotOf(watch, vote.body.slot)
  if (!ownVotes(turn.state, award.id).some(({ id }) => id === vote.id)) {
    if (!turn.state.kept.has(award.id)) turn.keep(award)
    turn.keep(vote)
    if (vote.body.verdict === 'late') memory.late = true
    else memory.main ??= vote.body.verdict
  }
  noteVote(watch, vote)
  return watch.file.has(vote.id) ? okay(vote.id) : park(turn, watch, came)
}

/** CON-05: what waits for an earlier record keeps the moment of its coming, and its bytes come meanwhile. */
function park(turn: Turn, watch: Watch, came: ParkedRecord): Answer {
  fetchBytes(turn, came.from, watch, came.record)
  if (!watch.parked.some(({ record }) => record.id === came.record.id))
    watch.parked = [...watch.parked, came].slice(-bounds.parkedEntries)
  return refuse('entry/parked', 'an earlier record is missing')
}

function unpark(turn: Turn, watch: Watch): void {
  const waiting = watch.parked
  if (waiting.length === 0) return
  watch.parked = []
  let moved = false
  for (const came of waiting) {
    if (watch.file.has(came.record.id)) continue
    if (take(turn, watch, came).ok) moved = true
  }
  if (moved) unpark(turn, watch)
}

/**
 * WIT-25: asks whoever brought a delivery for its bytes, as far as there is room for them: every party and member that brings it, so
 * that nobody who brings it first can keep its bytes from us.
 */
function fetchBytes(turn: Turn, from: AgentKey, watch: Watch, record: HaggleRecord): void {
  const needed = bytesOf(watch.contract, record)
  if (needed === null || needed.hash === null || from === turn.state.self) return
  if (!isParty(watch, from) && !watch.panel.members.has(from)) return
  const { hash, size } = needed
  const known = watch.bytes.get(hash)
  if (known === undefined && !hasRoom(turn, watch, size)) return
  const bytes = known ?? { size, asked: new Set(), heldAt: null }
  if (known === undefined) countFetched(turn, size)
  watch.bytes.set(hash, bytes)
  if (bytes.heldAt !== null) noteHeld(turn, watch, hash)
  if (bytes.heldAt !== null || bytes.asked.has(from)) return
  bytes.asked.add(from)
  turn.fetch(hash, size, from)
}

/** What was fetched for others in this epoch, `more` included. */
function fetchedWith({ state, now }: Turn, more: number): number {
  const { epoch, bytes } = state.fetched
  return epoch === epochOf(now.wall) ? bytes + more : more
}

function countFetched(turn: Turn, size: number): void {
  turn.state.fetched = { epoch: epochOf(turn.now.wall), bytes: fetchedWith(turn, size) }
}

/**
 * WIT-26: no more bytes than our advert says, at one time and in one epoch, since a disk forgets more slowly than we do; and no requester
 * more than a quarter of them, or one result.
 */
function hasRoom(turn: Turn, { contract }: Watch, size: number): boolean {
  const { state } = turn
  const most = state.witnessing?.maxBytes ?? 0
  if (fetchedWith(turn, size) > most) return false
  let [all, ofAuthor] = [size, size]
  for (const watch of state.watches.values()) {
    for (const each of watch.bytes.values()) {
      all += each.size
      if (watch.contract.requester === contract.requester) ofAuthor += each.size
    }
  }
  return all <= most && ofAuthor <= Math.max(most / 4, bounds.panelBytes + SEALED_SURPLUS)
}

/** The answer to a `fetch`, for every contract that waits for these bytes. */
export function watchedPayload(turn: Turn, hash: PayloadHash, held: boolean): void {
  for (const watch of turn.state.watches.values()) {
    const known = watch.bytes.get(hash)
    if (known === undefined || known.heldAt !== null) continue
    // Somebody else who shows the record may have them.
    if (held) known.heldAt = turn.now.mono
    else watch.bytes.delete(hash)
    if (held) noteHeld(turn, watch, hash)
    arm(turn, watch)
  }
}

function noteHeld(turn: Turn, watch: Watch, hash: PayloadHash): void {
  const heldAt = watch.bytes.get(hash)?.heldAt ?? null
  if (heldAt === null) return
  for (const { memory } of watch.slots.values()) {
    for (const id of memory.arrivals.keys()) {
      const record = watch.file.get(id)
      if (record === undefined || bytesOf(watch.contract, record)?.hash !== hash) continue
      if (record.type === 'unseal') tryKey(turn, watch, record)
      else noteBytes(memory, id, heldAt)
    }
  }
  lookSoon(turn, watch)
}

/** WIT-40: a key is there when it opens what it is said to open, so a member tries it before it says anything. */
function tryKey(turn: Turn, watch: Watch, unseal: HaggleRecord<'unseal'>): void {
  const delivery = unsealedDelivery(watch.contract, unseal)
  const seal = delivery === null ? null : sealOf(delivery)
  if (delivery === null || seal === null || watch.tried.has(unseal.id)) return
  watch.tried.add(unseal.id)
  const { resultHash, size } = delivery.body
  turn.openSeal({
    ...{ contract: watch.panel.contract, record: unseal.id, sealedHash: seal.sealedHash, resultHash, size },
    ...{ to: watch.contract.requester, key: unseal.body.key },
  })
}

/** The answer to a key that was tried: the right one is an answer to the rejection, any other is none. */
export function watchedSealOpened(turn: Turn, watch: Watch, unseal: RecordId, word: CheckWord): void {
  // What could not be read may be read when it is shown again.
  if (word === 'unknown') watch.tried.delete(unseal)
  if (word !== 'pass') return
  for (const { memory } of watch.slots.values()) noteBytes(memory, unseal, turn.now.mono)
  lookSoon(turn, watch)
  arm(turn, watch)
}

function lookSoon({ now }: Turn, watch: Watch): void {
  watch.lookAt ??= now.mono + GATHER_MS
}

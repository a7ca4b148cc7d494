import type { AgentKey, HaggleRecord, Instant, PayloadHash, RecordId, Slot, Timestamp } from '@haggle/protocol'
import { openContract, type Contract } from '../contract/contract.ts'
import { isEntry } from '../contract/machine.ts'
import { slotAfter, slotMetBy } from '../contract/slots.ts'
import {
  ackMs,
  answerMs,
  askWindowMs,
  dueOfSlot,
  echoWaitMs,
  graceMs,
  lateWindowMs,
  transferMs,
} from '../contract/timing.ts'
import type { Panel } from './certificate.ts'
import { bytesOf } from './held-bytes.ts'
import { newSlot, noteAcknowledged, noteArrival, type SlotMemory, type SlotRules } from './slot-vote.ts'
import { slotIdOf, type SlotId } from './slot.ts'

/** A slot of a watched contract, and what this witness saw of it. */
export interface WatchedSlot {
  readonly slot: Slot
  readonly memory: SlotMemory
}

/** A record that came before the one that it names. */
export interface ParkedRecord {
  readonly record: HaggleRecord
  readonly from: AgentKey
  readonly at: Timestamp
  readonly mono: Instant
}

/** A vote that goes to the other party once more unless that party shows what it has. */
export interface Repeat {
  readonly at: Instant
  readonly to: AgentKey
  readonly vote: HaggleRecord<'vote'>
}

/** A payload of a watched contract: whom we asked for it, and since when it is here. */
export interface WatchedBytes {
  readonly size: number
  readonly asked: Set<AgentKey>
  heldAt: Instant | null
}

/** A contract of others on whose panel we sit. All of it is soft but our own votes: whoever wants more of us shows it again. */
export interface Watch {
  contract: Contract
  readonly panel: Panel
  /** What was shown of the contract, the award first, in the order in which it came. */
  readonly file: Map<RecordId, HaggleRecord>
  fileBytes: number
  readonly slots: Map<SlotId, WatchedSlot>
  parked: readonly ParkedRecord[]
  /** Records that their author showed more than once: it waits for a word about them. */
  readonly insisted: Set<RecordId>
  /** Parties whose closing was shown: they wait for nothing any more. */
  readonly closed: Set<AgentKey>
  /** Payloads that were asked for. */
  readonly bytes: Map<PayloadHash, WatchedBytes>
  /** Keys of seals that were tried. */
  readonly tried: Set<RecordId>
  repeats: readonly Repeat[]
  /** What came is decided about together: the last record of a frame can make the others needless. */
  lookAt: Instant | null
  /** The next moment at which anything of this watch is due. */
  wakeAt: Instant | null
}

/** A watch that begins with its award. */
export function newWatch(award: HaggleRecord<'award'>, panel: Panel): Watch {
  return {
    ...{ contract: openContract(award), panel, file: new Map<RecordId, HaggleRecord>([[award.id, award]]) },
    ...{ fileBytes: award.wireLength, slots: new Map(), parked: [], bytes: new Map(), repeats: [] },
    ...{ insisted: new Set(), tried: new Set(), closed: new Set(), lookAt: null, wakeAt: null },
  }
}

/** The memory of one slot, made when it is first spoken of. */
export function slotOf(watch: Watch, slot: Slot): WatchedSlot {
  const id = slotIdOf(watch.panel.contract, slot)
  const known = watch.slots.get(id)
  if (known !== undefined) return known
  const fresh = { slot, memory: newSlot() }
  watch.slots.set(id, fresh)
  return fresh
}

/**
 * WIT-13: nothing was asked, and nothing came that its author still waits for: its other party has acknowledged it, its author has closed
 * the contract, or it may be evidence alone. What one party closed keeps the other from nothing.
 */
export function isQuiet({ closed, insisted, file }: Watch, { slot, memory }: WatchedSlot): boolean {
  const { asked, arrivals, echoes } = memory
  if (asked !== null) return false
  // WIT-41: what a key opens others learn from us alone, whatever its parties say of it.
  for (const id of arrivals.keys()) if (file.get(id)?.type === 'unseal') return false
  if (closed.size === 2) return true
  if (echoes.size > 0) return false
  return [...arrivals].every(([id, { acknowledged }]) => {
    const author = file.get(id)?.author
    const isEvidence = slot.duty === 'opening' && !insisted.has(id)
    return acknowledged || isEvidence || (author !== undefined && closed.has(author))
  })
}

/** Whether a key is one of the two parties. */
export function isParty({ contract }: Watch, key: AgentKey): boolean {
  return key === contract.requester || key === contract.worker
}

/** The slot whose duty a record meets, a sign of life included, in time or not; null: it meets none. */
export function slotOfRecord(contract: Contract, record: HaggleRecord): Slot | null {
  if (record.type !== 'alive') return record.type === 'opening' || isEntry(record) ? slotMetBy(contract, record) : null
  const challenge = contract.notes.find(({ id }) => id === record.body.challenge)
  return challenge?.type === 'challenge' ? leaseSlotOf(challenge) : null
}

/** The slot that a challenge opens. */
export function leaseSlotOf({ body }: HaggleRecord<'challenge'>): Slot {
  return { entry: body.contract, duty: 'lease', milestone: body.milestone, k: body.k }
}

/** WIT-17: what the author of this record shows that it holds, by receipting it or going on from it. */
export function acknowledgedBy(contract: Contract, record: HaggleRecord): RecordId | null {
  if (record.type === 'receipt') return record.body.entry
  if (record.type === 'heartbeat') return record.body.opening
  if (record.type === 'award' || !('prev' in record.body)) return null
  const named = contract.nodes.get(record.body.prev)?.entry
  return named === undefined || named.author === record.author ? null : named.id
}

/** A record that is part of the file now met a duty, or showed that another one did. */
export function noteInSlots(watch: Watch, record: HaggleRecord, came: Omit<ParkedRecord, 'record'>): void {
  const { contract } = watch
  const met = slotOfRecord(contract, record)
  if (met !== null) {
    const { timers } = contract.award.body.terms
    const bytes = bytesOf(contract, record)
    const spanMs = bytes === null ? null : ackMs(timers) + transferMs(bytes.size, timers)
    const { at, mono, from } = came
    noteArrival(slotOf(watch, met).memory, record.id, { at, mono, pushed: isParty(watch, from), transferMs: spanMs })
  }
  const named = acknowledgedBy(contract, record)
  const before = named === null ? undefined : watch.file.get(named)
  const slot = before === undefined ? null : slotOfRecord(contract, before)
  if (named !== null && slot !== null) noteAcknowledged(slotOf(watch, slot).memory, named)
}

/** What the terms and the file say about a slot now; null while no clock runs for it. */
export function rulesOf({ contract, panel }: Watch, slot: Slot): SlotRules | null {
  const { timers, milestones } = contract.award.body.terms
  const due = slot.duty === 'lease' ? dueOfLease(contract, slot) : dueOfSlot(contract, slot)
  if (due === null) return null
  const canBeLate = slot.duty !== 'lease' && slot.duty !== 'opening'
  return {
    ...{ duty: slot.duty, due, graceMs: graceMs(timers), echoWaitMs: echoWaitMs(timers), answerMs: answerMs(timers) },
    ...{ askWindowMs: askWindowMs(timers), echo: panel.quorums.echo, exposureUntil: panel.exposureUntil },
    lateMs: canBeLate ? lateWindowMs(milestones[slot.milestone]?.durationMs ?? 0, timers) : 0,
  }
}

/** WIT-20: whether a worker can be challenged: its milestone runs, the challenge is dated by its due and came by due + G. */
export function canChallenge({ contract }: Watch, { body }: HaggleRecord<'challenge'>, wall: Timestamp): boolean {
  const grace = graceMs(contract.award.body.terms.timers)
  if (contract.stage.kind === 'ended' || contract.stage.kind === 'timed-out') return false
  for (const node of contract.nodes.values()) {
    const slot = slotAfter(contract, node)
    if (slot?.duty !== 'delivery' || slot.milestone !== body.milestone) continue
    const due = dueOfSlot(contract, slot)
    if (due !== null && body.at <= due && wall <= due + grace) return true
  }
  return false
}

/** WIT-20: the due of a vote on a lease is its challenge's own time + answer. */
function dueOfLease(contract: Contract, slot: Slot): Timestamp | null {
  for (const note of contract.notes) {
    if (note.type !== 'challenge' || note.body.k !== slot.k || note.body.milestone !== slot.milestone) continue
    return note.body.at + answerMs(contract.award.body.terms.timers)
  }
  return null
}

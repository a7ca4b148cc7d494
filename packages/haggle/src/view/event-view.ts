import type { AgentEvent } from '@haggle/node'
import {
  agentText,
  payloadText,
  recordText,
  type AgentKey,
  type JsonValue,
  type PayloadHash,
  type RecordId,
} from '@haggle/protocol'
import { ownClockText, showOff } from './clock-text.ts'
import { creditsText, creditsView } from './credits-view.ts'
import { showDuration, showSize } from '../cli/values.ts'

const RECORD_FIELDS: ReadonlySet<string> = new Set(['task', 'contract', 'bid'])
const AGENT_FIELDS: ReadonlySet<string> = new Set(['agent', 'peer', 'party', 'worker'])
const CREDIT_FIELDS: ReadonlySet<string> = new Set(['price', 'value', 'amount'])

/** An event as JSON: the fields that every event has, and those of its own. */
export interface EventView {
  readonly at: string
  readonly seq: number | null
  readonly agent: string
  readonly event: string
  readonly [field: string]: JsonValue
}

/** An event as `docs/events.md` writes it: ids and keys in their text forms, time in ISO, amounts in credits. */
export function eventView(event: AgentEvent): EventView {
  const { at, seq, agent, event: name, ...rest } = event
  return {
    at: new Date(at).toISOString(),
    seq,
    agent: agentText(agent),
    event: name,
    ...viewFields(rest),
  }
}

function viewFields(fields: object): { readonly [field: string]: JsonValue } {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]: [string, unknown]) =>
      value === undefined ? [] : [[name, viewField(name, value)] as const],
    ),
  )
}

function viewField(name: string, value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map((each: unknown) => viewField(name, each))
  if (typeof value === 'object' && value !== null) return viewFields(value)
  if (typeof value === 'string') {
    // The names of these fields say which brand their texts carry.
    if (RECORD_FIELDS.has(name)) return recordText(value as RecordId)
    if (AGENT_FIELDS.has(name)) return agentText(value as AgentKey)
    if (name === 'result') return payloadText(value as PayloadHash)
    return value
  }
  if (typeof value === 'number') return CREDIT_FIELDS.has(name) ? creditsView(value) : value
  return typeof value === 'boolean' ? value : null
}

/** One event in one line for people; undefined for those that only matter to machines. */
export function eventLine(event: AgentEvent): string | undefined {
  switch (event.event) {
    case 'ready':
      return `ready as ${event.peerId}`
    case 'peer':
      return `${event.up ? 'met' : 'lost'} peer ${shortAgent(event.peer)}`
    case 'offered':
      return `offered ${event.skill} for at most ${creditsText(event.value)}`
    case 'bid':
      return `${event.own ? 'bid' : `${shortAgent(event.peer)} bids`} ${creditsText(event.price)}`
    case 'awarded':
      return `${event.role === 'requester' ? `awarded to ${shortAgent(event.peer)}` : `award by ${shortAgent(event.peer)}`} at ${creditsText(event.price)}${generationNote(event.generation)}`
    case 'accepted':
      return event.role === 'requester' ? `${shortAgent(event.peer)} accepted` : 'accepted'
    case 'opened':
      return `contract ${shortRecord(event.contract)} is binding`
    case 'progress':
      return `${Math.round(event.fraction * 100)} %${event.note === null ? '' : ` ${printable(event.note)}`}`
    case 'delivered':
      return `delivered ${showSize(event.size)}`
    case 'failed':
      // An end by a failed task has no milestone of its own.
      return 'milestone' in event ? `the task failed: ${printable(event.code)}` : undefined
    case 'approved':
      return 'approved'
    case 'rejected':
      return `rejected: ${event.reason}${event.note === '' ? '' : ` (${printable(event.note)})`}`
    case 'slashed':
      return `${shortAgent(event.party)} lost ${creditsText(event.amount)} for ${event.fault}`
    case 'alleged':
      return `we hold ${shortAgent(event.party)} at fault: ${event.fault} (no proof, moves only our own view)`
    case 'fenced':
      return `contract ${shortRecord(event.contract)} was fenced: ${event.reason}`
    case 'reopened':
      return `back on the board for generation ${event.generation}: ${event.reason}`
    case 'expired':
      return `off the board: ${event.cause}`
    case 'clock':
      return clockLine(event)
    case 'lagging':
      return `this process was blocked for ${showDuration(event.blockedMs)}; a lease is ${showDuration(event.leaseMs)}`
    case 'overtaken':
      return `contract ${shortRecord(event.contract)}: ${shortAgent(event.peer)} holds what this agent signed and this directory does not; it is a copy or an old backup, and signs nothing more in this contract`
    case 'stopping':
      return `stopping: ${event.reason}`
    default:
      return `contract ${shortRecord(event.contract)} ended: ${event.end}${event.party === null ? '' : `, ${event.fault ?? 'fault'} of ${shortAgent(event.party)}`}`
  }
}

function clockLine({ peer, cause, offMs, agrees }: Extract<AgentEvent, { event: 'clock' }>): string {
  if (peer !== null)
    return agrees
      ? `the clock of ${shortAgent(peer)} agrees with ours`
      : `the clock of ${shortAgent(peer)} is ${showOff(offMs)} ours`
  if (agrees) return 'the clock of this machine is trusted again'
  return `the clock of this machine is ${ownClockText(cause, offMs)}: no timeout is signed until they agree (see "haggle doctor")`
}

/** The end of a PeerId: enough to tell agents apart, and a valid PEER argument where it is unique. */
export function shortAgent(key: AgentKey): string {
  return `…${agentText(key).slice(-8)}`
}

/** The end of a record's id; a valid ID argument where it is unique. */
export function shortRecord(id: RecordId): string {
  return `…${recordText(id).slice(-8)}`
}

/** A peer's text without anything that moves a terminal's cursor. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�')
}

function generationNote(generation: number): string {
  return generation === 1 ? '' : ` (generation ${generation})`
}

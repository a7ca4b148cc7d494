import type { Instant } from '@haggle/protocol'
import type { Command } from '../command.ts'
import { okay, type Answer } from '../answer.ts'
import { advertTopic, marketTopic } from '../market/topics.ts'
import { sendDigest } from '../market/receive.ts'
import type { Turn } from '../turn.ts'
import { quoteWhatWeCan } from './quote.ts'
import { slotsFree, slotsUsed } from './slots.ts'

/** An advert counts for a minute and is said again every third of it. */
const ADVERT_TTL_MS = 60_000
/** A change of free slots is told at most this often. */
const CHANGE_MS = 500

/** Replaces what we serve: topics, advert, and another look at the board. */
export function serve(turn: Turn, command: Extract<Command, { kind: 'serve' }>): Answer {
  const { state } = turn
  const { skills, slots, allow } = command
  const served = { skills, slots, allow }
  advertise(turn, served)
  state.served = served
  for (const skill of command.skills) turn.subscribe(marketTopic(skill.name))
  for (const peer of state.peers) sendDigest(turn, peer)
  quoteWhatWeCan(turn)
  return okay()
}

/** Says what we serve and how many slots are free; says nothing when there was never anything to say. */
export function advertise(turn: Turn, served = turn.state.served): void {
  const { state, now } = turn
  const { skills, slots } = served
  if (skills.length === 0 && state.advert.record === null) return
  const record = turn.sign('advert', {
    at: now.wall,
    seq: state.advert.seq + 1,
    ttlMs: ADVERT_TTL_MS,
    skills: skills.map((skill) => ({ ...skill })),
    slots,
    free: Math.max(0, slots - slotsUsed(state)),
    witness: null,
  })
  state.advert = { seq: record.body.seq, nextAt: now.mono + ADVERT_TTL_MS / 3, record }
  turn.publish(advertTopic, record)
}

/** After a turn that took or freed a slot the advert is brought up to date soon. */
export function adviseChange(turn: Turn): void {
  const { state, now } = turn
  const said = state.advert.record?.body.free
  if (said === undefined || said === slotsFree(state)) return
  const soon: Instant = now.mono + CHANGE_MS
  if (state.advert.nextAt === null || state.advert.nextAt > soon) state.advert.nextAt = soon
}

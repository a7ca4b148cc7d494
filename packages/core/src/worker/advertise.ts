import type { DurationMs, Instant } from '@haggle/protocol'
import type { Command } from '../command.ts'
import { okay, refuse, type Answer } from '../answer.ts'
import { advertTopic, marketTopic } from '../market/topics.ts'
import { sendDigest } from '../market/receive.ts'
import type { Turn } from '../turn.ts'
import { quoteWhatWeCan } from './quote.ts'
import { slotsFree, slotsUsed } from './slots.ts'

/** MKT-37: everybody hears every advert, so together all agents say about one in two seconds, however many they are. */
const TTL_PER_ADVERT_MS: DurationMs = 6_000
const SHORTEST_TTL_MS: DurationMs = 60_000
const LONGEST_TTL_MS: DurationMs = 600_000
/** Of its time an advert is said again after this part. */
const REPEAT = 3
/** MKT-37: who becomes busy or free again changes whom others count on; how busy somebody is may wait. */
const TURNED_MS: DurationMs = 500
const CHANGED_MS: DurationMs = 5_000

/** Replaces what we serve: topics, advert, and another look at the board. */
export function serve(turn: Turn, command: Extract<Command, { kind: 'serve' }>): Answer {
  const { state } = turn
  const { skills, slots, allow, maxStake, minPanel, minQuality } = command
  const served = { skills, slots, allow, maxStake, minPanel, minQuality }
  advertise(turn, served)
  state.served = served
  for (const skill of command.skills) turn.subscribe(marketTopic(skill.name))
  for (const peer of state.peers) sendDigest(turn, peer)
  quoteWhatWeCan(turn)
  return okay()
}

/** WIT-27: whether we witness for others, and how much of their results we hold for it. */
export function witness(turn: Turn, maxBytes: number | null): Answer {
  if (maxBytes !== null && (!Number.isSafeInteger(maxBytes) || maxBytes < 0))
    return refuse('job/terms', 'the bytes of a witness are a whole number')
  turn.state.witnessing = maxBytes === null ? null : { maxBytes }
  advertise(turn)
  return okay()
}

/** Says what we serve, how many slots are free and whether we witness; says nothing when there was never anything to say. */
export function advertise(turn: Turn, served = turn.state.served): void {
  const { state, now } = turn
  const { skills, slots } = served
  const { witnessing } = state
  if (skills.length === 0 && witnessing === null && state.advert.record === null) return
  const ttlMs = Math.min(LONGEST_TTL_MS, Math.max(SHORTEST_TTL_MS, state.board.advertCount * TTL_PER_ADVERT_MS))
  const record = turn.sign('advert', {
    at: now.wall,
    seq: state.advert.seq + 1,
    ttlMs,
    skills: skills.map((skill) => ({ ...skill })),
    slots,
    free: Math.max(0, slots - slotsUsed(state)),
    witness: witnessing,
  })
  state.advert = { seq: record.body.seq, nextAt: now.mono + ttlMs / REPEAT, record }
  turn.publish(advertTopic, record)
}

/** After a turn that took or freed a slot the advert is brought up to date soon. */
export function adviseChange(turn: Turn): void {
  const { state, now } = turn
  const said = state.advert.record?.body.free
  const free = slotsFree(state)
  if (said === undefined || said === free) return
  const turned = (said === 0) !== (free === 0)
  const soon: Instant = now.mono + (turned ? TURNED_MS : CHANGED_MS)
  if (state.advert.nextAt === null || state.advert.nextAt > soon) state.advert.nextAt = soon
}

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
/** MKT-37: who becomes busy or free again changes whom others count on; how busy somebody is waits for the next advert. */
const TURNED_MS: DurationMs = 500

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
  const repeatAt = now.mono + ttlMs / REPEAT
  state.advert = { seq: record.body.seq, nextAt: repeatAt, repeatAt, record }
  turn.publish(advertTopic, record)
}

/** After a turn that took the last slot, or freed one again, the advert is brought up to date soon, unless it is true again by then. */
export function adviseChange({ state, now }: Turn): void {
  const { advert } = state
  const said = advert.record?.body.free
  if (said === undefined || advert.nextAt === null) return
  const turned = (said === 0) !== (slotsFree(state) === 0)
  const soon: Instant = now.mono + TURNED_MS
  if (!turned) advert.nextAt = advert.repeatAt
  else if (advert.nextAt > soon) advert.nextAt = soon
}

import { bounds, shardOf, type AgentKey, type DigestFrame, type HaggleRecord, type RecordId } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import type { ForeignTask, State } from '../state.ts'
import type { Turn } from '../turn.ts'
import { quoteOne } from '../worker/quote.ts'
import { leaveWithdrawn } from '../worker/withdrawn.ts'
import { NONCE_CHAIN_LENGTH } from './nonce-chain.ts'

export function receiveOffer(turn: Turn, offer: HaggleRecord<'offer'>): Answer {
  if (offer.author === turn.state.self) return refuse('offer/held', 'our own offer')
  if (offer.body.terms.endBy <= turn.now.wall) return refuse('offer/expired', 'its end has passed')
  // MKT-36: a task of which we know an award comes back by a reopening alone, whoever still holds the offer.
  const foreign = turn.state.foreign.get(offer.id)
  if (foreign !== undefined && wasAwarded(turn.state, foreign, 1)) return refuse('offer/held', 'its task was awarded')
  const awaited = turn.state.board.takeAwaited(offer)
  const refusal = turn.state.board.post(offer, turn.now.wall, awaited ?? null)
  if (refusal !== null) return refuse(refusal, 'the board did not take the offer')
  if (awaited !== undefined) return receiveReopening(turn, offer.author, awaited)
  const posted = turn.state.board.get(offer.id)
  if (posted !== undefined) quoteOne(turn, posted)
  return okay(offer.id)
}

/** MKT-18: only the author of an offer takes it down; a withdrawal does not undo an award, it keeps it from being opened. */
export function receiveWithdrawal(turn: Turn, withdrawal: HaggleRecord<'withdrawal'>): Answer {
  const { task } = withdrawal.body
  const foreign = turn.state.foreign.get(task)
  const offer = turn.state.board.get(task)?.offer ?? foreign?.offer
  if (offer === undefined) return refuse('task/unknown', 'no such offer here')
  if (offer.author !== withdrawal.author) return notOwner(turn, withdrawal)
  turn.state.board.withdraw(withdrawal)
  if (foreign === undefined || foreign.withdrawal !== null) return okay(withdrawal.id)
  turn.keep(withdrawal)
  for (const id of foreign.contracts) {
    const deal = turn.state.deals.get(id)
    if (deal !== undefined) leaveWithdrawn(turn, deal)
  }
  return okay(withdrawal.id)
}

/** The next generation of a task: back on the board, and the end of every older contract on it. */
export function receiveReopening(turn: Turn, from: AgentKey, reopening: HaggleRecord<'reopening'>): Answer {
  const { task, generation } = reopening.body
  const foreign = turn.state.foreign.get(task)
  const posted = turn.state.board.get(task)
  const offer = posted?.offer ?? foreign?.offer
  if (offer === undefined) {
    // Who lacks the offer asks for it by its id.
    if (turn.state.board.awaitOffer(reopening)) turn.sendFrame(from, { kind: 'want', ids: [task] })
    return refuse('task/unknown', 'the offer of this reopening is not held')
  }
  if (offer.author !== reopening.author) return notOwner(turn, reopening)
  // A first generation is begun by the offer, and no award reveals a nonce for one beyond the chain (MKT-12).
  if (generation < 2 || generation > NONCE_CHAIN_LENGTH)
    return refuse('record/not-for-us', 'a reopening begins generations 2 to 16')
  const same = foreign?.reopenings.find((each) => each.body.generation === generation)
  if (same !== undefined && same.id !== reopening.id) {
    turn.report(reopening.author, { code: 'generation/forged', note: 'two reopenings of one generation' }, reopening.id)
    return refuse('record/not-for-us', 'another reopening of this generation is held')
  }
  if (foreign !== undefined && same === undefined) turn.keep(reopening)
  // MKT-36: what was awarded comes back in a later generation only, whoever still speaks of that one.
  if (foreign !== undefined && wasAwarded(turn.state, foreign, generation)) return okay(reopening.id)
  if (posted === undefined && reopening.body.expires > turn.now.wall)
    turn.state.board.post(offer, turn.now.wall, reopening)
  const up = turn.state.board.repost(reopening)
  const now = turn.state.board.get(task)
  if (up && now !== undefined) quoteOne(turn, now)
  return okay(reopening.id)
}

function wasAwarded({ deals }: State, { contracts, lost }: ForeignTask, generation: number): boolean {
  return (
    lost.some((each) => each >= generation) || contracts.some((id) => (deals.get(id)?.generation ?? 0) >= generation)
  )
}

/** The author is the liar: whoever passed the record on may not hold the offer that shows it. */
function notOwner(turn: Turn, record: HaggleRecord): Answer {
  turn.report(
    record.author,
    { code: 'role/not-owner', note: 'only the author of an offer speaks for its task' },
    record.id,
  )
  return refuse('task/not-ours', 'only the author of an offer speaks for its task')
}

export function receiveAdvert(turn: Turn, advert: HaggleRecord<'advert'>): Answer {
  if (advert.author === turn.state.self) return refuse('record/old', 'our own advert')
  const taken = turn.state.board.advertise(advert, turn.now.wall)
  return taken ? okay(advert.id) : refuse('record/old', 'a newer advert of this author is held, or it is out of time')
}

/** A peer says what it holds of some shards: it gets what it lacks. */
export function receiveDigest(turn: Turn, from: AgentKey, digest: DigestFrame): void {
  const held = new Set(digest.held)
  const shards = new Set(digest.shards)
  const missing = marketRecords(turn, shards).filter((record) => !held.has(record.id) && record.author !== from)
  for (let index = 0; index < missing.length; index += SYNC_BATCH) {
    turn.effects.push({ kind: 'send', to: from, records: missing.slice(index, index + SYNC_BATCH), payload: null })
  }
}

export function receiveWant(turn: Turn, from: AgentKey, ids: readonly RecordId[]): void {
  const { state } = turn
  const found: HaggleRecord[] = []
  for (const id of ids.slice(0, SYNC_BATCH)) {
    const own = state.own.get(id)
    const posted = state.board.get(id)
    const offer = own?.offer ?? posted?.offer
    const reopening = own?.reopening ?? posted?.reopening ?? null
    if (offer !== undefined) found.push(offer)
    if (reopening !== null) found.push(reopening)
  }
  turn.send(from, found)
}

/** MKT-21: on meeting a peer we say which shards we care for and what of them we hold. */
export function sendDigest(turn: Turn, to: AgentKey): void {
  const shards = interests(turn)
  const held = marketRecords(turn, new Set(shards)).map((record) => record.id)
  turn.sendFrame(to, { kind: 'digest', shards, held: held.slice(0, bounds.offersOnBoard), answer: false })
}

const SYNC_BATCH = 16

function interests(turn: Turn): number[] {
  const skills = new Set(turn.state.served.skills.map((skill) => skill.name))
  for (const task of turn.state.open) skills.add(task.job.skill)
  return [...new Set([...skills].map(shardOf))].toSorted((a, b) => a - b)
}

/** The open market as we hold it, in these shards: offers, the reopenings that stand for them, and every live advert. */
function marketRecords(turn: Turn, shards: ReadonlySet<number>): HaggleRecord[] {
  const { state, now } = turn
  const out: HaggleRecord[] = []
  const add = (offer: HaggleRecord<'offer'>, reopening: HaggleRecord<'reopening'> | null): void => {
    if (!shards.has(shardOf(offer.body.terms.skill))) return
    out.push(offer)
    if (reopening !== null) out.push(reopening)
  }
  for (const task of state.open) {
    const assigned = task.contracts.some((id) => state.deals.get(id)?.generation === task.generation)
    if (task.withdrawal === null && !assigned) add(task.offer, task.reopening)
  }
  for (const { offer, reopening } of state.board.offers()) add(offer, reopening)
  for (const advert of state.board.adverts()) out.push(advert)
  if (state.advert.record !== null && state.advert.record.body.at + state.advert.record.body.ttlMs > now.wall)
    out.push(state.advert.record)
  return out
}

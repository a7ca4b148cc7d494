import { bounds, limits, type AgentKey, type HaggleRecord, type RecordId } from '@haggle/protocol'
import { epochOf } from '../bookkeeping.ts'
import type { State } from '../state.ts'
import type { Turn } from '../turn.ts'
import { isChosen } from '../score/opinion.ts'
import { panelSizeFor } from './panel.ts'
import { ENOUGH_TO_CHOOSE } from './vet.ts'

type WitnessSetRecord = HaggleRecord<'witness-set'>

/** Panels of other sizes than these have no better quorum than the next smaller one. */
const PANEL_SIZES = [10, 7, 4, 3, 1] as const

/** From which set the panel of a new offer will be drawn, and how many of it. */
export interface PanelTerms {
  readonly panelSize: number
  readonly witnessSet: RecordId | null
}

/** No witness hears of such a contract. */
export const noPanel: PanelTerms = { panelSize: 0, witnessSet: null }

/**
 * WIT-30: the terms of a panel for a new offer: of `wanted` witnesses at most, null: of as many as the ladder gives. Writes a set
 * when none of this epoch fits those who witness now.
 */
export function panelTermsFor(turn: Turn, wanted: number | null): PanelTerms {
  const keys = witnessesAtHand(turn)
  const most = Math.min(panelSizeFor(keys.length), wanted ?? limits.panel)
  if (most === 0) return noPanel
  const set = standingSet(turn, keys) ?? newSet(turn, keys)
  if (set === null) return noPanel
  // A set that stands may be of fewer than witness now.
  const size = Math.min(most, panelSizeFor(set.body.keys.length))
  const panelSize = PANEL_SIZES.find((each) => each <= size) ?? 0
  return panelSize === 0 ? noPanel : { panelSize, witnessSet: set.id }
}

/** Everybody else whose live advert says that it witnesses, connected peers first where there are too many; ascending. */
function witnessesAtHand(turn: Turn): AgentKey[] {
  const { state, now } = turn
  const keys: AgentKey[] = []
  for (const { author, body } of state.board.adverts()) {
    if (body.witness !== null && author !== state.self && body.at + body.ttlMs > now.wall) keys.push(author)
  }
  // WIT-30: where enough of them are of our own choosing nobody else is asked: a crowd of strangers is no crowd of witnesses.
  const chosen = keys.filter((key) => isChosen(turn, key))
  const asked = chosen.length >= ENOUGH_TO_CHOOSE ? chosen : keys
  const nearFirst = asked.toSorted(
    (a, b) => Number(state.peers.has(b)) - Number(state.peers.has(a)) || (a < b ? -1 : 1),
  )
  return nearFirst.slice(0, limits.witnessSet).toSorted()
}

/** Our newest set, while it is of this epoch, everybody in it still witnesses, and it gives a panel of the same size. */
function standingSet({ state, now }: Turn, keys: readonly AgentKey[]): WitnessSetRecord | null {
  const newest = newestOwnSet(state)
  if (newest === null || newest.body.epoch !== epochOf(now.wall)) return null
  const live = new Set(keys)
  if (!newest.body.keys.every((key) => live.has(key))) return null
  return panelSizeFor(newest.body.keys.length) === panelSizeFor(keys.length) ? newest : null
}

function newSet(turn: Turn, keys: readonly AgentKey[]): WitnessSetRecord | null {
  const epoch = epochOf(turn.now.wall)
  const newest = newestOwnSet(turn.state)
  // A clock that stepped back does not begin an epoch of which we have signed later sets again.
  if (newest !== null && newest.body.epoch > epoch) return null
  const n = newest?.body.epoch === epoch ? newest.body.n + 1 : 0
  if (n >= limits.witnessSetsPerEpoch) return null
  return turn.write('witness-set', { at: turn.now.wall, epoch, n, keys })
}

function newestOwnSet({ sets, self }: State): WitnessSetRecord | null {
  let newest: WitnessSetRecord | null = null
  for (const set of sets.values()) {
    if (set.author !== self) continue
    if (newest === null || placeOf(set) > placeOf(newest)) newest = set
  }
  return newest
}

function placeOf({ body }: WitnessSetRecord): number {
  return body.epoch * limits.witnessSetsPerEpoch + body.n
}

/** A set as it was said: nothing of it is believed before an award draws from it. */
export function hearWitnessSet({ heardSets }: State, set: WitnessSetRecord): void {
  heardSets.delete(set.id)
  heardSets.set(set.id, set)
  const ofAuthor = [...heardSets.values()].filter(({ author }) => author === set.author)
  const [oldest] = ofAuthor
  if (oldest !== undefined && ofAuthor.length > limits.witnessSetsPerEpoch) heardSets.delete(oldest.id)
  for (const id of heardSets.keys()) {
    if (heardSets.size <= bounds.witnessSets) return
    heardSets.delete(id)
  }
}

/** Keeps the newest ones; our own newest tells which number the next one has. Contracts hold on to theirs themselves. */
export function rememberSet(state: State, set: WitnessSetRecord): void {
  state.sets.set(set.id, set)
  const own = newestOwnSet(state)
  for (const id of state.sets.keys()) {
    if (state.sets.size <= bounds.witnessSets) return
    if (id !== own?.id) state.sets.delete(id)
  }
}

/** The set of this name, wherever it is held. */
export function witnessSetOf({ sets, heardSets }: State, id: RecordId): WitnessSetRecord | null {
  return sets.get(id) ?? heardSets.get(id) ?? null
}

import type { AgentKey, HaggleRecord } from '@haggle/protocol'
import { isChosen } from '../score/opinion.ts'
import type { Turn } from '../turn.ts'
import { quorumsOf } from './panel.ts'

/** WIT-31: fewer agents that we would choose give no panel that could tolerate a corrupt one: then there is nothing to choose by. */
export const ENOUGH_TO_CHOOSE = 7

/**
 * WIT-31: whether a worker trusts the panel that was drawn: all but f of it witness as far as we hear, and as many as decide are
 * agents that we would choose ourselves. Where too few witnesses have a standing with us, whoever witnesses will do: what such strangers
 * can do to us is bounded by the newcomer limit.
 */
export function panelIsTrusted(turn: Turn, award: HaggleRecord<'award'>): boolean {
  const { panel } = award.body
  const { f, timely } = quorumsOf(panel.length)
  // One whose adverts come and go must not keep everybody from contracts: it is counted with those who may be corrupt or away.
  if (panel.filter((key) => !witnesses(turn, key)).length > f) return false
  // A requester that we know sits on no panel of its own: it leaves as little to choose by as somebody who does not witness.
  const known = [...turn.state.board.adverts()].filter(
    ({ author, body }) => author !== award.author && body.witness !== null && isChosen(turn, author),
  )
  if (known.length < ENOUGH_TO_CHOOSE) return true
  return panel.filter((key) => isChosen(turn, key)).length >= timely
}

/** Its newest advert says so and still lasts, give or take what two clocks may differ by. */
function witnesses({ state, now }: Turn, key: AgentKey): boolean {
  const advert = state.board.advertOf(key)
  return advert !== undefined && advert.body.witness !== null && advert.body.at + advert.body.ttlMs > now.wall
}

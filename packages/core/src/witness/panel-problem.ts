import type { AgentKey, HaggleRecord } from '@haggle/protocol'
import { drawPanel, panelSizeFor } from './panel.ts'

/** WIT-04: why the panel of an award is not the one that its offer, its bid and the witness set give, or null when it is. */
export function panelProblem(
  award: HaggleRecord<'award'>,
  offer: HaggleRecord<'offer'>,
  bid: HaggleRecord<'bid'>,
  set: HaggleRecord<'witness-set'> | null,
): string | null {
  const { panelSize, witnessSet } = offer.body.terms
  const { panel, reserves, generation, nonceReveal } = award.body
  if (panelSize === 0) return panel.length === 0 ? null : 'a panel was drawn where the terms name none'
  if (set === null || set.id !== witnessSet) return 'the witness set of the terms is not here'
  if (set.author !== offer.author) return 'the witness set is not by the author of the offer'
  const problem = setProblem(set)
  if (problem !== null) return problem
  if (panelSize > panelSizeFor(set.body.keys.length)) return 'the panel is larger than its set allows'
  if (set.body.at > offer.body.at) return 'the witness set is younger than the offer'
  if (reserves.some(({ worker }) => worker === null)) return 'a reserve does not name its worker'
  const excluded = passedOver(award.author, award.body.worker, reserves)
  const draw = { offer: offer.id, generation, revealed: nonceReveal, bidNonce: bid.body.nonce }
  const drawn = drawPanel(set.body.keys, excluded, panelSize, draw)
  if (drawn.length < panelSize) return 'the reserves leave too few witnesses'
  return drawn.join() === panel.join() ? null : 'the panel is not the one that was drawn'
}

/** Who cannot sit on the panel of an award: its parties, and whoever may get the task after them. */
export function passedOver(
  requester: AgentKey,
  worker: AgentKey,
  reserves: HaggleRecord<'award'>['body']['reserves'],
): ReadonlySet<AgentKey> {
  const excluded = new Set([requester, worker])
  for (const reserve of reserves) if (reserve.worker !== null) excluded.add(reserve.worker)
  return excluded
}

/** WIT-01: a set is in order when its keys ascend and its author is none of them. */
export function setProblem({ author, body }: HaggleRecord<'witness-set'>): string | null {
  if (body.keys.includes(author)) return 'an agent is no witness to itself'
  const ascending = body.keys.every((key, index) => index === 0 || (body.keys[index - 1] ?? '') < key)
  return ascending ? null : 'the keys of a witness set ascend'
}

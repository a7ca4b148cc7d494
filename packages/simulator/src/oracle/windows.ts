import type { HaggleRecord, Timers } from '@haggle/protocol'

// What design 3 §6 says of time, once more and on its own: a mistake in the product's arithmetic is not repeated here.

/** G: how much later than its due something may come. */
export function graceOf({ epsilonMs, deltaMs }: Timers): number {
  return 2 * epsilonMs + deltaMs
}

/** Until when an award may be accepted. */
export function acceptEnds({ body }: HaggleRecord<'award'>): number {
  const { timers, input } = body.terms
  return body.at + timers.acceptMs + 3 * Math.ceil((input.size * 1_000) / timers.rateBytesPerSecond)
}

/** When the first delivery is due. */
export function firstDue({ body }: HaggleRecord<'award'>): number {
  return Math.min(body.at + (body.terms.milestones[0]?.durationMs ?? 0), body.terms.endBy)
}

/** Until when a panel answers about the first delivery, or about anything that came before it. */
export function lastAnswer(award: HaggleRecord<'award'>): number {
  const { timers, milestones } = award.body.terms
  const planned = milestones[0]?.durationMs ?? 0
  const late = Math.min(Math.floor(planned / 4), 60_000)
  return Math.min(firstDue(award) + graceOf(timers) + late + 10 * timers.leaseMs, award.body.exposureUntil)
}

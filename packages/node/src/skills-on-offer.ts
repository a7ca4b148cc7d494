import { agentText, type AgentKey } from '@haggle/protocol'
import type { Engine } from '@haggle/core'
import type { SkillStatus } from './agent-types.ts'

/** What live adverts of others offer, one row for each agent and skill: by skill, then price. */
export function skillsOnOffer(engine: Pick<Engine, 'adverts' | 'standing'>, self: AgentKey): readonly SkillStatus[] {
  return engine
    .adverts()
    .filter((advert) => advert.author !== self)
    .flatMap(({ author, body }) =>
      body.skills.map((skill) => ({
        skill: skill.name,
        version: skill.version,
        note: skill.note,
        price: skill.unitPrice,
        agent: author,
        peerId: agentText(author),
        slots: body.slots,
        free: body.free,
        quality: engine.standing(author).quality,
      })),
    )
    .toSorted((a, b) => compare(a.skill, b.skill) || (a.price ?? 0) - (b.price ?? 0) || compare(a.peerId, b.peerId))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

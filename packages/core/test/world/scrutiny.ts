import type { Effect, Engine, Input } from '@haggle/core'
import type { Agent } from './agent.ts'

/** What an engine shows of itself and must not change by an input that counts for nothing. */
export function portrait(agent: Agent): string {
  const { engine } = agent
  return JSON.stringify([engine.tasks(), engine.contracts(), standings(agent, engine)])
}

/** Handling twice is handling once: null, or in words what the second time did. */
export function differsWhenDoubled(agent: Agent, input: Input & { kind: 'record' | 'frame' }): string | null {
  // What the first time made due at once is done before the second (TIME-06).
  const due = agent.handle({ kind: 'alarm', now: input.now })
  // A clock that has written something in between is answered for itself.
  if (due.effects.some((effect) => effect.kind === 'persist')) return null
  const before = portrait(agent)
  const { effects } = agent.handle(input)
  // What waited for the first tip can have given the task away: who shows another one learns that.
  if (effects.some(isFence)) return null
  if (portrait(agent) !== before) return `a second ${nameOf(input)} changed ${agent.key}`
  const logged = new Set(agent.logged)
  for (const effect of agent.pending) {
    if (effect.kind === 'persist' && effect.entry.kind === 'record') logged.add(effect.entry.record.id)
  }
  for (const effect of effects) {
    if (effect.kind === 'persist') return `a second ${nameOf(input)} wrote ${effect.entry.kind}`
    if (effect.kind === 'notify' || effect.kind === 'request' || effect.kind === 'publish')
      return `a second ${nameOf(input)} caused ${effect.kind}`
    if (effect.kind !== 'send') continue
    const fresh = effect.records.find(
      (record) => record.author === agent.key && record.type !== 'advert' && !logged.has(record.id),
    )
    if (fresh !== undefined) return `a second ${nameOf(input)} made another ${fresh.type}`
  }
  return null
}

function isFence(effect: Effect): boolean {
  return effect.kind === 'persist' && effect.entry.kind === 'record' && effect.entry.record.type === 'fenced'
}

/** A restart forgets nothing that is durable: null, or in words what a fresh engine on the same log sees otherwise. */
export function differsAfterReplay(agent: Agent): string | null {
  const undone = agent.pending.flatMap((effect) => (effect.kind === 'persist' ? [effect.entry] : []))
  const again = durable(agent, agent.replay([...agent.log, ...undone]))
  const live = durable(agent, agent.engine)
  const index = live.findIndex((line, at) => line !== again[at])
  return index < 0 && live.length === again.length ? null : `${live[index]} became ${again[index]}`
}

/** Bids of others are soft: they come again from their authors. */
function durable(agent: Agent, engine: Engine): string[] {
  return [
    ...engine.tasks().map((task) => JSON.stringify({ ...task, bids: null })),
    ...engine.contracts().map((contract) => JSON.stringify(contract)),
    standings(agent, engine),
  ]
}

function standings(agent: Agent, engine: Engine): string {
  return JSON.stringify(agent.acquaintances().map((key) => engine.standing(key)))
}

export function nameOf(input: Input & { kind: 'record' | 'frame' }): string {
  return input.kind === 'record' ? input.record.type : `${input.frame.kind} frame`
}

import { shardOf, type DurationMs, type Topic } from '@haggle/protocol'
import type { State } from '../state.ts'
import type { Turn } from '../turn.ts'

export const advertTopic: Topic = { kind: 'adverts' }

/** Longer than the minute for which gossip does not let a peer back into a topic that it has left. */
const LINGER_MS: DurationMs = 120_000

export function marketTopic(skill: string): Topic {
  return { kind: 'market', shard: shardOf(skill) }
}

/** MKT-35: who needs a topic of the market no more stays for a while, since the next task often is of the same skill. */
export function leaveMarket({ state, now }: Turn, skill: string): void {
  state.leaving.set(shardOf(skill), now.mono + LINGER_MS)
}

/** Leaves the topics whose time is over and which nothing needs again. */
export function leaveIdleTopics(turn: Turn): void {
  const { state, now } = turn
  for (const [shard, at] of state.leaving) {
    if (at > now.mono) continue
    state.leaving.delete(shard)
    if (!isNeeded(state, shard)) turn.effects.push({ kind: 'unsubscribe', topic: { kind: 'market', shard } })
  }
}

function isNeeded(state: State, shard: number): boolean {
  for (const task of state.open) if (shardOf(task.job.skill) === shard) return true
  return state.served.skills.some((skill) => shardOf(skill.name) === shard)
}

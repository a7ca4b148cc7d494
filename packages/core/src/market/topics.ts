import { shardOf, type Topic } from '@haggle/protocol'

export const advertTopic: Topic = { kind: 'adverts' }

export function marketTopic(skill: string): Topic {
  return { kind: 'market', shard: shardOf(skill) }
}

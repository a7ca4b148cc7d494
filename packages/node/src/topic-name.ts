import { limits, PROTOCOL_VERSION, type NetworkId, type Topic } from '@haggle/protocol'

/** Digits of the network id in a topic: enough that two networks never share one by accident. */
const ID_DIGITS = 16

/** The gossip topic as the network knows it: `haggle/1/<net>/market/<shard>` or `haggle/1/<net>/adverts`. */
export function topicName(topic: Topic, networkId: NetworkId): string {
  const prefix = `haggle/${PROTOCOL_VERSION}/${networkId.slice(0, ID_DIGITS)}`
  return topic.kind === 'adverts' ? `${prefix}/adverts` : `${prefix}/market/${topic.shard}`
}

/** The topic of a name, or undefined when no topic of this network has it. */
export function topicOfName(name: string, networkId: NetworkId): Topic | undefined {
  const adverts: Topic = { kind: 'adverts' }
  if (name === topicName(adverts, networkId)) return adverts
  const shard = Number(/\/market\/(0|[1-9]\d{0,5})$/.exec(name)?.[1])
  if (!Number.isSafeInteger(shard) || shard >= limits.shards) return undefined
  const market: Topic = { kind: 'market', shard }
  return name === topicName(market, networkId) ? market : undefined
}

import { limits, PROTOCOL_VERSION, type NetworkId, type Topic } from '@haggle/protocol'

/** Digits of the network id in a topic: enough that two networks never share one by accident. */
const ID_DIGITS = 16

/** Topics that are not divided into shards. */
const wholeTopics: readonly Topic[] = [{ kind: 'adverts' }, { kind: 'facts' }]

/** The gossip topic as the network knows it: `haggle/1/<net>/market/<shard>`, `…/adverts` or `…/facts`. */
export function topicName(topic: Topic, networkId: NetworkId): string {
  const prefix = `haggle/${PROTOCOL_VERSION}/${networkId.slice(0, ID_DIGITS)}`
  return topic.kind === 'market' ? `${prefix}/market/${topic.shard}` : `${prefix}/${topic.kind}`
}

/** The topic of a name, or undefined when no topic of this network has it. */
export function topicOfName(name: string, networkId: NetworkId): Topic | undefined {
  for (const whole of wholeTopics) if (name === topicName(whole, networkId)) return whole
  const shard = Number(/\/market\/(0|[1-9]\d{0,5})$/.exec(name)?.[1])
  if (!Number.isSafeInteger(shard) || shard >= limits.shards) return undefined
  const market: Topic = { kind: 'market', shard }
  return name === topicName(market, networkId) ? market : undefined
}

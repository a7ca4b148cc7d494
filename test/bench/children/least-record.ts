import { createRecord, networkIdOf, protocolParams, type HaggleRecord } from '@haggle/protocol'

/**
 * The same record in the smallest form that the specification has for it. There is only one encoding of a body (ENC-05), so what
 * is left to save is what need not be said: media types, a preview and the input itself, and what an award states about bids that it
 * did not take, which docs/spec/contract.md says need not be there. The terms stand whole in the award by specification, so
 * they count twice; ids, hashes, keys and signatures have one length.
 */
export function leastOf(record: HaggleRecord): HaggleRecord {
  const origin = {
    networkId: networkIdOf('bench', protocolParams),
    author: record.author,
    sign: () => new Uint8Array(64),
  }
  // The body of its own type with some of its nullable fields null and some of its lists empty.
  return createRecord(record.type, without(record.body) as never, origin)
}

const unsaid = new Set(['mediaType', 'preview', 'public', 'minQuality', 'parent', 'counter', 'sealedHash', 'keyHash'])
const unlisted = new Set(['considered', 'reserves', 'panel', 'dependsOn', 'evidence'])

function without(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(without)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      unsaid.has(name) ? null : unlisted.has(name) ? [] : without(field),
    ]),
  )
}

import { hash } from 'node:crypto'

// Gossip asks for the id of one message twice, first for its cache of duplicates, then for its own use.
const digests = new WeakMap<Uint8Array, { readonly topic: string; readonly digest: Buffer }>()

/**
 * NET-11: the id of a gossip message is the SHA-256 of its topic and its whole content. The topic is part of it: otherwise whoever
 * repeats a record on another topic makes its true copy a duplicate that nobody takes.
 */
export function messageDigest(topic: string, bytes: Uint8Array): Buffer {
  const known = digests.get(bytes)
  if (known !== undefined && known.topic === topic) return known.digest
  // A topic holds no zero byte (NET-12), so the separator makes the pair unambiguous.
  const digest = hash('sha256', Buffer.concat([Buffer.from(`${topic}\0`), bytes]), 'buffer')
  digests.set(bytes, { topic, digest })
  return digest
}

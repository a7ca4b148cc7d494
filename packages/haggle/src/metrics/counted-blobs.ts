import type { Blobs } from '@haggle/ports'

/** Bytes that went into a blob store and came out of it. */
export interface BlobTraffic {
  written: number
  read: number
}

/** The same store, counted. What other programs read from its files nobody sees. */
export function countedBlobs(blobs: Blobs, traffic: BlobTraffic): Blobs {
  return {
    async put(source, expect, signal) {
      const held = await blobs.put(source, expect, signal)
      traffic.written += held.size
      return held
    },
    async gather(expect, from, signal) {
      const held = await blobs.gather(expect, from, signal)
      traffic.written += held.size
      return held
    },
    size: (hash) => blobs.size(hash),
    async *read(hash, offset) {
      for await (const chunk of blobs.read(hash, offset)) {
        traffic.read += chunk.length
        yield chunk
      }
    },
    path: (hash) => blobs.path(hash),
  }
}

import { createHash } from 'node:crypto'
import type { AgentKey } from '@haggle/protocol'
import { networkConformance } from '../../../test/conformance/network.ts'
import { MemoryHub } from './memory-network.ts'

networkConformance('the wire in memory', () => {
  const hub = new MemoryHub()
  const ends = new Set<AgentKey>()
  return {
    async start(name, place, handlers) {
      // Any 32 bytes are a key to this wire.
      const key = createHash('sha256').update(name).digest('hex') as AgentKey
      if (place === 'end') {
        for (const other of ends) hub.cut(key, other)
        ends.add(key)
      }
      const network = hub.network(key)
      await network.start(handlers)
      return { network, key }
    },
  }
})

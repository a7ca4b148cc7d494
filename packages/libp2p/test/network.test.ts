import { networkConformance } from '../../../test/conformance/network.ts'
import { keyOf, networkOf } from './support/agents.ts'

networkConformance('libp2p', () => ({
  async start(name, place, handlers) {
    // Full with the one peer that it dials, an end never meets another.
    const network = networkOf(name, place === 'end' ? { maxPeers: 1 } : {})
    await network.start(handlers)
    return { network, key: keyOf(network) }
  },
}))

import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { PeerInfo, Startable } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import type { MulticastDNSComponents } from '@libp2p/mdns'
import { Answers, Queries } from './lan-pace.ts'
import type { Packet } from './lan-pace.ts'

/** Longer than any process lives: the library's own queries, which never become rarer, are one. */
const NEVER_MS = 2_147_483_647

export interface LanDiscoveryInit {
  readonly networkName: string
  discovered(peer: PeerInfo): void
  peerCount(): number
}

/** NET-04: a service tag of its own per network, so that networks on one LAN do not even meet. */
export function serviceTag(networkName: string): string {
  return `_haggle-${createHash('sha256').update(networkName).digest('hex').slice(0, 16)}._udp.local`
}

/**
 * Finds peers on the LAN by multicast. Everybody hears every answer to every query, so what N nodes ask and answer by a fixed
 * clock costs each of them N² messages: queries become rare with time (NET-50), and answers are bounded (NET-50).
 * It is a service of the node and no discovery of it: the node would write every answer that comes to its own store of peers.
 */
export function lanDiscovery(init: LanDiscoveryInit): (components: MulticastDNSComponents) => Startable {
  const tag = serviceTag(init.networkName)
  return ({ logger, addressManager }) => {
    const answers = new Answers({
      tag,
      peerCount: () => init.peerCount(),
      now: () => performance.now(),
      again: (query) => wireOf(service).emit('query', query),
    })
    const service = mdns({ serviceTag: tag, interval: NEVER_MS })({
      logger,
      // It asks for nothing else, for every query that it hears; without an address it does not answer.
      addressManager: {
        getAddresses: () => (answers.isDue() ? addressManager.getAddresses() : []),
      } as typeof addressManager,
    })
    service.addEventListener('peer', (event) => init.discovered(event.detail))
    let queries: Queries | undefined
    return {
      async start() {
        if (isStartable(service)) await service.start()
        const wire = wireOf(service)
        wire.on('packet', (packet) => answers.heard(packet))
        queries = new Queries(
          () => wire.query({ questions: [{ name: tag, type: 'PTR' }] }),
          () => init.peerCount(),
          () => performance.now(),
        )
        queries.start()
      },
      async stop() {
        queries?.stop()
        answers.stop()
        if (isStartable(service)) await service.stop()
      },
    }
  }
}

/** What we need of the service beside its interface: to ask and to answer when we want it, and to know what was asked. */
interface Wire {
  query(query: { readonly questions: readonly { readonly name: string; readonly type: 'PTR' }[] }): void
  on(event: 'packet', heard: (packet: Packet) => void): void
  emit(event: 'query', packet: Packet): void
}

function wireOf(service: object): Wire {
  const wire: unknown = 'mdns' in service ? service.mdns : undefined
  if (!isWire(wire)) throw new Error('this mDNS is not the one that was tried')
  return wire
}

function isWire(wire: unknown): wire is Wire {
  if (typeof wire !== 'object' || wire === null || !('query' in wire) || !('on' in wire) || !('emit' in wire))
    return false
  return [wire.query, wire.on, wire.emit].every((each) => typeof each === 'function')
}

function isStartable(service: object): service is Startable {
  return 'start' in service && 'stop' in service
}

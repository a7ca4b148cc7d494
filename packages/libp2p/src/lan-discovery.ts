import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { PeerId, PeerInfo, Startable } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import type { MulticastDNSComponents } from '@libp2p/mdns'
import { Announcers, announcementIn } from './announcers.ts'
import type { Announcement, Packet } from './announcers.ts'
import { Answers, asksFor, Queries } from './lan-pace.ts'

/** Longer than any process lives: the library's own queries, which never become rarer, are one. */
const NEVER_MS = 2_147_483_647

export interface LanDiscoveryInit {
  readonly networkName: string
  discovered(peer: PeerInfo): void
  /** Somebody said once more what it has said before. False when nothing is known of it any more, and it is to be read again. */
  spokeAgain(peer: PeerId): boolean
  peerCount(): number
}

/** NET-04: a service tag of its own per network, so that networks on one LAN do not even meet. */
export function serviceTag(networkName: string): string {
  return `_haggle-${createHash('sha256').update(networkName).digest('hex').slice(0, 16)}._udp.local`
}

/**
 * Finds peers on the LAN by multicast. Everybody hears every answer to every query, so what N nodes ask and answer by a fixed
 * clock costs each of them N² messages: queries become rare with time (NET-50), answers are bounded (NET-50, NET-52), and what was
 * said before is not read again (NET-76).
 * It is a service of the node and no discovery of it: the node would write every answer that comes to its own store of peers.
 */
export function lanDiscovery(init: LanDiscoveryInit): (components: MulticastDNSComponents) => Startable {
  const tag = serviceTag(init.networkName)
  return ({ logger, addressManager }) => {
    const announcers = new Announcers(() => performance.now())
    const answers = new Answers({
      tag,
      othersHeard: () => announcers.count,
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
    let reading: Announcement | undefined
    service.addEventListener('peer', ({ detail }) => {
      if (reading !== undefined) announcers.read(reading, detail.id)
      init.discovered(detail)
    })
    const hear = (packet: Packet, read: (packet: Packet) => void): void => {
      reading = announcementIn(packet, tag)
      const known = reading === undefined ? undefined : announcers.repeats(reading)
      if (known === undefined || !init.spokeAgain(known)) read(packet)
    }
    let queries: Queries | undefined
    return {
      async start() {
        if (isStartable(service)) await service.start()
        const wire = wireOf(service)
        const asking = new Queries(
          () => wire.query({ questions: [{ name: tag, type: 'PTR' }] }),
          () => init.peerCount(),
          () => performance.now(),
        )
        asking.start()
        queries = asking
        wire.on('packet', (packet) => {
          answers.heard(packet)
          if (asksFor(tag, packet)) asking.heard()
        })
        const read = readerOf(wire)
        wire.off('response', read)
        wire.on('response', (packet) => hear(packet, read))
      },
      async stop() {
        queries?.stop()
        answers.stop()
        if (isStartable(service)) await service.stop()
      },
    }
  }
}

/** What we need of the service beside its interface: to ask, to answer and to read when we want it, and to know what was asked. */
interface Wire {
  query(query: { readonly questions: readonly { readonly name: string; readonly type: 'PTR' }[] }): void
  on(event: 'packet' | 'response', heard: (packet: Packet) => void): void
  off(event: 'response', heard: (packet: Packet) => void): void
  listeners(event: 'response'): readonly ((packet: Packet) => void)[]
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
  if (!('off' in wire) || !('listeners' in wire)) return false
  return [wire.query, wire.on, wire.off, wire.listeners, wire.emit].every((each) => typeof each === 'function')
}

/** What the service does with an answer. */
function readerOf(wire: Wire): (packet: Packet) => void {
  const [read, ...others] = wire.listeners('response')
  if (read === undefined || others.length > 0) throw new Error('this mDNS is not the one that was tried')
  return read
}

function isStartable(service: object): service is Startable {
  return 'start' in service && 'stop' in service
}

import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'

/** The addresses of this machine, as far as reaching others depends on them. */
export interface OwnInterfaces {
  isOwn(ip: string): boolean
  /** On a link of ours, the loopback apart. */
  isNear(ip: string): boolean
  /** An address of a bridge that only this machine's containers and virtual machines see. */
  isBridge(ip: string): boolean
}

const BRIDGE = /^(docker|br-|veth|virbr|lxc|cni|flannel|podman|vmnet)/

export function ownInterfaces(): OwnInterfaces {
  const own = new Set<string>()
  const bridges = new Set<string>()
  const near = new BlockList()
  for (const [name, list] of Object.entries(networkInterfaces())) {
    for (const { address, cidr, family, internal } of list ?? []) {
      own.add(address)
      if (BRIDGE.test(name)) bridges.add(address)
      const prefix = Number(cidr?.split('/')[1])
      if (!internal && Number.isInteger(prefix)) near.addSubnet(address, prefix, family === 'IPv4' ? 'ipv4' : 'ipv6')
    }
  }
  return {
    isOwn: (ip) => own.has(ip),
    isNear: (ip) => near.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4'),
    isBridge: (ip) => bridges.has(ip),
  }
}

/** The IP of a multiaddr, or undefined when it names a host. */
export function ipOf(address: Multiaddr): string | undefined {
  const first = address.getComponents()[0]
  return first !== undefined && (first.name === 'ip4' || first.name === 'ip6') ? first.value : undefined
}

export function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1'
}

/** True when the other end of a connection is this machine. */
export function isSameHost(remote: Multiaddr, own: OwnInterfaces): boolean {
  const ip = ipOf(remote)
  return ip !== undefined && (isLoopback(ip) || own.isOwn(ip))
}

/**
 * NET-20: of what a peer says of itself, the addresses worth dialling, best first. `heardHere`: it was said on this machine.
 * A loopback address means this machine only; an address of ours in the list of a peer elsewhere is a bridge that both machines have;
 * where an address lies on a link of ours, the rest are detours.
 */
export function worthDialling(addresses: readonly Multiaddr[], own: OwnInterfaces, heardHere: boolean): Multiaddr[] {
  const placed = addresses.map((address) => ({ address, ip: ipOf(address) }))
  const loopback = placed.filter(({ ip }) => ip !== undefined && isLoopback(ip))
  const outer = placed.filter(({ ip }) => ip === undefined || !isLoopback(ip))
  const isHere = outer.every(({ ip }) => ip !== undefined && own.isOwn(ip))
  if (isHere) return (heardHere || outer.length > 0 ? [...loopback, ...outer] : []).map(({ address }) => address)
  const elsewhere = outer.filter(({ ip }) => ip === undefined || !own.isOwn(ip))
  const near = elsewhere.filter(({ ip }) => ip !== undefined && own.isNear(ip))
  return (near.length > 0 ? near : elsewhere).map(({ address }) => address)
}

/** NET-20: what we announce: no bridge addresses, unless we were told to listen there or have no others. */
export function worthAnnouncing(addresses: Multiaddr[], own: OwnInterfaces, listen: readonly string[]): Multiaddr[] {
  const kept = addresses.filter((address) => {
    const ip = ipOf(address)
    return ip === undefined || !own.isBridge(ip) || listen.some((text) => text.startsWith(`/ip4/${ip}/`))
  })
  return kept.length > 0 ? kept : addresses
}

/** The PeerId that a multiaddr ends in, if it names one. */
export function peerTextOf(address: Multiaddr): string | undefined {
  return address.getComponents().findLast((component) => component.name === 'p2p')?.value
}

/** The addresses of one peer, each ending in its PeerId; those of other peers and relays are left out. */
export function addressesOf(peerText: string, texts: readonly string[]): Multiaddr[] {
  return texts.flatMap((text) => {
    const address = multiaddr(text)
    const named = peerTextOf(address)
    if (address.getComponents().some((component) => component.name === 'p2p-circuit')) return []
    if (named === undefined) return [address.encapsulate(`/p2p/${peerText}`)]
    return named === peerText ? [address] : []
  })
}

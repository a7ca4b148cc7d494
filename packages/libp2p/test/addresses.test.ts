import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { addressesOf, isSameHost, worthAnnouncing, worthDialling } from '../src/addresses.ts'
import type { OwnInterfaces } from '../src/addresses.ts'
import { serviceTag } from '../src/lan-discovery.ts'

/** A laptop on 192.168.1.0/24 with Docker's bridge. */
const laptop: OwnInterfaces = {
  isOwn: (ip) => ['127.0.0.1', '::1', '192.168.1.7', '172.17.0.1'].includes(ip),
  isNear: (ip) => ip.startsWith('192.168.1.') || ip.startsWith('172.17.'),
  isBridge: (ip) => ip === '172.17.0.1',
}
const list = (...hosts: string[]): ReturnType<typeof multiaddr>[] => hosts.map((ip) => multiaddr(`/ip4/${ip}/tcp/4001`))
const dialled = (hosts: string[], heardHere = true): string[] =>
  worthDialling(list(...hosts), laptop, heardHere).map((address) => address.toString().split('/')[2] ?? '')

test('NET-20: a peer of this machine is reached over the loopback first', () => {
  expect(dialled(['192.168.1.7', '127.0.0.1'])).toEqual(['127.0.0.1', '192.168.1.7'])
  expect(dialled(['127.0.0.1'])).toEqual(['127.0.0.1'])
})

test('NET-20: a loopback address heard from another machine is not dialled', () => {
  expect(dialled(['127.0.0.1'], false)).toEqual([])
})

test('NET-20: of another machine neither the loopback nor the bridge that is also ours is dialled', () => {
  expect(dialled(['127.0.0.1', '172.17.0.1', '192.168.1.9'])).toEqual(['192.168.1.9'])
})

test('NET-20: an address on a link of ours makes the others detours; without one all are tried', () => {
  expect(dialled(['10.8.0.3', '192.168.1.9'])).toEqual(['192.168.1.9'])
  expect(dialled(['10.8.0.3', '203.0.113.5'])).toEqual(['10.8.0.3', '203.0.113.5'])
})

test('NET-20: a bridge is not announced, unless it is listened on by name or nothing else is left', () => {
  const both = list('172.17.0.1', '192.168.1.7')
  expect(worthAnnouncing(both, laptop, ['/ip4/0.0.0.0/tcp/4001'])).toEqual(both.slice(1))
  expect(worthAnnouncing(both, laptop, ['/ip4/172.17.0.1/tcp/4001'])).toEqual(both)
  expect(worthAnnouncing(both.slice(0, 1), laptop, ['/ip4/0.0.0.0/tcp/4001'])).toEqual(both.slice(0, 1))
})

test('NET-20: the end of a connection is this machine when it has one of its addresses', () => {
  expect(list('127.0.0.1', '192.168.1.7', '192.168.1.9').map((address) => isSameHost(address, laptop))).toEqual([
    true,
    true,
    false,
  ])
})

test('NET-20: addresses of other peers and of relays are left out, the rest name their peer', () => {
  const [ours, other] = [
    '12D3KooWPA6ax6t3jqTyGq73Zm1RmwppYqxaXzrtarfcTWGp5Wzx',
    '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
  ]
  const heard = [
    '/ip4/10.0.0.1/tcp/1',
    `/ip4/10.0.0.2/tcp/1/p2p/${other}`,
    `/ip4/10.0.0.3/tcp/1/p2p/${ours}`,
    `/p2p/${other}/p2p-circuit`,
  ]
  expect(addressesOf(ours, heard).map(String)).toEqual([
    `/ip4/10.0.0.1/tcp/1/p2p/${ours}`,
    `/ip4/10.0.0.3/tcp/1/p2p/${ours}`,
  ])
})

test('NET-04: every network has a service tag of its own, whatever its name', () => {
  const tags = ['lab', 'Lab', 'lab '.repeat(40), 'Zürich/ß'].map(serviceTag)
  expect(new Set(tags).size).toBe(tags.length)
  for (const tag of tags) expect(tag).toMatch(/^_[a-z0-9-]{1,62}\._udp\.local$/)
})

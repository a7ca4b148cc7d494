import { expect, test } from 'vitest'
import { differingParams, helloBytes, helloFrom } from '../src/hello.ts'
import { peersBytes, peersFrom } from '../src/peer-exchange.ts'
import { messageDigest } from '../src/message-id.ts'
import type { AgentKey } from '@haggle/protocol'
import { helloOf } from './support/agents.ts'

const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
const good = { ...helloOf(), addresses: ['/ip4/127.0.0.1/tcp/1'] }

test('NET-17: a hello reads back as it was said', () => {
  expect(helloFrom(helloBytes(good, good.addresses))).toEqual(good)
})

test.each([
  ['no object', []],
  ['no time', { ...good, time: undefined }],
  ['a time that is no integer', { ...good, time: 1.5 }],
  ['an empty name', { ...good, network: '' }],
  ['a name that is too long', { ...good, network: 'x'.repeat(129) }],
  ['an id that is not hexadecimal', { ...good, networkId: 'XYZ' }],
  ['params with a text', { ...good, params: { lease: '1' } }],
  ['params with a name to print on a terminal', { ...good, params: { '\u001b[2J': 1 } }],
  ['too many params', { ...good, params: Object.fromEntries(Array.from({ length: 129 }, (_, n) => [`p${n}`, n])) }],
  ['too many addresses', { ...good, addresses: Array.from({ length: 17 }, () => '/ip4/127.0.0.1/tcp/1') }],
  ['no addresses', { ...good, addresses: undefined }],
])('NET-17: a hello with %s is none', (_name, value) => {
  expect(helloFrom(bytes(value))).toBeUndefined()
})

test('NET-17: params cannot reach a prototype', () => {
  const hostile = JSON.stringify(good).replace('"lease":1', '"__proto__":1')
  expect(helloFrom(Buffer.from(hostile))).toBeUndefined()
  expect(helloFrom(Buffer.from('{"network":'))).toBeUndefined()
  expect(helloFrom(Buffer.of(0xff, 0xfe))).toBeUndefined()
})

test('NET-19: params that one side lacks differ too', () => {
  expect(differingParams({ a: 1, b: 2, c: 3 }, { b: 2, c: 4, d: 5 })).toEqual(['a', 'c', 'd'])
})

test('NET-21: a list of peers reads back, at most sixteen of them, and a broken one is none', () => {
  const peers = Array.from({ length: 20 }, (_, n) => ({
    key: n.toString(16).padStart(64, '0') as AgentKey,
    addresses: ['/ip4/10.0.0.1/tcp/1'],
  }))
  expect(peersFrom(peersBytes(peers))).toEqual(peers.slice(0, 16))
  expect(peersFrom(bytes({}))).toBeUndefined()
  expect(peersFrom(bytes([{ peer: 'nobody', addresses: [] }]))).toBeUndefined()
  expect(peersFrom(bytes(Array.from({ length: 17 }, () => ({}))))).toBeUndefined()
})

test('NET-11: the id of a message covers its topic and its content', () => {
  const [one, two] = [Buffer.from('record'), Buffer.from('record')]
  expect(messageDigest('a', one)).toEqual(messageDigest('a', two))
  expect(messageDigest('b', one)).not.toEqual(messageDigest('a', one))
  expect(messageDigest('a', Buffer.from('other'))).not.toEqual(messageDigest('a', one))
})

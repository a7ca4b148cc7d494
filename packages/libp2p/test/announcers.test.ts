import { expect, test } from 'vitest'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { Announcers, announcementIn } from '../src/announcers.ts'
import { timings } from '../src/timings.ts'

const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
const said = { name: 'somebody', text: 'dnsaddr=/ip4/10.0.0.1/tcp/4001' }

/** Announcers on a clock that the test moves. */
function heard(): { readonly announcers: Announcers; readonly pass: (ms: number) => void } {
  let now = 1_000
  return { announcers: new Announcers(() => now), pass: (ms) => void (now += ms) }
}

test('NET-76: what was said before is known again, what is new is to be read', () => {
  const { announcers } = heard()
  expect(announcers.repeats(said)).toBeUndefined()
  announcers.read(said, peer)
  expect(announcers.repeats(said)).toBe(peer)
  expect(announcers.repeats({ ...said, text: 'dnsaddr=/ip4/10.0.0.2/tcp/4001' })).toBeUndefined()
  expect(announcers.repeats({ ...said, name: 'somebody else' })).toBeUndefined()
})

test('NET-76: once in a minute it is read all the same, however often it is said', () => {
  const { announcers, pass } = heard()
  announcers.read(said, peer)
  for (let passed = 0; passed < timings.rereadMs; passed += 1_000) {
    expect(announcers.repeats(said)).toBe(peer)
    pass(1_000)
  }
  pass(1)
  expect(announcers.repeats(said)).toBeUndefined()
})

test('NET-52: who was not heard for ten minutes is not counted, whoever began to speak first', () => {
  const { announcers, pass } = heard()
  announcers.read(said, peer)
  announcers.read({ ...said, name: 'silent' }, peer)
  expect(announcers.count).toBe(2)
  pass(timings.crowdMemoryMs)
  announcers.read(said, peer)
  pass(1)
  announcers.read(said, peer)
  expect(announcers.count).toBe(1)
})

test('names on the LAN cost nothing: only so many are remembered', () => {
  const { announcers } = heard()
  for (let n = 0; n < 2_000; n += 1) announcers.read({ ...said, name: `name-${n}` }, peer)
  expect(announcers.count).toBe(512)
})

test('an announcement is read from answers and additional records alike, and only for our own service', () => {
  const pointer = { name: '_ours', type: 'PTR', data: 'somebody._ours' }
  const address = { name: 'somebody._ours', type: 'TXT', data: [Buffer.from('dnsaddr=/ip4/10.0.0.1/tcp/4001')] }
  const expected = { name: 'somebody._ours', text: 'dnsaddr=/ip4/10.0.0.1/tcp/4001' }
  expect(announcementIn({ type: 'response', answers: [pointer, address] }, '_ours')).toEqual(expected)
  expect(announcementIn({ type: 'response', answers: [pointer], additionals: [address] }, '_ours')).toEqual(expected)
  expect(announcementIn({ type: 'response', answers: [pointer, address] }, '_theirs')).toBeUndefined()
  expect(announcementIn({ type: 'response' }, '_ours')).toBeUndefined()
})

import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import {
  authenticate,
  createRecord,
  decodeCanonical,
  decodeWire,
  encodeWire,
  limits,
  networkIdOf,
  payloadHashOf,
  protocolParams,
  recordIdOf,
  recordView,
  schemas,
  shardOf,
  signedMessage,
  toHex,
  violations,
  type Cbor,
  type HaggleRecord,
  type RecordType,
} from '@haggle/protocol'
import { anyBody, arbitrary, bodyOf, recordTypes } from './arbitrary.ts'
import { networkId, originNamed, verifyEd25519 } from './key-pair.ts'

type Verify = Parameters<typeof authenticate>[1]

const origin = originNamed('author')

function make(type: RecordType, body: Cbor): HaggleRecord {
  return createRecord(type, schemas[type].decode(body, type), origin)
}

const bid = createRecord(
  'bid',
  schemas.bid.decode(fc.sample(arbitrary(schemas.bid.shape), { numRuns: 1, seed: 7 })[0], 'bid'),
  origin,
)
const failed = createRecord(
  'failed',
  schemas.failed.decode([1, new Uint8Array(32), 1, 1, new Uint8Array(32), 0, 'exit-1', 'caf\u00e9'], 'failed'),
  origin,
)

describe('a record', () => {
  test.each(recordTypes)('ENC-01 ENC-02 ENC-12 of type %s survives wire and file whatever its body', (type) => {
    fc.assert(
      fc.property(bodyOf(type), (body) => {
        const record = make(type, body)
        expect(schemas[type].encode(record.body as never)).toEqual(body)
        const fromWire = decodeWire(encodeWire(record), networkId)
        const fromFile = decodeCanonical(record.bytes, record.signature, networkId)
        expect(fromWire).toEqual({ ok: true, unverified: { claimed: record } })
        expect(fromFile).toEqual(fromWire)
        expect(() => JSON.stringify(recordView(record))).not.toThrow()
      }),
      { numRuns: 25 },
    )
  })

  test('ENC-13 ENC-14 ids and payload hashes are SHA-256', () => {
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    expect(recordIdOf(new Uint8Array())).toBe(empty)
    expect(payloadHashOf(new Uint8Array())).toBe(empty)
  })

  test('ENC-15 shows people CIDs, PeerIds and hexadecimal', () => {
    const award = make('award', fc.sample(arbitrary(schemas.award.shape), { numRuns: 1, seed: 3 })[0] ?? null)
    const text = JSON.stringify(recordView(award))
    expect(text).toMatch(/"task":"bafyrei/)
    expect(text).toMatch(/"worker":"12D3KooW|"worker":"1[1-9A-HJ-NP-Za-km-z]+"/)
    expect(text).toMatch(/"nonceReveal":"[0-9a-f]{64}"/)
  })

  test('ENC-12 that does not fit its own schema is our bug and throws', () => {
    expect(() => createRecord('bid', { ...bid.body, price: -1 }, origin)).toThrow(TypeError)
    const reason =
      (note: string): (() => unknown) =>
      () =>
        createRecord('failed', { ...failed.body, note }, origin)
    expect(reason('fine')).not.toThrow()
    expect(reason('\ud800')).toThrow(TypeError)
    expect(reason('\uFEFFmark')).toThrow(TypeError)
    expect(reason('cafe\u0301')).toThrow(TypeError)
  })

  test('keeps its own copy of the body', () => {
    const nonce = new Uint8Array(16)
    const record = createRecord('bid', { ...bid.body, nonce }, origin)
    nonce.fill(9)
    expect(record.body.nonce).toEqual(new Uint8Array(16))
  })

  test('decoded from a Buffer shares no memory with it', () => {
    const buffer = Buffer.from(encodeWire(bid))
    const decoded = decodeWire(buffer, networkId)
    const file = Buffer.from(bid.bytes)
    const fromFile = decodeCanonical(file, bid.signature, networkId)
    buffer.fill(0)
    file.fill(0)
    expect(decoded).toEqual({ ok: true, unverified: { claimed: bid } })
    expect(fromFile).toEqual(decoded)
  })
})

describe('hostile bytes', () => {
  test('ENC-19 never make a decoder throw, and only canonical bytes are read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const decoded = decodeWire(bytes, networkId)
        if (decoded.ok) expect(toHex(encodeWire(decoded.unverified.claimed))).toBe(toHex(bytes))
        decodeCanonical(bytes, bytes, networkId)
      }),
      { numRuns: 2_000 },
    )
  })

  test('T-01 ENC-05 ID-07 no byte of a valid record can be changed', () => {
    fc.assert(
      fc.property(anyBody, fc.nat(), fc.integer({ min: 1, max: 255 }), ([type, body], place, mask) => {
        const wire = encodeWire(make(type, body))
        const at = place % wire.length
        wire[at] = (wire[at] ?? 0) ^ mask
        const decoded = decodeWire(wire, networkId)
        const checked = decoded.ok ? authenticate(decoded.unverified, verifyEd25519) : decoded
        expect(checked.ok).toBe(false)
      }),
      { numRuns: 400 },
    )
  })

  test('ENC-05 every value of every single byte of one record is refused', () => {
    const wire = encodeWire(failed)
    const accepted: string[] = []
    // A false verifier is enough here: what decodes to other bytes needs another signature.
    for (let at = 0; at < wire.length; at += 1) {
      for (let mask = 1; mask < 256; mask += 1) {
        const changed = wire.with(at, (wire[at] ?? 0) ^ mask)
        const decoded = decodeWire(changed, networkId)
        if (!decoded.ok) continue
        const { claimed } = decoded.unverified
        const same = claimed.id === failed.id && claimed.author === failed.author
        if (same && toHex(claimed.signature) === toHex(failed.signature)) accepted.push(`${at}:${mask}`)
      }
    }
    expect(accepted).toEqual([])
  })

  test('ENC-04 every truncation is malformed', () => {
    const wire = encodeWire(bid)
    for (let length = 0; length < wire.length; length += 1) {
      const decoded = decodeWire(wire.subarray(0, length), networkId)
      expect(decoded).toMatchObject({ ok: false, violation: { code: 'record/malformed' } })
    }
  })

  test('ENC-03 the limit is exact, and the same for both forms', () => {
    const code = (decoded: ReturnType<typeof decodeWire>): string => (decoded.ok ? 'ok' : decoded.violation.code)
    expect(code(decodeWire(new Uint8Array(limits.recordBytes + 1), networkId))).toBe('record/too-large')
    expect(code(decodeWire(new Uint8Array(limits.recordBytes), networkId))).toBe('record/malformed')
    expect(code(decodeCanonical(new Uint8Array(limits.recordBytes - 31), bid.signature, networkId))).toBe(
      'record/too-large',
    )
    expect(code(decodeCanonical(new Uint8Array(limits.recordBytes - 32), bid.signature, networkId))).toBe(
      'record/malformed',
    )
  })

  test('ENC-08 ENC-11 a name of an object prototype leaves prototypes alone', () => {
    const before = Object.getOwnPropertyNames(Object.prototype)
    // The text map {"__proto__": {"polluted": 1}}, then a list with `__proto__` as its type.
    for (const bytes of ['a1695f5f70726f746f5f5fa168706f6c6c7574656401', '85695f5f70726f746f5f5f0100']) {
      expect(decodeWire(new Uint8Array(Buffer.from(bytes, 'hex')), networkId).ok).toBe(false)
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('authentication', () => {
  const decoded = decodeWire(encodeWire(bid), networkId)
  if (!decoded.ok) throw new Error(decoded.violation.note)

  test('ID-04 a signature is over the domain of the type and the id', () => {
    const seen = vi.fn<Verify>(() => true)
    expect(authenticate(decoded.unverified, seen)).toEqual({ ok: true, record: bid })
    expect(seen).toHaveBeenCalledWith(bid.author, signedMessage('bid', bid.id), bid.signature)
    expect(toHex(signedMessage('bid', bid.id))).toBe(`${toHex(Buffer.from('haggle/1/bid\0'))}${bid.id}`)
  })

  test('T-02 ID-05 ID-06 the pre-check refuses before the library is asked', () => {
    const asked = vi.fn<Verify>(() => true)
    const claimed = { ...bid, signature: new Uint8Array(64).fill(255) }
    expect(authenticate({ claimed }, asked)).toMatchObject({ violation: { code: 'record/signature' } })
    // The identity, the simplest point of small order.
    const author = `01${'00'.repeat(31)}` as typeof bid.author
    expect(authenticate({ claimed: { ...bid, author } }, asked)).toMatchObject({ violation: { code: 'record/key' } })
    expect(asked).not.toHaveBeenCalled()
  })

  test('ID-06 S is refused from the group order on, without asking the library', () => {
    const order = Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex')
    const asked = vi.fn<Verify>(() => true)
    const withS = (s: Uint8Array): boolean => {
      const signature = new Uint8Array([...bid.signature.subarray(0, 32), ...s])
      return authenticate({ claimed: { ...bid, signature } }, asked).ok
    }
    expect(withS(order)).toBe(false)
    expect(withS(order.with(31, 0x11))).toBe(false)
    expect(asked).not.toHaveBeenCalled()
    expect(withS(order.with(0, 0xec))).toBe(true)
  })

  test('ID-09 the author is the only key of a record, and an unverified claim is not a record', () => {
    const wire = toHex(encodeWire(bid))
    expect(wire.split(bid.author)).toHaveLength(2)
    // @ts-expect-error a claim must pass `authenticate` before it may be used as a record
    const record: HaggleRecord = decoded.unverified
    expect(record).not.toHaveProperty('id')
  })

  test('ID-10 the same content by the same author is the same record, byte for byte', () => {
    const again = createRecord('bid', bid.body, origin)
    expect(toHex(encodeWire(again))).toBe(toHex(encodeWire(bid)))
    expect(again.id).toBe(bid.id)
  })
})

describe('a network', () => {
  test('T-03 ID-01 ID-02 ID-03 has another id for another name or any other parameter', () => {
    const names = Object.keys(protocolParams)
    const ids = names.map((name) => networkIdOf('test', { ...protocolParams, [name]: 999_999_937 }))
    expect(new Set([...ids, networkId, networkIdOf('test2', protocolParams)]).size).toBe(names.length + 2)
    expect(networkIdOf('test', Object.fromEntries(Object.entries(protocolParams).toReversed()))).toBe(networkId)
    expect(() => networkIdOf('Not A Name', protocolParams)).toThrow(TypeError)
    expect(() => networkIdOf('test', { half: 0.5 })).toThrow(TypeError)
  })

  test('ENC-18 spreads skills over all shards', () => {
    // From the definition: SHA-256('shout') as a number, modulo 1,024.
    expect(shardOf('shout')).toBe(Number(BigInt(`0x${payloadHashOf(new Uint8Array(Buffer.from('shout')))}`) % 1_024n))
    const used = new Set(Array.from({ length: 20_000 }, (_, index) => shardOf(`skill-${index}`)))
    expect(used.size).toBe(1_024)
  })
})

test('every violation names a requirement, and provable ones are passed on', () => {
  for (const rule of Object.values(violations)) {
    expect(rule.spec).toMatch(/^(ENC|ID|MKT|CON|LEASE|NET|TIME|EVI)-\d\d$/)
    expect(rule.gossip === 'accept').toBe(rule.provable)
    expect(rule.gossip === 'reject' && rule.severity === 0).toBe(false)
  }
})

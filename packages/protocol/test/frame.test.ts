import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeFrame, encodeFrame, HaggleError, LAST_EPOCH, limits, type Frame, type RecordId } from '@haggle/protocol'

const id = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  // 32 bytes in hexadecimal are what an id is.
  .map((bytes) => Buffer.from(bytes).toString('hex') as RecordId)
const ids = fc.array(id, { maxLength: 20 })
const contract = id
const generation = fc.integer({ min: 1, max: limits.generations })
const n = fc.maxSafeNat()
const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((value) => new Uint8Array(value))

const exactly = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((value) => new Uint8Array(value))

const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ kind: fc.constant('heartbeat'), contract, generation, n }),
  fc.record({ kind: fc.constant('heartbeat-ack'), contract, n }),
  fc.record({ kind: fc.constant('tip'), contract, generation, held: ids, answer: fc.boolean() }),
  fc.record({
    kind: fc.constant('digest'),
    shards: fc.array(fc.nat(limits.shards - 1), { maxLength: 20 }),
    held: ids,
    answer: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('want'), ids }),
  fc.record({
    kind: fc.constant('reconcile'),
    session: n,
    step: fc.nat(255),
    begin: fc.option(fc.record({ salt: exactly(16), digest: exactly(32) })),
    ranges: fc.array(
      fc.record({
        epoch: fc.nat(LAST_EPOCH),
        prefix: fc.uint8Array({ maxLength: 32 }).map((value) => new Uint8Array(value)),
        print: fc.option(exactly(16)),
        ids: fc.option(ids),
      }),
      { maxLength: 5 },
    ),
    offer: ids,
    want: ids,
  }),
  fc.record({
    kind: fc.constant('records'),
    records: fc.array(bytes, { maxLength: 5 }),
    payloads: fc.array(bytes, { maxLength: limits.framePayloads }),
  }),
)

describe('a frame', () => {
  test('ENC-16 of any kind survives the stream', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        expect(decodeFrame(encodeFrame(frame))).toEqual({ ok: true, frame })
      }),
    )
  })

  test('ENC-17 holds a full digest of the board', () => {
    const held = Array.from({ length: limits.frameIds }, (_, index) => index.toString(16).padStart(64, '0') as RecordId)
    const shards = Array.from({ length: limits.shards }, (_, index) => index)
    const frame = { kind: 'digest', shards, held, answer: true } as const
    expect(decodeFrame(encodeFrame(frame))).toEqual({ ok: true, frame })
  })

  test('ENC-17 holds a largest record with all its payloads', () => {
    const payloads = Array.from({ length: limits.framePayloads }, () => new Uint8Array(limits.inlineBytes))
    const frame = { kind: 'records', records: [new Uint8Array(limits.recordBytes)], payloads } as const
    expect(decodeFrame(encodeFrame(frame))).toEqual({ ok: true, frame })
  })

  test('ENC-20 ENC-21 holds as many ranges as there can be ids, each with the longest bound and a fingerprint', () => {
    const range = { epoch: LAST_EPOCH, prefix: new Uint8Array(32), print: new Uint8Array(16), ids: null }
    const ranges = Array.from({ length: limits.frameIds }, () => range)
    const frame = { kind: 'reconcile', session: 1, step: 2, begin: null, ranges, offer: [], want: [] } as const
    expect(decodeFrame(encodeFrame(frame))).toEqual({ ok: true, frame })
    expect(() => encodeFrame({ ...frame, ranges: [...ranges, range] })).toThrow(TypeError)
    const salt = new Uint8Array(15)
    expect(() => encodeFrame({ ...frame, begin: { salt, digest: new Uint8Array(32) } })).toThrow(TypeError)
  })

  test('ENC-17 beyond its bounds is our bug and throws before it is sent', () => {
    const records = Array.from({ length: limits.frameRecords + 1 }, () => Uint8Array.of(1))
    expect(() => encodeFrame({ kind: 'records', records, payloads: [] })).toThrow(TypeError)
    const large = Array.from({ length: 5 }, () => new Uint8Array(limits.recordBytes))
    expect(() => encodeFrame({ kind: 'records', records: large, payloads: [] })).toThrow(TypeError)
  })

  test('ENC-19 of arbitrary bytes never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (raw) => {
        const decoded = decodeFrame(raw)
        if (decoded.ok) expect(encodeFrame(decoded.frame)).toEqual(new Uint8Array(raw))
      }),
      { numRuns: 2_000 },
    )
  })
})

test('an operational error says what failed, with which facts, and what to do next', () => {
  const cause = new Error('EACCES')
  const error = new HaggleError('journal/locked', 'The journal is in use', { next: 'Stop the other process.', cause })
  expect(error).toMatchObject({ code: 'journal/locked', detail: {}, next: 'Stop the other process.', cause })
  expect(error).toBeInstanceOf(Error)
})

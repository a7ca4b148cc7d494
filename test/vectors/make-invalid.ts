import { encode } from 'cborg'
import { LAST_EPOCH, limits, reservedTypes, schemas, type Cbor, type RecordType, type ViolationCode } from '@haggle/protocol'
import { crafted } from './crafted.ts'
import { fill } from './fill.ts'
import type { Vector } from './make.ts'
import { signerNamed } from './keys.ts'
import * as s from './seal.ts'

const BID_AT = 0
const BID_GENERATION = 2
const BID_PRICE = 3
const BID_FIRM = 6
const FAILED_NOTE = 7

/** Every vector that must be refused, by file name, in the order of the checks. */
export function invalidVectors(): ReadonlyMap<string, Vector> {
  const out = new Map<string, Vector>()
  const add = (name: string, spec: string, violation: ViolationCode, input: Vector): void => {
    out.set(name, {
      title: name.replace('.', ': ').replaceAll('-', ' '),
      spec: [spec],
      networkId: s.networkId,
      ...input,
      violation,
    })
  }
  const wire = (bytes: Uint8Array): Vector => ({ wire: s.show(bytes) })
  const body = (type: RecordType, field: number, raw: Uint8Array): Vector =>
    wire(s.seal(type, { body: changed(type, field, raw) }).wire)
  addBytes(add, wire, body)
  addHeads(add, wire)
  addShapes(add, wire, body)
  addSignatures(add, wire)
  addFrames(add)
  return out
}

type Add = (name: string, spec: string, violation: ViolationCode, input: Vector) => void
type Wire = (bytes: Uint8Array) => Vector
type Body = (type: RecordType, field: number, raw: Uint8Array) => Vector

function addBytes(add: Add, wire: Wire, body: Body): void {
  const bid = s.seal('bid', { body: encode(full('bid')) }).wire
  const bidFields = s.fieldsOf(full('bid'))
  add('bid.too-large', 'ENC-03', 'record/too-large', {
    wireRuns: [
      ['85', 1],
      ['00', limits.recordBytes],
    ],
  })
  add('bid.empty', 'ENC-04', 'record/malformed', wire(new Uint8Array()))
  add('bid.truncated', 'ENC-04', 'record/malformed', wire(bid.subarray(0, -1)))
  add('bid.trailing-byte', 'ENC-04', 'record/malformed', wire(s.concat(bid, Uint8Array.of(0))))
  add('bid.unassigned-head', 'ENC-04', 'record/malformed', body('bid', BID_AT, s.hex('1c')))
  add('bid.stray-break', 'ENC-04', 'record/malformed', body('bid', BID_AT, s.hex('ff')))
  add('bid.list-of-four-billion', 'ENC-04', 'record/malformed', wire(s.hex('9affffffff')))
  add('offer.non-shortest-integer', 'ENC-05', 'record/non-canonical', body('offer', 0, s.hex('1805')))
  add('offer.non-shortest-length', 'ENC-05', 'record/non-canonical', body('offer', 1, s.hex(`5810${'00'.repeat(16)}`)))
  add(
    'bid.non-shortest-list',
    'ENC-05',
    'record/non-canonical',
    wire(s.seal('bid', { body: s.concat(s.hex('980a'), ...bidFields) }).wire),
  )
  add('failed.broken-utf8', 'ENC-06', 'record/non-canonical', body('failed', FAILED_NOTE, s.hex('62c328')))
  add('failed.surrogate-in-utf8', 'ENC-06', 'record/non-canonical', body('failed', FAILED_NOTE, s.hex('63eda080')))
  add('failed.byte-order-mark', 'ENC-06', 'record/non-canonical', body('failed', FAILED_NOTE, s.hex('64efbbbf61')))
  add('failed.nfd-text', 'ENC-06', 'record/non-canonical', body('failed', FAILED_NOTE, encode('cafe\u0301')))
  add('bid.nested-too-deep', 'ENC-07', 'record/non-canonical', body('bid', BID_AT, s.nest(limits.depth - 1)))
  add('bid.nested-to-the-limit', 'ENC-07', 'record/shape', body('bid', BID_AT, s.nest(limits.depth - 2)))
  add('bid.nested-a-thousand-times', 'ENC-07', 'record/non-canonical', body('bid', BID_AT, s.nest(1_000)))
  add(
    'bid.map-instead-of-tuple',
    'ENC-08',
    'record/non-canonical',
    wire(s.seal('bid', { body: s.hex('a1 6261740a') }).wire),
  )
  add('bid.nested-to-the-end', 'ENC-07', 'record/non-canonical', {
    wireRuns: [['81', limits.recordBytes]],
  })
  add('bid.bytes-of-2-64', 'ENC-04', 'record/malformed', body('bid', BID_AT, s.hex('5bffffffffffffffff')))
  add('bid.list-of-2-53', 'ENC-04', 'record/malformed', body('bid', BID_AT, s.hex('9b001fffffffffffff')))
  add('failed.text-of-four-billion', 'ENC-04', 'record/malformed', body('failed', FAILED_NOTE, s.hex('7affffffff61')))
  add('bid.map-with-one-key-twice', 'ENC-08', 'record/non-canonical', body('bid', BID_AT, s.hex('a2616101616102')))
  add('bid.indefinite-map', 'ENC-08', 'record/non-canonical', body('bid', BID_AT, s.hex('bf616101ff')))
  add(
    'bid.map-with-constructor',
    'ENC-08',
    'record/non-canonical',
    wire(s.seal('bid', { body: encode({ constructor: { prototype: 1 } }) }).wire),
  )
  add(
    'bid.map-with-prototype',
    'ENC-08',
    'record/non-canonical',
    wire(s.seal('bid', { body: encode({ ['__proto__']: 1 }) }).wire),
  )
  add('bid.float', 'ENC-08', 'record/non-canonical', body('bid', BID_AT, s.hex('f93c00')))
  add('bid.nan', 'ENC-08', 'record/non-canonical', body('bid', BID_AT, s.hex('f97e00')))
  add('bid.undefined', 'ENC-08', 'record/non-canonical', body('bid', BID_AT, s.hex('f7')))
  add('bid.simple-value', 'ENC-08', 'record/non-canonical', body('bid', BID_AT, s.hex('e0')))
  add('bid.tag', 'ENC-08', 'record/non-canonical', body('bid', BID_AT, s.hex('c100')))
  add('bid.big-number', 'ENC-08', 'record/non-canonical', body('bid', BID_AT, s.hex('c249010000000000000000')))
  add('bid.integer-beyond-2-53', 'ENC-08', 'record/non-canonical', body('bid', BID_PRICE, s.hex('1b0020000000000000')))
  add(
    'bid.integer-below-minus-2-53',
    'ENC-08',
    'record/non-canonical',
    body('bid', BID_PRICE, s.hex('3b001fffffffffffff')),
  )
  add(
    'bid.indefinite-list',
    'ENC-08',
    'record/non-canonical',
    wire(s.seal('bid', { body: s.concat(s.hex('9f'), ...bidFields, s.hex('ff')) }).wire),
  )
  add('failed.indefinite-text', 'ENC-08', 'record/non-canonical', body('failed', FAILED_NOTE, s.hex('7f6161ff')))
  add('offer.indefinite-bytes', 'ENC-08', 'record/non-canonical', body('offer', 1, s.hex('5f4100ff')))
}

function addHeads(add: Add, wire: Wire): void {
  const body = encode(full('bid'))
  const typed = (type: string): Vector => wire(s.seal('bid', { body, type: encode(type) }).wire)
  add('bid.version-2', 'ENC-09', 'record/version', wire(s.seal('bid', { body, version: encode(2) }).wire))
  add(
    'bid.unknown-type-of-version-2',
    'ENC-09',
    'record/version',
    wire(s.seal('bid', { body, type: encode('barter'), version: encode(2) }).wire),
  )
  for (const type of reservedTypes) add(`${type}.reserved-type`, 'ENC-10', 'record/reserved-type', typed(type))
  for (const type of ['barter', 'constructor', '__proto__', 'toString', '']) {
    add(`${type === '' ? 'empty' : type}.unknown-type`, 'ENC-11', 'record/unknown-type', typed(type))
  }
}

function addShapes(add: Add, wire: Wire, body: Body): void {
  const fields = s.fieldsOf(full('bid'))
  const sealed = s.seal('bid', { body: encode(full('bid')) })
  const terms = list(full('offer'))[2]
  const shape = (name: string, input: Vector): void => add(name, 'ENC-12', 'record/shape', input)
  shape('bid.extra-field', wire(s.seal('bid', { body: s.tuple([...fields, s.hex('f6')]) }).wire))
  shape('bid.missing-field', wire(s.seal('bid', { body: s.tuple(fields.slice(0, -1)) }).wire))
  shape('bid.null-for-required', body('bid', BID_PRICE, s.hex('f6')))
  shape('bid.negative-integer', body('bid', BID_PRICE, s.hex('20')))
  shape('bid.integer-below-minimum', body('bid', BID_GENERATION, s.hex('00')))
  shape('bid.integer-above-maximum', body('bid', BID_GENERATION, encode(limits.generations + 1)))
  shape('bid.integer-for-boolean', body('bid', BID_FIRM, s.hex('01')))
  shape('bid.text-for-integer', body('bid', BID_PRICE, encode('1')))
  shape('bid.short-id', body('bid', 1, encode(new Uint8Array(31))))
  shape('bid.text-for-bytes', body('bid', 1, encode('0'.repeat(32))))
  shape('failed.long-text', body('failed', FAILED_NOTE, encode('\u00e9'.repeat(129))))
  shape('offer.unknown-word', body('offer', 5, encode('barter')))
  shape('offer.prototype-as-skill', body('offer', 2, encode(list(terms).with(0, '__proto__'))))
  shape('offer.no-milestone', body('offer', 2, encode(list(terms).with(2, []))))
  for (const tag of ['__proto__', 'constructor', 'oracle']) {
    const milestone = ['m', 1, 1_000, [tag, []]]
    shape(`offer.acceptance-${tag.replaceAll('_', '')}`, body('offer', 2, encode(list(terms).with(2, [milestone]))))
  }
  shape(
    'advert.too-many-skills',
    body('advert', 3, encode(Array.from({ length: limits.skillsPerAdvert + 1 }, () => ['a', 1, null, null]))),
  )
  shape('record.not-a-list', wire(s.hex('00')))
  shape('record.four-fields', wire(s.concat(s.hex('84'), sealed.wire.subarray(1, -encode(full('bid')).length))))
  shape('record.six-fields', wire(s.concat(s.hex('86'), sealed.wire.subarray(1), s.hex('f6'))))
  shape('record.integer-as-type', wire(s.seal('bid', { body: encode(full('bid')), type: encode(7) }).wire))
  shape('record.text-as-version', wire(s.seal('bid', { body: encode(full('bid')), version: encode('1') }).wire))
  shape(
    'record.short-signature',
    wire(s.seal('bid', { body: encode(full('bid')), sign: (m) => s.worker.sign(m).subarray(1) }).wire),
  )
  add('file.short-signature', 'ENC-12', 'record/shape', {
    canonical: s.show(sealed.canonical),
    signature: s.show(sealed.signature.subarray(1)),
  })
}

function addSignatures(add: Add, wire: Wire): void {
  const body = encode(full('accept'))
  const good = s.seal('accept', { body })
  const elsewhere = s.seal('accept', { body, network: s.otherNetworkId })
  const signature = (name: string, spec: string, bytes: Uint8Array): void =>
    add(name, spec, 'record/signature', wire(bytes))
  add('file.wrong-network', 'ID-03', 'record/wrong-network', {
    canonical: s.show(elsewhere.canonical),
    signature: s.show(elsewhere.signature),
  })
  signature('accept.signed-for-another-network', 'ID-03', elsewhere.wire)
  signature('accept.wrong-domain', 'ID-04', s.seal('accept', { body, domain: 'decline' }).wire)
  signature(
    'accept.signed-by-another',
    'ID-07',
    s.seal('accept', { body, sign: (m) => signerNamed('somebody else').sign(m) }).wire,
  )
  signature('accept.changed-body', 'ID-07', lastByteChanged(good.wire))
  signature('accept.all-zero-signature', 'ID-06', s.seal('accept', { body, sign: () => new Uint8Array(64) }).wire)
  for (const [name, sealed] of Object.entries(crafted(body))) {
    const spec = name.endsWith('mixed-order-key') ? 'ID-08' : name.endsWith('key') ? 'ID-05' : 'ID-06'
    add(name, spec, spec === 'ID-05' ? 'record/key' : 'record/signature', {
      ...wire(sealed.wire),
      message: s.show(sealed.message),
    })
  }
}

function addFrames(add: Add): void {
  const id = new Uint8Array(32)
  const frame = (name: string, spec: string, value: unknown): void => {
    add(`frame.${name}`, spec, 'frame/malformed', { frame: s.show(encode(value)) })
  }
  frame('unknown-kind', 'ENC-16', ['gossip', []])
  frame('prototype-kind', 'ENC-16', ['__proto__', []])
  frame('missing-field', 'ENC-16', ['heartbeat', [id, 1]])
  frame('float', 'ENC-16', ['heartbeat-ack', [id, 1.5]])
  frame('map', 'ENC-16', ['want', { ids: [id] }])
  frame('map-with-prototype', 'ENC-16', ['want', { ['__proto__']: [id] }])
  add('frame.nested-a-hundred-thousand-times', 'ENC-16', 'frame/malformed', { frameRuns: [['81', 100_000]] })
  add('frame.list-of-2-53', 'ENC-16', 'frame/malformed', { frame: '826477616e74819b001fffffffffffff' })
  add('frame.bytes-of-2-64', 'ENC-16', 'frame/malformed', { frame: '826477616e7481815bffffffffffffffff' })
  add('frame.one-key-twice', 'ENC-16', 'frame/malformed', { frame: '826477616e74a2616101616102' })
  add('frame.indefinite-list', 'ENC-16', 'frame/malformed', { frame: '826477616e74819fff' })
  frame('shard-out-of-range', 'ENC-17', ['digest', [[limits.shards], [], true]])
  frame('too-many-records', 'ENC-17', [
    'records',
    [Array.from({ length: limits.frameRecords + 1 }, () => Uint8Array.of(0)), []],
  ])
  frame('too-many-payloads', 'ENC-17', [
    'records',
    [[], Array.from({ length: limits.framePayloads + 1 }, () => Uint8Array.of(0))],
  ])
  addReconcileFrames(frame)
  add('frame.truncated', 'ENC-16', 'frame/malformed', { frame: s.show(encode(['want', [[id]]]).subarray(0, -1)) })
  add('frame.trailing-byte', 'ENC-16', 'frame/malformed', {
    frame: s.show(s.concat(encode(['want', [[id]]]), Uint8Array.of(0))),
  })
  add('frame.too-large', 'ENC-17', 'frame/too-large', {
    frameRuns: [
      ['82', 1],
      ['00', limits.frameBytes],
    ],
  })
  add('frame.too-many-ids', 'ENC-17', 'frame/malformed', {
    frameRuns: [
      ['826477616e748199', 1],
      ['1001', 1],
      [`5820${'00'.repeat(32)}`, limits.frameIds + 1],
    ],
  })
}

function addReconcileFrames(frame: (name: string, spec: string, value: unknown) => void): void {
  const hash = new Uint8Array(32)
  const half = new Uint8Array(16)
  const reconcile = (begin: unknown, range: readonly unknown[]): unknown => ['reconcile', [1, 0, begin, [range], [], []]]
  frame('short-salt', 'ENC-21', reconcile([half.subarray(1), hash], [0, half, null, null]))
  frame('digest-of-half-a-hash', 'ENC-21', reconcile([half, half], [0, half, null, null]))
  frame('epoch-above-four-bytes', 'ENC-20', reconcile(null, [LAST_EPOCH + 1, half, null, null]))
  frame('prefix-longer-than-an-id', 'ENC-20', reconcile(null, [0, new Uint8Array(33), null, null]))
  frame('whole-hash-as-fingerprint', 'ENC-21', reconcile(null, [0, half, hash, null]))
  frame('step-above-one-byte', 'ENC-20', ['reconcile', [1, 256, null, [], [], []]])
}

function lastByteChanged(bytes: Uint8Array): Uint8Array {
  return bytes.with(bytes.length - 1, bytes.at(-1) === 1 ? 2 : 1)
}

function changed(type: RecordType, field: number, raw: Uint8Array): Uint8Array {
  return s.tuple(s.fieldsOf(full(type)).with(field, raw))
}

function full(type: RecordType): Cbor {
  return fill(schemas[type].shape, 'full', type)
}

function list(value: Cbor | undefined): Cbor[] {
  if (!Array.isArray(value)) throw new TypeError('not a list')
  return value.slice() as Cbor[]
}

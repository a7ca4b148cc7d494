import {
  agentText,
  createRecord,
  encodeFrame,
  encodeWire,
  LAST_EPOCH,
  recordText,
  recordView,
  schemas,
  signedMessage,
  type Cbor,
  type Frame,
  type JsonValue,
  type RecordType,
} from '@haggle/protocol'
import { fill, type Filling } from './fill.ts'
import { invalidVectors } from './make-invalid.ts'
import { networkId, show, worker } from './seal.ts'

export type Vector = Readonly<Record<string, JsonValue>>

// The keys of the registry are exactly the record types.
export const recordTypes = Object.keys(schemas) as RecordType[]

/** Every vector file by its path below `test/vectors`. */
export function allVectors(): ReadonlyMap<string, Vector> {
  const files = new Map<string, Vector>()
  for (const type of recordTypes) {
    for (const filling of ['least', 'full', 'largest'] as const) {
      files.set(`valid/${type}.${filling}.json`, validVector(type, filling))
    }
  }
  for (const [kind, frame] of Object.entries(frames())) {
    const bytes = show(encodeFrame(frame))
    files.set(`valid/frame.${kind}.json`, { title: `frame ${kind}`, spec: [kind === 'reconcile' ? 'ENC-20' : 'ENC-16'], frame: bytes })
  }
  for (const [name, vector] of invalidVectors()) files.set(`invalid/${name}.json`, vector)
  return files
}

/** A body as the wire has it, filled from the schema alone. */
export function bodyOf(type: RecordType, filling: Filling): Cbor {
  return fill(schemas[type].shape, filling, type)
}

function validVector(type: RecordType, filling: Filling): Vector {
  const body = schemas[type].decode(bodyOf(type, filling), type)
  const record = createRecord(type, body, { networkId, author: worker.key, sign: worker.sign })
  return {
    title: `record ${type}, ${filling} values`,
    spec: ['ENC-01', 'ENC-02', 'ENC-12', 'ENC-13', 'ID-04'],
    networkId,
    type,
    seed: worker.seed,
    author: record.author,
    authorText: agentText(record.author),
    body: recordView(record),
    canonical: show(record.bytes),
    id: record.id,
    idText: recordText(record.id),
    message: show(signedMessage(type, record.id)),
    signature: show(record.signature),
    wire: show(encodeWire(record)),
  }
}

function frames(): { readonly [K in Frame['kind']]: Extract<Frame, { kind: K }> } {
  const origin = { networkId, author: worker.key, sign: worker.sign }
  const bid = createRecord('bid', schemas.bid.decode(bodyOf('bid', 'full'), 'bid'), origin)
  const { id: contract } = bid
  return {
    records: { kind: 'records', records: [encodeWire(bid)], payloads: [Uint8Array.of(1, 2, 3)] },
    heartbeat: { kind: 'heartbeat', contract, generation: 1, n: 7 },
    'heartbeat-ack': { kind: 'heartbeat-ack', contract, n: 7 },
    progress: { kind: 'progress', contract, generation: 1, permille: 500, note: 'half' },
    tip: { kind: 'tip', contract, generation: 2, held: [contract], answer: false },
    digest: { kind: 'digest', shards: [0, 1_023], held: [contract], answer: true },
    want: { kind: 'want', ids: [contract] },
    reconcile: {
      kind: 'reconcile',
      session: 3,
      step: 1,
      begin: { salt: new Uint8Array(16).fill(1), digest: new Uint8Array(32).fill(2) },
      ranges: [
        { epoch: 500_000, prefix: new Uint8Array(), print: null, ids: null },
        { epoch: 500_001, prefix: Uint8Array.of(0xab, 0xcd), print: new Uint8Array(16).fill(3), ids: null },
        { epoch: LAST_EPOCH, prefix: new Uint8Array(), print: null, ids: [contract] },
      ],
      offer: [contract],
      want: [contract],
    },
  }
}

import { protocolParams, type AgentKey, type HaggleRecord, type RecordId } from '@haggle/protocol'
import type { EvidenceAdmission, EvidenceRules, EvidenceSet } from '../../src/evidence/evidence-set.ts'
import type { EvidenceRecord } from '../../src/evidence/place.ts'
import { goodHash, sign, termsOf } from '../contract-case.ts'
import { idOf } from './exchange.ts'

export const EPOCH = 500_000

/** Any 32 bytes serve as a key where nothing verifies signatures. */
export const agent = (name: string): AgentKey => idOf(`agent ${name}`) as string as AgentKey

export const alice = agent('alice')
export const bob = agent('bob')
export const mallory = agent('mallory')

export interface DealInit {
  /** Tells contracts between the same two apart. */
  readonly name: string
  readonly requester?: AgentKey
  readonly worker?: AgentKey
  readonly panel?: readonly AgentKey[]
  readonly epoch?: number
  /** More remarks of the worker, so that a contract has some weight. */
  readonly notes?: number
}

/** The records of one contract that went well: each of the shape that a real one has, in the order of signing. */
export interface Deal {
  readonly award: HaggleRecord<'award'>
  readonly set: HaggleRecord<'witness-set'>
  readonly reopening: HaggleRecord<'reopening'>
  readonly summary: readonly EvidenceRecord[]
  readonly records: readonly EvidenceRecord[]
}

export function deal(init: DealInit): Deal {
  const { name, requester = alice, worker = bob, panel = [], epoch = EPOCH, notes = 0 } = init
  const start = epoch * protocolParams.epochMs
  let at = start
  const tick = (): number => (at += 10)
  const set = sign('witness-set', requester, { at: tick(), epoch, n: 0, keys: [agent(`witness of ${name}`)] })
  const task = idOf(`task ${name}`)
  const award = sign('award', requester, {
    at: tick(),
    task,
    prev: task,
    generation: 1,
    bid: idOf(`bid ${name}`),
    worker,
    price: 5,
    terms: { ...termsOf(), witnessSet: set.id },
    nonceReveal: new Uint8Array(32),
    panel,
    exposureUntil: start + protocolParams.epochMs,
    reserves: [],
    considered: [],
    chainSeq: 1,
    chainPrev: null,
  })
  const note = (): { at: number; contract: RecordId; generation: number } => ({
    at: tick(),
    contract: award.id,
    generation: 1,
  })
  const entry = (seq: number, prev: RecordId): ReturnType<typeof note> & { seq: number; prev: RecordId } => ({
    ...note(),
    seq,
    prev,
  })
  const accept = sign('accept', worker, { ...entry(1, award.id), chainSeq: 1, chainPrev: null })
  const deliver = sign('deliver', worker, {
    ...entry(2, accept.id),
    milestone: 0,
    revision: 0,
    resultHash: goodHash,
    size: 3,
    mediaType: null,
    sealedHash: null,
    keyHash: null,
  })
  const approve = sign('approve', requester, { ...entry(3, deliver.id), milestone: 0 })
  const receipts = Array.from({ length: notes }, () => sign('receipt', worker, { ...note(), entry: approve.id }))
  const closing = (author: AgentKey): HaggleRecord<'closing'> =>
    sign('closing', author, {
      at: tick(),
      chainSeq: 2,
      chainPrev: author === requester ? award.id : accept.id,
      contract: award.id,
      outcome: { end: 'settled', party: null, fault: null },
      slash: 0,
      evidence: [],
    })
  const [mine, theirs] = [closing(requester), closing(worker)]
  const reopening = sign('reopening', requester, {
    at: tick(),
    task,
    generation: 2,
    reason: 'ended',
    proof: null,
    bidUntil: start,
    expires: start,
  })
  const records = [set, award, accept, deliver, approve, ...receipts, mine, theirs, reopening]
  return { award, set, reopening, summary: [award, mine], records }
}

/** A witness's vote on a contract. */
export function vote(of: Deal, author: AgentKey): HaggleRecord<'vote'> {
  const { award } = of
  const slot = { entry: award.id, duty: 'delivery', milestone: 0, k: 0 } as const
  const at = award.body.at + 1_000
  const body = { at, contract: award.id, generation: 1, slot, names: award.id, due: at, newest: award.id }
  return sign('vote', author, { ...body, verdict: 'absent' })
}

/** Takes everybody's evidence, holds nothing, and has no quota that a test would reach. */
export const open: EvidenceRules = { isRelevant: () => true, heldUntil: () => 0, quotaOf: () => 100_000 }

export function admitAll(
  set: EvidenceSet,
  records: Iterable<HaggleRecord>,
  epoch = EPOCH,
): readonly EvidenceAdmission[] {
  return [...records].map((record) => set.admit(record, epoch))
}

export const idsOf = (records: Iterable<HaggleRecord>): readonly RecordId[] =>
  [...records].map(({ id }) => id).toSorted()

import {
  createRecord,
  payloadHashOf,
  type AgentKey,
  type BodyOf,
  type HaggleRecord,
  type RecordId,
  type RecordType,
} from '@haggle/protocol'
import type { ContractView } from '@haggle/core'
import type { Agent } from './agent.ts'
import { fakeSign, keyOf, networkId } from './identity.ts'
import type { Random } from './random.ts'

/** Somebody with a key, a connection, and no contract with anybody. */
export const mallory: AgentKey = keyOf(66, 6)

/** A contract that the victim holds, seen by whoever wants to disturb it. */
export interface Scene {
  readonly victim: Agent
  readonly view: ContractView
  readonly peer: AgentKey
  readonly peerRole: 'requester' | 'worker'
  readonly award: HaggleRecord<'award'>
  /** Every record of the task that the victim holds. */
  readonly held: readonly HaggleRecord[]
  /** The newest entry of the contract. */
  readonly last: HaggleRecord
  readonly seq: number
  readonly wall: number
  readonly random: Random
}

type Forger = (scene: Scene) => HaggleRecord | null

export function as<T extends RecordType>(author: AgentKey, type: T, body: BodyOf<T>): HaggleRecord {
  const record = createRecord(type, body, { networkId, author, sign: fakeSign(author) })
  // A record of one type is a record: the compiler cannot see that through the type parameter.
  return record as HaggleRecord
}

function anyId(random: Random): RecordId {
  // A hash of dice names no record.
  return payloadHashOf(random.bytes(16)) as string as RecordId
}

const workerTypes = ['accept', 'decline', 'deliver', 'failed', 'withdraw', 'concede'] as const
const requesterTypes = ['approve', 'reject'] as const
type Answering = (typeof workerTypes)[number] | (typeof requesterTypes)[number] | 'timeout'

interface Twist {
  readonly at?: number
  readonly generation?: number
  readonly seq?: number
  readonly prev?: RecordId
  readonly milestone?: number
  readonly revision?: number
}

/** An entry on top of the newest one, right in everything that the twist leaves alone. */
function entryBy(scene: Scene, author: AgentKey, type: Answering, twist: Twist = {}): HaggleRecord {
  const { award, last, seq, wall, held } = scene
  const rejected = last.type === 'reject'
  const delivered = held.findLast((record) => record.type === 'deliver' && record.body.contract === award.id)
  const milestone = twist.milestone ?? ('milestone' in last.body ? last.body.milestone : 0)
  const revision = twist.revision ?? (rejected && delivered?.type === 'deliver' ? delivered.body.revision + 1 : 0)
  const link = {
    at: twist.at ?? wall,
    contract: award.id,
    generation: twist.generation ?? award.body.generation,
    seq: twist.seq ?? seq + 1,
    prev: twist.prev ?? last.id,
  }
  switch (type) {
    case 'accept':
      return as(author, type, { ...link, chainSeq: 1, chainPrev: null })
    case 'decline':
      return as(author, type, { ...link, code: 'busy', final: false, retryAfterMs: 1 })
    case 'deliver': {
      const resultHash = payloadHashOf(Uint8Array.of(66))
      const rest = { mediaType: null, sealedHash: null, keyHash: null }
      return as(author, type, { ...link, milestone, revision, resultHash, size: 1, ...rest })
    }
    case 'failed':
      return as(author, type, { ...link, milestone, code: 'forged', note: '' })
    case 'withdraw':
      return as(author, type, { ...link, milestone, reason: 'forged' })
    case 'concede':
    case 'approve':
      return as(author, type, { ...link, milestone })
    case 'reject':
      return as(author, type, { ...link, milestone, reason: 'opinion', note: 'forged' })
    case 'timeout':
      return as(author, type, { ...link, milestone, duty: dutyOf(scene), slot: last.id })
  }
}

function dutyOf({ view }: Scene): 'delivery' | 'review' | 'rework' {
  if (view.state === 'rejected') return 'rework'
  return view.state === 'awaiting-review' ? 'review' : 'delivery'
}

const own = (scene: Scene): Answering => scene.random.pick(scene.peerRole === 'worker' ? workerTypes : requesterTypes)
const foreign = (scene: Scene): Answering =>
  scene.random.pick(scene.peerRole === 'worker' ? requesterTypes : workerTypes)

/** Everything that changes nothing, whoever says it and in whatever state it comes. */
export const forgeries: Readonly<Record<string, Forger>> = {
  'entry by a stranger': (scene) => entryBy(scene, mallory, scene.random.pick([...workerTypes, ...requesterTypes])),
  'note by a stranger': (scene) => noteBy(scene, mallory),
  'closing by a stranger': (scene) => closingBy(scene, mallory),
  'entry of the other role': (scene) => entryBy(scene, scene.peer, foreign(scene)),
  'entry without the pen': (scene) =>
    scene.view.pen === null || scene.view.pen === scene.peerRole ? null : entryBy(scene, scene.peer, own(scene)),
  'wrong seq': (scene) => entryBy(scene, scene.peer, own(scene), { seq: scene.seq + 4 }),
  'wrong prev': (scene) => entryBy(scene, scene.peer, own(scene), { prev: anyId(scene.random) }),
  'wrong generation': (scene) =>
    entryBy(scene, scene.peer, own(scene), { generation: scene.award.body.generation + 1 }),
  // ACCEPT and DECLINE name no milestone.
  'wrong milestone': (scene) =>
    entryBy(scene, scene.peer, scene.peerRole === 'worker' ? 'deliver' : 'approve', { milestone: 9 }),
  'wrong revision': (scene) =>
    scene.peerRole === 'worker' ? entryBy(scene, scene.peer, 'deliver', { revision: 7 }) : null,
  'timeout before its time': (scene) => entryBy(scene, scene.peer, 'timeout', { at: scene.award.body.at }),
  'dated far ahead': (scene) => entryBy(scene, scene.peer, own(scene), { at: scene.wall + 864_000_000 }),
  'dated slightly ahead': (scene) => entryBy(scene, mallory, own(scene), { at: scene.wall + 1_500 }),
  'unknown contract': ({ peer, wall, random }) => {
    const contract = anyId(random)
    return as(peer, 'receipt', { at: wall, contract, generation: 1, entry: contract })
  },
  'opening of nothing': ({ peer, wall, award, random }) =>
    as(peer, 'opening', { ...noteOf(award, wall), accept: anyId(random) }),
  'opening of an award': ({ peer, wall, award }) => as(peer, 'opening', { ...noteOf(award, wall), accept: award.id }),
  'heartbeat without opening': ({ peer, wall, award }) =>
    as(peer, 'heartbeat', { ...noteOf(award, wall), opening: award.id, n: 0 }),
  'receipt for the own word': ({ peer, wall, award, held, random }) => {
    const word = held.find((record) => record.author === peer && 'prev' in record.body && record.type !== 'reopening')
    return as(peer, 'receipt', { ...noteOf(award, wall), entry: word?.id ?? anyId(random) })
  },
  'fence by the worker': ({ peer, peerRole, wall, award }) =>
    peerRole === 'worker' ? as(peer, 'fenced', { ...noteOf(award, wall), reason: 'lapsed', proof: null }) : null,
  // Where there is a panel its requester may challenge.
  'witness note': ({ peer, peerRole, wall, award }) =>
    award.body.panel.length > 0 && peerRole === 'requester'
      ? null
      : as(peer, 'challenge', { ...noteOf(award, wall), milestone: 0, k: 1 }),
  'cancel without consent': (scene) => {
    const { award, last, seq, wall, peer, random } = scene
    const link = { at: wall, contract: award.id, generation: award.body.generation, seq: seq + 1, prev: last.id }
    return as(peer, 'cancel', { ...link, request: anyId(random) })
  },
  // What the board forgot in a restart is news again.
  'replay of the past': ({ held, random }) =>
    random.pick(held.filter((record) => record.type !== 'offer' && record.type !== 'reopening')),
  'withdrawal by another': ({ award, wall }) =>
    as(mallory, 'withdrawal', { at: wall, task: award.body.task, reason: 'forged' }),
  'reopening by another': ({ award, wall, view }) =>
    as(mallory, 'reopening', {
      at: wall,
      task: award.body.task,
      generation: view.generation + 1,
      reason: 'lapsed',
      proof: null,
      bidUntil: wall + 1_000,
      expires: wall + 1_100,
    }),
  'award by another': ({ award }) => as(mallory, 'award', award.body),
  'award with other terms': ({ award, random }) => {
    const { body } = award
    const { terms } = body
    const twisted: readonly Partial<BodyOf<'award'>>[] = [
      { price: body.price + 1 },
      { exposureUntil: body.exposureUntil + 1 },
      { nonceReveal: new Uint8Array(32) },
      { panel: [mallory] },
      { terms: { ...terms, endBy: terms.endBy + 1 } },
      { terms: { ...terms, timers: { ...terms.timers, leaseMs: terms.timers.leaseMaxMs - 1 } } },
      { prev: anyId(random) },
      { bid: anyId(random) },
    ]
    return as(award.author, 'award', { ...body, ...random.pick(twisted) })
  },
  'bid for what is not offered': ({ award, wall, random }) => {
    const bid = {
      at: wall,
      task: award.body.task,
      generation: award.body.generation,
      price: 1,
      etaMs: 1,
      validUntil: wall + 60_000,
      firm: true,
      leaseMs: null,
      nonce: random.bytes(16),
      counter: null,
    }
    const wrong = random.pick([{ generation: 15 }, { price: 2 ** 50 }, { validUntil: wall - 1 }])
    return as(mallory, 'bid', { ...bid, ...wrong })
  },
}

/** MKT-08: what only a lying requester does; a worker keeps the first award and reports the second. */
export function secondAward({ award, random }: Scene): HaggleRecord {
  return as(award.author, 'award', { ...award.body, reserves: [{ bid: anyId(random), worker: null }] })
}

function noteOf(award: HaggleRecord<'award'>, at: number): { at: number; contract: RecordId; generation: number } {
  return { at, contract: award.id, generation: award.body.generation }
}

function noteBy(scene: Scene, author: AgentKey): HaggleRecord {
  const note = noteOf(scene.award, scene.wall)
  const { last, random } = scene
  return random.pick([
    as(author, 'receipt', { ...note, entry: last.id }),
    as(author, 'opening', { ...note, accept: last.id }),
    as(author, 'heartbeat', { ...note, opening: last.id, n: 0 }),
    as(author, 'fenced', { ...note, reason: 'lapsed', proof: null }),
    as(author, 'cancel-req', { ...note, n: 0, reason: 'forged' }),
    as(author, 'agree', { ...note, request: last.id }),
  ])
}

function closingBy({ award, wall, last }: Scene, author: AgentKey): HaggleRecord {
  const outcome = { end: 'settled', party: null, fault: null } as const
  const link = { chainSeq: 1, chainPrev: null }
  return as(author, 'closing', { at: wall, ...link, contract: award.id, outcome, slash: 0, evidence: [last.id] })
}

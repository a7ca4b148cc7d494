import { encodeWire, type AgentKey, type BodyOf, type HaggleRecord, type RecordId } from '@haggle/protocol'
import { frameOf, signed, type Cheat, type Tamper } from './tamper.ts'

/** Records of others that a forger speaks to. */
const KEPT = 32

/** Says what is not its to say: in another generation, out of turn, in another's role, on another prev, about another's task. */
export function forging(cheat: Cheat): Tamper {
  const { random } = cheat
  const heard: HaggleRecord[] = []
  const keep = (record: HaggleRecord | undefined): void => {
    if (record === undefined || record.author === cheat.signer.key) return
    heard.push(record)
    if (heard.length > KEPT) heard.splice(random.below(heard.length), 1)
  }
  return {
    everyMs: 120,
    incoming: (_from, frame) => {
      for (const record of cheat.recordsOf(frame)) keep(record)
    },
    overheard: (_topic, bytes) => keep(cheat.recordOf(bytes)),
    publishing: (_topic, bytes) => {
      const record = cheat.recordOf(bytes)
      const dear = record?.type === 'bid' ? dearer(cheat, record, heard) : null
      return dear === null ? [bytes] : [encodeWire(dear)]
    },
    outgoing: (_to, frame) => {
      const own = cheat.recordsOf(frame).filter(({ author }) => author === cheat.signer.key)
      const record = own.at(-1)
      const dear = record?.type === 'bid' ? dearer(cheat, record, heard) : null
      if (dear !== null) return [frameOf([dear])]
      if (record === undefined || random.permille(400)) return [frame]
      const forged = random.permille(600) ? misplaced(cheat, record) : outOfTurn(cheat, record)
      if (forged === null) return [frame]
      // What is forged comes in the place of what is right, or just behind it.
      return random.permille(400) ? [frameOf([forged])] : [frame, frameOf([forged])]
    },
    idle: () => {
      const peers = cheat.peers()
      if (peers.length === 0 || heard.length === 0) return
      const forged =
        (random.permille(500) ? awardOfOthers(cheat, heard) : null) ?? aboutOthers(cheat, random.pick(heard))
      if (forged === null) return
      cheat.inject(random.pick(peers), frameOf([forged.record]))
      if (forged.to !== null) cheat.inject(forged.to, frameOf([forged.record]))
      if (forged.topic !== null) cheat.spread(forged.topic, encodeWire(forged.record))
    },
  }
}

/** Three of four bids ask for more than there is: the same bid, wherever it is said. */
function dearer(
  cheat: Cheat,
  { body }: HaggleRecord<'bid'>,
  heard: readonly HaggleRecord[],
): HaggleRecord<'bid'> | null {
  const offer = heard.find(({ id }) => id === body.task)
  if (offer?.type !== 'offer' || (body.nonce[0] ?? 0) % 4 === 0) return null
  return signed(cheat, 'bid', { ...body, price: offer.body.value + 1 })
}

/** The same word in another generation, or in another place of the chain. */
function misplaced(cheat: Cheat, record: HaggleRecord): HaggleRecord | null {
  const nobody = cheat.random.permille(500) ? 'f'.repeat(64) : '0'.repeat(64)
  // The form of an id, of nothing.
  const prev = nobody as RecordId
  const later = cheat.random.permille(400)
  switch (record.type) {
    case 'accept': {
      const { body } = record
      return signed(
        cheat,
        'accept',
        later ? { ...body, generation: body.generation + 1 } : { ...body, seq: body.seq + 1 },
      )
    }
    case 'deliver': {
      const { body } = record
      const place = cheat.random.permille(500) ? { prev } : { seq: body.seq + 1 }
      return signed(cheat, 'deliver', later ? { ...body, generation: body.generation + 1 } : { ...body, ...place })
    }
    case 'approve': {
      const { body } = record
      return signed(cheat, 'approve', later ? { ...body, generation: body.generation + 1 } : { ...body, prev })
    }
    case 'bid':
      return signed(cheat, 'bid', { ...record.body, generation: record.body.generation + 1 })
    case 'opening':
      return signed(cheat, 'opening', { ...record.body, generation: record.body.generation + 1 })
    case 'award':
      return signed(cheat, 'award', later ? { ...record.body, price: record.body.price + 1 } : { ...record.body, prev })
    default:
      return null
  }
}

/** What only the other side may say, or what would be right one step later. */
function outOfTurn(cheat: Cheat, record: HaggleRecord): HaggleRecord | null {
  switch (record.type) {
    case 'accept': {
      const { at, contract, generation } = record.body
      // A clock of its own that ran out, or the answer of the other side.
      return cheat.random.permille(300)
        ? signed(cheat, 'timeout', { at, contract, generation, ...outOfTime(record.id) })
        : signed(cheat, 'opening', { at, contract, generation, accept: record.id })
    }
    case 'deliver': {
      const { at, contract, generation, seq, milestone } = record.body
      return signed(cheat, 'approve', { at, contract, generation, seq: seq + 1, prev: record.id, milestone })
    }
    case 'opening': {
      const { at, contract, generation, accept } = record.body
      // That the time is over, when it has just begun.
      if (cheat.random.permille(300))
        return signed(cheat, 'timeout', { at, contract, generation, ...outOfTime(accept) })
      return signed(cheat, 'approve', { at, contract, generation, seq: 2, prev: accept, milestone: 0 })
    }
    case 'heartbeat': {
      const { at, contract, generation, opening } = record.body
      return signed(cheat, 'cancel', { at, contract, generation, seq: 2, prev: opening, request: opening })
    }
    default:
      return null
  }
}

/** The first clock of a contract ran out. */
function outOfTime(accept: RecordId): Pick<BodyOf<'timeout'>, 'seq' | 'prev' | 'milestone' | 'duty' | 'slot'> {
  return { seq: 2, prev: accept, milestone: 0, duty: 'delivery', slot: accept }
}

interface Forged {
  readonly record: HaggleRecord
  readonly to: AgentKey | null
  readonly topic: string | null
}

/** The award of a task once more, to somebody who bid and lost: with it its requester has shown what only he knew. */
function awardOfOthers(cheat: Cheat, heard: readonly HaggleRecord[]): Forged | null {
  const at = cheat.wallMs()
  for (const award of heard.toReversed()) {
    if (award.type !== 'award') continue
    const { task, generation, worker } = award.body
    const lost = heard.findLast(
      ({ type, author, body }) =>
        type === 'bid' &&
        author !== worker &&
        body.task === task &&
        body.generation === generation &&
        body.validUntil > at,
    )
    if (lost?.type !== 'bid') continue
    const record = signed(cheat, 'award', {
      ...{ ...award.body, at, bid: lost.id, worker: lost.author, price: lost.body.price },
      ...{ reserves: [], considered: [], chainSeq: 1, chainPrev: null },
    })
    return record === null ? null : { record, to: lost.author, topic: null }
  }
  return null
}

/** A word about a task or a contract of others. */
function aboutOthers(cheat: Cheat, heard: HaggleRecord): Forged | null {
  const at = cheat.wallMs()
  const forged = (record: HaggleRecord | null, to: AgentKey): Forged | null =>
    record === null ? null : { record, to, topic: null }
  switch (heard.type) {
    case 'offer': {
      if (cheat.random.permille(500))
        return forged(signed(cheat, 'withdrawal', { at, task: heard.id, reason: 'not-mine' }), heard.author)
      const window = { bidUntil: heard.body.bidUntil, expires: heard.body.expires }
      const body = { at, task: heard.id, generation: 2, reason: 'lapsed' as const, proof: null, ...window }
      return forged(signed(cheat, 'reopening', body), heard.author)
    }
    case 'award': {
      const { worker, generation } = heard.body
      if (worker === cheat.signer.key) return null
      const entry = { at, contract: heard.id, generation, seq: 1, prev: heard.id }
      if (cheat.random.permille(500))
        return forged(signed(cheat, 'accept', { ...entry, chainSeq: 1, chainPrev: null }), heard.author)
      const body = { ...heard.body, at, prev: heard.body.prev }
      return forged(signed(cheat, 'award', body), worker)
    }
    case 'bid': {
      const known = heard.body.task
      return forged(signed(cheat, 'withdrawal', { at, task: known, reason: 'not-mine' }), heard.author)
    }
    default:
      return null
  }
}

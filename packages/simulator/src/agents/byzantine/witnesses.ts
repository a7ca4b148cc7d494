import { decodeFrame, encodeFrame, type AgentKey, type BodyOf, type HaggleRecord } from '@haggle/protocol'
import { frameOf, signed, type Cheat, type Tamper } from './tamper.ts'

type Vote = HaggleRecord<'vote'>
type Lie = (cheat: Cheat, vote: BodyOf<'vote'>, heard: Heard) => readonly HaggleRecord[]

/** Contracts of which a liar remembers what it was shown. */
const KEPT = 64
/** G of the `test` profile: no ABSENT counts that is dated earlier than its due + G. */
const GRACE_MS = 150

/** What a witness that lies was shown of one contract. */
interface Heard {
  readonly award: HaggleRecord<'award'>
  readonly records: Map<string, HaggleRecord>
  /** Slots on which it has said something. */
  readonly spoken: Set<string>
}

/** Says of every duty that nothing came. */
export const absentees: Lie = (cheat, vote) => own(cheat, { ...vote, verdict: 'absent', at: lateEnough(vote) })

/** Says of every duty that it was met, by whatever there is that could have met it. */
export const flatterers: Lie = (cheat, vote, { records }) => {
  const answer = [...records.values()].findLast(({ body }) => 'prev' in body && body.prev === vote.slot.entry)
  return own(cheat, { ...vote, verdict: 'timely', names: answer?.id ?? vote.names, at: Math.min(vote.at, vote.due) })
}

/** Says one thing and the other, and each of them more than once. */
export const twoFaced: Lie = (cheat, vote, heard) => [
  ...absentees(cheat, vote, heard),
  ...flatterers(cheat, vote, heard),
  ...absentees(cheat, { ...vote, at: lateEnough(vote) + 1 }, heard),
  ...absentees(cheat, { ...vote, at: lateEnough(vote) + 2 }, heard),
]

/** Says what it saw, at times at which it did not. */
export const misdaters: Lie = (cheat, vote) => {
  const offMs = cheat.random.pick([-2_000, -400, 300, 900])
  const at = vote.verdict === 'absent' ? Math.max(lateEnough(vote), vote.at + offMs) : vote.at + offMs
  return own(cheat, { ...vote, at: Math.max(0, at), due: vote.due + cheat.random.pick([-400, 0, 0, 400]) })
}

/** Votes as soon as anybody does, otherwise than it should; what its own agent would say never leaves. */
export function lyingWitness(cheat: Cheat, lie: Lie): Tamper {
  const heard = new Map<string, Heard>()
  const speak = (vote: BodyOf<'vote'>): void => {
    const known = heard.get(vote.contract)
    const slot = [vote.slot.entry, vote.slot.duty, vote.slot.milestone, vote.slot.k].join(' ')
    if (known === undefined || known.spoken.has(slot)) return
    known.spoken.add(slot)
    const { award, records } = known
    const named = records.get(vote.names)
    const said = lie(cheat, vote, known)
    for (const peer of [...award.body.panel, award.author, award.body.worker])
      for (const each of said) cheat.inject(peer, frameOf([...(named === undefined ? [] : [named]), each]))
  }
  return {
    incoming: (_from, frame) => {
      for (const record of cheat.recordsOf(frame)) {
        remember(cheat, heard, record)
        if (record.type === 'vote' && record.author !== cheat.signer.key) speak(record.body)
      }
    },
    outgoing: (_to, frame) => {
      const votes = cheat.recordsOf(frame).filter((record) => isOwnVote(cheat, record))
      for (const { body } of votes) speak(body)
      return votes.length === 0 ? [frame] : []
    },
  }
}

/** Calls timely what it was shown and holds no bytes of; what it shows others comes without them. */
export function hollowWitness(cheat: Cheat): Tamper {
  const spoken = new Set<string>()
  const heard = new Map<string, Heard>()
  return {
    incoming: (_from, frame) => {
      for (const record of cheat.recordsOf(frame)) {
        remember(cheat, heard, record)
        const award = record.type === 'deliver' ? heard.get(record.body.contract)?.award : undefined
        if (record.type !== 'deliver' || award === undefined || spoken.has(record.id)) continue
        spoken.add(record.id)
        const { contract, generation, milestone, prev: entry } = record.body
        const due = Math.min(award.body.at + (award.body.terms.milestones[0]?.durationMs ?? 0), award.body.terms.endBy)
        const slot = { entry, duty: 'delivery', milestone, k: 0 } as const
        const vote = {
          at: due,
          contract,
          generation,
          slot,
          verdict: 'timely',
          names: record.id,
          due,
          newest: entry,
        } as const
        for (const said of own(cheat, vote))
          for (const peer of award.body.panel) cheat.inject(peer, frameOf([record, said]))
      }
    },
    outgoing: (_to, frame) =>
      cheat.recordsOf(frame).some((record) => isOwnVote(cheat, record)) ? [] : [withoutBytes(frame)],
  }
}

/** Votes as it should, and shows it to some when the others are just about to decide. */
export function lateWitness(cheat: Cheat): Tamper {
  const held: { readonly to: AgentKey; readonly frame: Uint8Array; readonly at: number }[] = []
  return {
    everyMs: 10,
    outgoing: (to, frame) => {
      const vote = cheat.recordsOf(frame).findLast((record): record is Vote => isOwnVote(cheat, record))
      if (vote === undefined) return [frame]
      const borderMs = cheat.random.pick([3 * GRACE_MS - 10, 3 * GRACE_MS, 3 * GRACE_MS + 15])
      if (held.length < KEPT && cheat.random.permille(600)) held.push({ to, frame, at: vote.body.due + borderMs })
      return []
    },
    idle: () => {
      const now = cheat.wallMs()
      for (const each of held.splice(0)) {
        if (each.at > now) held.push(each)
        else cheat.inject(each.to, each.frame)
      }
    },
  }
}

/** A frame with the records of another and none of its payloads. */
export function withoutBytes(frame: Uint8Array): Uint8Array {
  const decoded = decodeFrame(frame)
  if (!decoded.ok || decoded.frame.kind !== 'records' || decoded.frame.payloads.length === 0) return frame
  return encodeFrame({ ...decoded.frame, payloads: [] })
}

function remember(cheat: Cheat, heard: Map<string, Heard>, record: HaggleRecord): void {
  if (record.type === 'award') {
    if (!record.body.panel.includes(cheat.signer.key) || heard.has(record.id)) return
    const [oldest] = heard.keys()
    if (heard.size >= KEPT && oldest !== undefined) heard.delete(oldest)
    heard.set(record.id, { award: record, records: new Map(), spoken: new Set() })
  } else if ('contract' in record.body) heard.get(record.body.contract)?.records.set(record.id, record)
}

function isOwnVote({ signer }: Cheat, record: HaggleRecord): record is Vote {
  return record.type === 'vote' && record.author === signer.key
}

function own(cheat: Cheat, vote: BodyOf<'vote'>): readonly HaggleRecord[] {
  const record = signed(cheat, 'vote', vote)
  return record === null ? [] : [record]
}

function lateEnough({ at, due }: BodyOf<'vote'>): number {
  return Math.max(at, due + GRACE_MS)
}

import {
  encodeFrame,
  encodeWire,
  payloadHashOf,
  type AgentKey,
  type BodyOf,
  type RecordId,
  type RecordType,
} from '@haggle/protocol'
import type { ByzantineKind } from '../../plan/plan.ts'
import { forging } from './forging.ts'
import { backChallenger, falseAsker, hollowDeliverer, lateDeliverer, panelPicker } from './panel-parties.ts'
import { fickleReviewer, revenant } from './second-thoughts.ts'
import { frameOf, signed, type Cheat, type Tamper } from './tamper.ts'
import { backDated, secondWord } from './variants.ts'
import { absentees, flatterers, hollowWitness, lateWitness, lyingWitness, misdaters, twoFaced } from './witnesses.ts'

/** Frames and gossip that a replayer keeps. */
const KEPT = 64
/** Longer than any request to cancel stands. */
const LAPSED_MS = 1_000
/** A flood stays small enough to be simulated: the bounds that it meets are per peer. */
const FLOOD = 12

/** How an agent of a kind tampers with what it says; those that cheat from above only, not at all. */
export function tamperOf(kind: ByzantineKind, cheat: Cheat): Tamper {
  switch (kind) {
    case 'ghost':
      return swallowing(cheat, ['accept', 'decline'])
    case 'denier':
      return swallowing(cheat, ['opening', 'receipt', 'approve', 'closing'])
    case 'equivocator':
      return equivocating(cheat)
    case 'back-dater':
      return backDating(cheat)
    case 'forger':
      return forging(cheat)
    case 'garbler':
      return garbling(cheat)
    case 'mutator':
      return mutating(cheat)
    case 'replayer':
      return replaying(cheat)
    case 'flooder':
      return flooding(cheat)
    case 'canceller':
      return cancelling(cheat)
    case 'false-asker':
      return falseAsker(cheat)
    case 'back-challenger':
      return backChallenger(cheat)
    case 'panel-picker':
      return panelPicker(cheat)
    case 'late-deliverer':
      return lateDeliverer(cheat)
    case 'hollow-deliverer':
      return hollowDeliverer()
    case 'revenant':
      return revenant(cheat)
    case 'fickle-reviewer':
      return fickleReviewer(cheat)
    case 'seal-blamer':
      // A word of its own on what it was shown would spare the worker its panel.
      return swallowing(cheat, ['receipt', 'closing'])
    case 'absent-witness':
      return lyingWitness(cheat, absentees)
    case 'timely-witness':
      return lyingWitness(cheat, flatterers)
    case 'two-faced-witness':
      return lyingWitness(cheat, twoFaced)
    case 'misdating-witness':
      return lyingWitness(cheat, misdaters)
    case 'hollow-witness':
      return hollowWitness(cheat)
    case 'late-witness':
      return lateWitness(cheat)
    case 'mute-witness':
      return swallowing(cheat, ['vote'])
    case 'boaster':
    case 'sniper':
    case 'staller':
    case 'double':
    case 'seal-spoiler':
      return {}
  }
}

/** Some of what it owes never leaves. */
function swallowing(cheat: Cheat, types: readonly RecordType[]): Tamper {
  return {
    outgoing: (_to, frame) => (cheat.recordsOf(frame).some(({ type }) => types.includes(type)) ? [] : [frame]),
  }
}

/** Beside what it says it says something else in the same place. */
function equivocating(cheat: Cheat): Tamper {
  return {
    outgoing: (_to, frame) => {
      const second = cheat.recordsOf(frame).flatMap((record) => {
        const other =
          record.author === cheat.signer.key && cheat.random.permille(600) ? secondWord(cheat, record) : null
        return other === null ? [] : [other]
      })
      if (second.length === 0) return [frame]
      const forged = frameOf(second)
      return cheat.random.permille(500) ? [frame, forged] : [forged, frame]
    },
  }
}

/** What it signs says that it was signed before. */
function backDating(cheat: Cheat): Tamper {
  return {
    outgoing: (_to, frame) => {
      const dated = cheat
        .recordsOf(frame)
        .flatMap((record) => (record.author === cheat.signer.key ? (backDated(cheat, record) ?? []) : []))
      return dated.length === 0 ? [frame] : [frameOf(dated)]
    },
  }
}

/** Whoever works for it is asked to cancel, by requests that have lapsed when they come. */
function cancelling(cheat: Cheat): Tamper {
  const opened: { readonly to: AgentKey; readonly body: BodyOf<'opening'> }[] = []
  let n = 0
  return {
    everyMs: 130,
    outgoing: (to, frame) => {
      for (const { type, author, body } of cheat.recordsOf(frame))
        if (type === 'opening' && author === cheat.signer.key && opened.length < KEPT) opened.push({ to, body })
      return [frame]
    },
    idle: () => {
      const last = opened.at(-1)
      if (last === undefined) return
      const { contract, generation } = last.body
      n += 1
      const at = cheat.wallMs() - LAPSED_MS
      const request = signed(cheat, 'cancel-req', { at, contract, generation, n, reason: 'long-ago' })
      if (request !== null) cheat.inject(last.to, frameOf([request]))
    },
  }
}

/** Bytes that mean nothing. */
function garbling(cheat: Cheat): Tamper {
  const { random } = cheat
  return {
    everyMs: 150,
    idle: () => {
      for (const peer of cheat.peers()) {
        if (random.permille(400)) cheat.inject(peer, random.bytes(random.between(0, 400)))
      }
    },
    publishing: (_topic, bytes) => [random.bytes(bytes.length), bytes],
  }
}

/** Right bytes with a few wrong ones. */
function mutating(cheat: Cheat): Tamper {
  const { random } = cheat
  const mutated = (bytes: Uint8Array): Uint8Array => {
    const out = Uint8Array.from(bytes)
    for (let left = random.between(1, 3); left > 0; left -= 1) {
      const at = random.below(out.length)
      out[at] = (out[at] ?? 0) ^ (1 << random.below(8))
    }
    return random.permille(200) ? out.subarray(0, random.below(out.length + 1)) : out
  }
  return {
    outgoing: (_to, frame) => (random.permille(300) ? [mutated(frame)] : [frame]),
    publishing: (_topic, bytes) => (random.permille(300) ? [mutated(bytes), bytes] : [bytes]),
  }
}

/** What was said once is said again, to anybody. */
function replaying(cheat: Cheat): Tamper {
  const { random } = cheat
  const frames: Uint8Array[] = []
  const gossip: { readonly topic: string; readonly bytes: Uint8Array }[] = []
  const keep = <T>(kept: T[], item: T): void => {
    kept.push(item)
    if (kept.length > KEPT) kept.splice(random.below(kept.length), 1)
  }
  return {
    everyMs: 100,
    incoming: (_from, frame) => keep(frames, frame),
    overheard: (topic, bytes) => keep(gossip, { topic, bytes }),
    outgoing: (_to, frame) => {
      keep(frames, frame)
      return [frame]
    },
    idle: () => {
      const peers = cheat.peers()
      if (peers.length === 0) return
      if (frames.length > 0)
        for (let left = 4; left > 0; left -= 1) cheat.inject(random.pick(peers), random.pick(frames))
      if (gossip.length === 0) return
      const { topic, bytes } = random.pick(gossip)
      cheat.spread(topic, Uint8Array.from(bytes))
    },
  }
}

/** Valid records without end, and frames that ask for much. */
function flooding(cheat: Cheat): Tamper {
  const { random } = cheat
  let seq = 0
  const advert = (): Uint8Array | null => {
    seq += 1
    const skills = [{ name: `s${random.below(1_000)}`, version: 1, note: null, unitPrice: null }]
    const record = signed(cheat, 'advert', {
      ...{ at: cheat.wallMs(), seq, ttlMs: 60_000, skills, slots: 4_096, free: 4_096 },
      // It says that it witnesses, whether it does or not.
      witness: { maxBytes: 65_536 },
    })
    return record === null ? null : encodeWire(record)
  }
  const topics = new Set<string>()
  const fire = (peer: AgentKey): void => {
    // Any hash names a record that nobody holds.
    const ids = [payloadHashOf(random.bytes(8)) as string as RecordId]
    cheat.inject(peer, encodeFrame({ kind: 'digest', shards: [random.below(1_024)], held: ids, answer: false }))
    cheat.inject(peer, encodeFrame({ kind: 'want', ids }))
  }
  return {
    everyMs: 100,
    overheard: (topic) => void (topics.size < 8 && topics.add(topic)),
    idle: () => {
      for (const peer of cheat.peers()) for (let left = FLOOD; left > 0; left -= 4) fire(peer)
      for (const topic of topics) {
        for (let left = FLOOD; left > 0; left -= 4) {
          const wire = advert()
          if (wire !== null) cheat.spread(topic, wire)
        }
      }
    },
  }
}

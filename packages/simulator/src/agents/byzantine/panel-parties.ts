import type { AgentKey, BodyOf, HaggleRecord, RecordType } from '@haggle/protocol'
import { dueOf, find, GRACE_MS, headOf, OwnContracts, showPanel, type Own } from './own-contracts.ts'
import { frameOf, signed, type Cheat, type Tamper } from './tamper.ts'
import { withoutBytes } from './witnesses.ts'

/** Longer than any review of the `test` profile lasts, and not so long that nobody may be asked about it any more. */
const REVIEWED_MS = 3_600

/** Deliveries that are held back. */
const HELD_BACK = 32

/** Takes the work and says that nothing came: of some deliveries after it has approved them, of others without a word. */
export function falseAsker(cheat: Cheat): Tamper {
  const contracts = new OwnContracts(cheat)
  return {
    everyMs: 40,
    incoming: (_from, frame) => void contracts.note(frame),
    outgoing: (_to, frame) => {
      const records = contracts.note(frame)
      const isDenied = records.some((record) => {
        const told: readonly RecordType[] = ['receipt', 'approve', 'reject', 'closing']
        return record.author === cheat.signer.key && told.includes(record.type) && contracts.of(record)?.denies === true
      })
      return isDenied ? [] : [frame]
    },
    idle: () => {
      for (const own of contracts.all()) {
        const accept = find(own, 'accept')
        const deliver = find(own, 'deliver')
        if (accept !== null && deliver !== null) {
          showDelivery(cheat, own, accept, deliver)
          denyReview(cheat, own, accept, deliver)
        }
        if (own.done || own.award.author !== cheat.signer.key || accept === null || deliver === null) continue
        if (deliver.body.milestone > 0 || cheat.wallMs() < dueOf(own.award) + 2 * GRACE_MS + 1) continue
        own.done = true
        const slot = { entry: accept.id, duty: 'delivery', milestone: 0, k: 0 } as const
        ask(cheat, own, [accept], { ...headOf(cheat, own), slot })
      }
    },
  }
}

/** A review that no receipt began begins when the panel has seen what is to be reviewed. */
function showDelivery(cheat: Cheat, own: Own, accept: HaggleRecord<'accept'>, deliver: HaggleRecord<'deliver'>): void {
  if (own.shown || !own.denies || deliver.author !== cheat.signer.key) return
  own.shown = true
  showPanel(cheat, own.award, [accept, deliver])
}

/** As a worker it says that nobody reviewed what was approved long ago. */
function denyReview(cheat: Cheat, own: Own, accept: HaggleRecord<'accept'>, deliver: HaggleRecord<'deliver'>): void {
  const approve = find(own, 'approve')
  if (own.done || approve === null || deliver.author !== cheat.signer.key) return
  if (approve.body.prev !== deliver.id || cheat.wallMs() < approve.body.at + REVIEWED_MS) return
  own.done = true
  const slot = { entry: deliver.id, duty: 'review', milestone: deliver.body.milestone, k: 0 } as const
  // Without the word of the other side that it holds the delivery no clock of a review would run.
  const receipts = [...own.records.values()].filter(
    ({ type, author }) => type === 'receipt' && author === own.award.author,
  )
  ask(cheat, own, [accept, deliver, ...receipts.slice(0, 4)], { ...headOf(cheat, own), slot })
}

function ask(cheat: Cheat, { award }: Own, file: readonly HaggleRecord[], body: BodyOf<'ask'>): void {
  const record = signed(cheat, 'ask', body)
  if (record !== null) showPanel(cheat, award, [...file, record])
}

/** Asks for a sign of life of workers that it hears well, and of others as of a moment at which it could still have asked. */
export function backChallenger(cheat: Cheat): Tamper {
  const contracts = new OwnContracts(cheat)
  return {
    everyMs: 40,
    incoming: (_from, frame) => void contracts.note(frame),
    outgoing: (_to, frame) => {
      contracts.note(frame)
      return [frame]
    },
    idle: () => {
      for (const own of contracts.all()) {
        const [accept, opening] = [find(own, 'accept'), find(own, 'opening')]
        const beat = find(own, 'heartbeat')
        if (own.done || own.award.author !== cheat.signer.key || accept === null || opening === null) continue
        const from = own.denies ? opening.body.at + GRACE_MS : dueOf(own.award) + GRACE_MS
        if (cheat.wallMs() < from) continue
        own.done = true
        const at = from - 200
        const challenge = signed(cheat, 'challenge', { ...headOf(cheat, own), at, milestone: 0, k: 1 })
        const file = [accept, opening, ...(beat === null ? [] : [beat])]
        if (challenge !== null) showPanel(cheat, own.award, [...file, challenge])
      }
    },
  }
}

/** Awards with a panel of its own choice: those that it would like to sit on it. */
export function panelPicker(cheat: Cheat): Tamper {
  return {
    outgoing: (_to, frame) => {
      const records = cheat.recordsOf(frame)
      const picked = records.map((record) => {
        if (record.type !== 'award' || record.author !== cheat.signer.key || record.body.panel.length === 0)
          return record
        const { panel, worker } = record.body
        const friends = cheat.peers().filter((peer) => peer !== worker && !panel.includes(peer))
        const other = friends.length === 0 ? panel.toReversed() : [...friends, ...panel].slice(0, panel.length)
        return signed(cheat, 'award', { ...record.body, panel: other }) ?? record
      })
      return picked.every((record, at) => record === records[at]) ? [frame] : [frameOf(picked)]
    },
  }
}

/** Dates its delivery just before its due, and shows it after that. */
export function lateDeliverer(cheat: Cheat): Tamper {
  const contracts = new OwnContracts(cheat)
  const held: { readonly to: AgentKey; readonly frame: Uint8Array; readonly at: number }[] = []
  const again = new Map<string, HaggleRecord>()
  return {
    everyMs: 20,
    incoming: (_from, frame) => void contracts.note(frame),
    outgoing: (to, frame) => {
      const records = contracts.note(frame)
      const own = records.map((record) => backed(cheat, contracts, again, record))
      const deliver = own.findLast((record) => record.type === 'deliver' && record.author === cheat.signer.key)
      const award = deliver === undefined ? undefined : contracts.of(deliver)?.award
      if (deliver === undefined || award === undefined) return [frame]
      const lateMs = cheat.random.pick([20, GRACE_MS - 10, GRACE_MS + 20, 400])
      if (held.length < HELD_BACK) held.push({ to, frame: frameOf(own), at: dueOf(award) + lateMs })
      return []
    },
    idle: () => {
      for (const each of held.splice(0)) {
        if (each.at > cheat.wallMs()) held.push(each)
        else cheat.inject(each.to, each.frame)
      }
    },
  }
}

function backed(
  cheat: Cheat,
  contracts: OwnContracts,
  again: Map<string, HaggleRecord>,
  record: HaggleRecord,
): HaggleRecord {
  const award = contracts.of(record)?.award
  if (record.type !== 'deliver' || record.author !== cheat.signer.key || award === undefined) return record
  if (record.body.milestone > 0 || record.body.revision > 0) return record
  const second = again.get(record.id) ?? signed(cheat, 'deliver', { ...record.body, at: dueOf(award) - 1 }) ?? record
  again.set(record.id, second)
  return second
}

/** Says that it delivered, and shows nobody what. */
export function hollowDeliverer(): Tamper {
  return { keepsBytes: true, outgoing: (_to, frame) => [withoutBytes(frame)] }
}

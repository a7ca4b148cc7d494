import { decodeFrame, type HaggleRecord, type RecordType } from '@haggle/protocol'
import { dueOf, find, OwnContracts, showPanel, type Own } from './own-contracts.ts'
import { frameOf, signed, type Cheat, type Tamper } from './tamper.ts'

/** Before its due: a delivery that comes back from the dead comes in time. */
const IN_TIME_MS = 60

/** As a worker it falls silent until its panel calls it gone, and shows that panel its delivery at the last moment. */
export function revenant(cheat: Cheat): Tamper {
  const contracts = new OwnContracts(cheat)
  const hides = (record: HaggleRecord): boolean =>
    record.author === cheat.signer.key && (record.type === 'alive' || record.type === 'deliver')
  return {
    everyMs: 20,
    incoming: (_from, frame) => void contracts.note(frame),
    outgoing: (_to, frame) => {
      const records = contracts.note(frame)
      return isBeat(frame) || records.some(hides) ? [] : [frame]
    },
    idle: () => {
      for (const own of contracts.all()) {
        const [accept, opening, beat] = [find(own, 'accept'), find(own, 'opening'), find(own, 'heartbeat')]
        const deliver = find(own, 'deliver')
        if (own.done || accept === null || deliver?.author !== cheat.signer.key) continue
        if (cheat.wallMs() < dueOf(own.award) - IN_TIME_MS) continue
        own.done = true
        const file = [accept, opening, beat, deliver].filter((record) => record !== null)
        showPanel(cheat, own.award, file)
      }
    },
  }
}

/** All heartbeats but the first are frames without a signature. */
function isBeat(bytes: Uint8Array): boolean {
  const frame = decodeFrame(bytes)
  return frame.ok && frame.frame.kind === 'heartbeat'
}

/** As a requester it has what it would approve done again, shows its panel that it said so, and says nothing of what comes then. */
export function fickleReviewer(cheat: Cheat): Tamper {
  const contracts = new OwnContracts(cheat)
  const said: readonly RecordType[] = ['receipt', 'approve', 'reject', 'closing']
  const isWord = (record: HaggleRecord): boolean => record.author === cheat.signer.key && said.includes(record.type)
  return {
    incoming: (_from, frame) => void contracts.note(frame),
    outgoing: (_to, frame) => {
      const records = contracts.note(frame)
      const last = records.findLast(isWord)
      const own = last === undefined ? undefined : contracts.of(last)
      if (last === undefined || own === undefined || own.award.body.terms.revisions === 0) return [frame]
      if (own.done) return []
      return last.type === 'approve' ? rejected(cheat, own, last) : [frame]
    },
  }
}

function rejected(cheat: Cheat, own: Own, { body }: HaggleRecord<'approve'>): readonly Uint8Array[] {
  const reject = signed(cheat, 'reject', { ...body, reason: 'opinion', note: 'once more' })
  const [accept, deliver] = [find(own, 'accept'), find(own, 'deliver')]
  if (reject === null || accept === null || deliver === null) return []
  own.done = true
  showPanel(cheat, own.award, [accept, deliver, reject])
  return [frameOf([reject])]
}

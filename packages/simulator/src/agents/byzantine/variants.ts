import { payloadHashOf, type HaggleRecord } from '@haggle/protocol'
import { signed, type Cheat } from './tamper.ts'

/** How far back a back-dater dates. */
const BACK_MS = 400

/** Another record of the same author in the place of this one: on the same prev, for the same task and generation. */
export function secondWord(cheat: Cheat, record: HaggleRecord): HaggleRecord | null {
  switch (record.type) {
    case 'award': {
      const { body } = record
      // One that follows from its bid as the first does, and one that does not.
      return signed(
        cheat,
        'award',
        cheat.random.permille(500) ? { ...body, at: body.at + 1 } : { ...body, price: body.price + 1 },
      )
    }
    case 'bid':
      return signed(cheat, 'bid', { ...record.body, price: Math.max(1, record.body.price - 1) })
    case 'reopening':
      return signed(cheat, 'reopening', { ...record.body, expires: record.body.expires + 1 })
    case 'accept':
      return signed(cheat, 'accept', { ...record.body, at: record.body.at + 1 })
    case 'deliver': {
      const resultHash = payloadHashOf(cheat.random.bytes(8))
      return signed(cheat, 'deliver', { ...record.body, resultHash })
    }
    case 'approve':
      return signed(cheat, 'reject', { ...record.body, reason: 'opinion', note: 'on second thoughts' })
    case 'reject': {
      const { at, contract, generation, seq, prev, milestone } = record.body
      return signed(cheat, 'approve', { at, contract, generation, seq, prev, milestone })
    }
    case 'failed':
      return signed(cheat, 'failed', { ...record.body, note: 'for another reason' })
    case 'withdraw':
      return signed(cheat, 'withdraw', { ...record.body, reason: 'another' })
    case 'closing':
      return signed(cheat, 'closing', { ...record.body, slash: record.body.slash + 1 })
    case 'advert':
    case 'offer':
    case 'withdrawal':
    case 'trace':
    case 'decline':
    case 'concede':
    case 'unseal':
    case 'cancel':
    case 'timeout':
    case 'receipt':
    case 'opening':
    case 'heartbeat':
    case 'fenced':
    case 'revived':
    case 'cancel-req':
    case 'agree':
    case 'challenge':
    case 'alive':
    case 'witness-set':
    case 'ask':
    case 'held':
    case 'vote':
      return null
  }
}

/** The same, said to be signed some time before. */
export function backDated(cheat: Cheat, record: HaggleRecord): HaggleRecord | null {
  const at = record.body.at - BACK_MS
  switch (record.type) {
    case 'accept':
      return signed(cheat, 'accept', { ...record.body, at })
    case 'deliver':
      return signed(cheat, 'deliver', { ...record.body, at })
    case 'withdraw':
      return signed(cheat, 'withdraw', { ...record.body, at })
    case 'reject':
      return signed(cheat, 'reject', { ...record.body, at })
    case 'opening':
      return signed(cheat, 'opening', { ...record.body, at })
    case 'receipt':
      return signed(cheat, 'receipt', { ...record.body, at })
    case 'cancel-req':
      return signed(cheat, 'cancel-req', { ...record.body, at })
    default:
      return null
  }
}

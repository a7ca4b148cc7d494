import type { AgentKey, HaggleRecord } from '@haggle/protocol'
import { sayer, type Ledger, type Say } from '../ledger.ts'
import type { Invariant, Proven } from '../observer.ts'
import { contractsOf } from './breaches.ts'

/** S8: what is staked in a contract is released by a closing, burned by a fault, or held: one of the three, once, and no more than it is. */
export function stakesConserved(ledger: Ledger): Invariant {
  let say: Say = () => {}
  return {
    id: 'S8',
    begin: (_cast, report) => {
      say = sayer(report)
    },
    finish: ({ proven, at }) => {
      if (proven === null) return
      for (const [award, records] of contractsOf(proven.records)) {
        for (const party of [award.author, award.body.worker]) {
          const problem = problemOf(ledger, proven, award, records, party)
          if (problem !== null) say(`a stake is not conserved: ${problem}`, [award], at)
        }
      }
    },
  }
}

function problemOf(
  ledger: Ledger,
  { pledges, booked }: Proven,
  award: HaggleRecord<'award'>,
  records: readonly HaggleRecord[],
  party: AgentKey,
): string | null {
  const { stakeRequester, stakeWorker } = award.body.terms
  const isRequester = party === award.author
  const stake = isRequester ? stakeRequester : stakeWorker
  const held = pledges.filter((each) => each.contract === award.id && each.party === party)
  const faults = booked.filter((each) => each.contract === award.id && each.party === party)
  const burned = faults.reduce((sum, { slash }) => sum + slash, 0)
  const isLocked = stake > 0 && (isRequester || records.some((each) => each.type === 'accept' && each.author === party))
  if (held.length > 1) return 'it is held twice'
  if (held.some((each) => each.stake !== stake)) return 'something else is held than was staked'
  if (faults.some(({ slash }) => slash < 0) || burned > stake) return `${burned} of ${stake} are burned`
  if (held.length > 0 && !isLocked) return 'what nobody staked is held'
  if (held.length > 0 && burned > 0) return 'what is burned is held as well'
  const closed = records.some((each) => each.type === 'closing' && (each.author === party || freesWorker(award, each)))
  // A cheat may have signed an accept that follows from nothing.
  const isKept = ledger.keepsItsWord(award.author) && ledger.keepsItsWord(award.body.worker)
  if (isKept && isLocked && held.length === 0 && burned === 0 && !closed)
    return 'it is gone without a closing or a fault'
  // Between two that keep their word nothing is held any more when both have said how it ended.
  const both = [award.author, award.body.worker].every((key) => ledger.keepsItsWord(key) && isClosedBy(records, key))
  return both && held.length > 0 && endsOf(records).size === 1 ? 'it is held when both sides have closed alike' : null
}

/** The requester's word that it was served, or that it never bound the worker. */
function freesWorker(award: HaggleRecord<'award'>, closing: HaggleRecord<'closing'>): boolean {
  return closing.author === award.author && ['settled', 'lapsed'].includes(closing.body.outcome.end)
}

function isClosedBy(records: readonly HaggleRecord[], key: AgentKey): boolean {
  return records.some(({ type, author }) => type === 'closing' && author === key)
}

function endsOf(records: readonly HaggleRecord[]): ReadonlySet<string> {
  return new Set(records.flatMap((record) => (record.type === 'closing' ? [record.body.outcome.end] : [])))
}

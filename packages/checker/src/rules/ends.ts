import type { HaggleRecord, Outcome, RecordId } from '@haggle/protocol'
import type { Chronicle, HeldContract, Placed } from '../chronicle.ts'
import type { Finding } from '../history.ts'
import type { Ledger } from '../ledger.ts'
import { rankOf, type End } from '../stage.ts'
import { foundIn } from './rule.ts'

type Closing = HaggleRecord<'closing'>

/** Ends that are nobody's signature: another party may know better. */
const provisional: ReadonlySet<string> = new Set(['undecided', 'lapsed'])

/** S7, S10, S17, S19: what closings say, beside what the records prove. */
export function ends(ledger: Ledger): readonly Finding[] {
  return [
    ...opposed(ledger),
    ...ledger.chronicles.flatMap((chronicle) =>
      [...chronicle.contracts.values()].flatMap((held) =>
        held.closings.flatMap((closing) => [
          ...penalty(chronicle, held, closing.record),
          ...(closing.record.author === chronicle.agent ? unproven(chronicle, held, closing) : []),
        ]),
      ),
    ),
  ]
}

/** S7: the final ends that two parties hold of one contract. */
function opposed(ledger: Ledger): readonly Finding[] {
  const findings: Finding[] = []
  const first = new Map<RecordId, Closing>()
  for (const closing of ledger.all('closing')) {
    if (provisional.has(closing.body.outcome.end)) continue
    const other = first.get(closing.body.contract)
    if (other === undefined) {
      first.set(closing.body.contract, closing)
      continue
    }
    const [a, b] = [other.body.outcome, closing.body.outcome]
    const differs = a.end !== b.end || (a.party !== null && b.party !== null && a.party !== b.party)
    if (differs)
      findings.push(foundIn(ledger, 'S7', `one party holds ${a.end}, the other ${b.end}`, [other.id, closing.id]))
  }
  return findings
}

/** S17: an agent closes by what its own log proved at that moment, neither lower nor higher. S10: faults need evidence. */
function unproven(chronicle: Chronicle, held: HeldContract, closing: Placed<Closing>): readonly Finding[] {
  const { outcome } = closing.record.body
  const proven = highest(held, closing.seq)
  const id = closing.record.id
  const at = (invariant: 'S10' | 'S17', text: string, records: readonly RecordId[] = []): Finding => ({
    ...{ invariant, text, directory: chronicle.directory },
    records: [id, ...records],
  })
  if (proven === null) {
    if (isOpenEnd(chronicle, held, closing, outcome)) return []
    const invariant = outcome.fault === null ? 'S17' : 'S10'
    return [at(invariant, `closed as ${outcome.end}, and no entry in the log ends the contract so`)]
  }
  const { by, ends: possible } = proven
  if (possible.some((each) => each.end === outcome.end && faultFits(each, outcome))) {
    return partyFits(held, outcome)
      ? []
      : [at('S10', `${outcome.fault ?? 'a fault'} is held against the wrong party`, [by])]
  }
  if (possible.some((each) => each.end === 'undecided') && outcome.end === 'undecided') return []
  const booked = outcome.fault !== null && !possible.some(({ fault }) => fault === outcome.fault)
  const text = `closed as ${outcome.end}${outcome.fault === null ? '' : ` by ${outcome.fault}`}, and the log proves ${possible.map(({ end }) => end).join(' or ')}`
  return [at(booked ? 'S10' : 'S17', text, [by])]
}

interface Proven {
  readonly by: RecordId
  readonly ends: readonly End[]
}

/** The highest end that the entries up to a row prove; a fork voids what nobody's signature holds up. */
function highest(held: HeldContract, before: number): Proven | null {
  let best: Proven | null = null
  const signed = new Map<string, RecordId>()
  const consider = (next: Proven): void => {
    if (best === null || top(next.ends) > top(best.ends)) best = next
  }
  for (const { seq, entry, stage } of held.nodes.values()) {
    if (seq > before) continue
    const place = `${entry.author}/${entry.body.prev}`
    if (signed.has(place)) consider({ by: entry.id, ends: [{ end: 'void', fault: 'FORK' }] })
    signed.set(place, entry.id)
    if (stage.kind === 'ended') consider({ by: entry.id, ends: stage.ends })
  }
  return best
}

function top(possible: readonly End[]): number {
  return possible.reduce((most, each) => Math.max(most, rankOf(each)), 0)
}

/** CON-31: what is over without an end of its own is lapsed, if it was never opened, or undecided. */
function isOpenEnd(chronicle: Chronicle, held: HeldContract, closing: Placed<Closing>, outcome: Outcome): boolean {
  if (outcome.end !== 'undecided' && outcome.end !== 'lapsed') return false
  if (outcome.end === 'undecided') return true
  // An opening by our own hand, before the closing, is a word that the award had not lapsed.
  return !held.openings.some((opening) => opening.seq < closing.seq && opening.record.author === chronicle.agent)
}

function faultFits(proven: End, outcome: Outcome): boolean {
  return proven.fault === outcome.fault
}

function partyFits({ award, nodes }: HeldContract, { fault, party }: Outcome): boolean {
  const { author, body } = award.record
  switch (fault) {
    case null:
      return party === null
    case 'BAD':
    case 'CONCEDE':
    case 'WITHDRAW':
      return party === body.worker
    case 'FALSE_REJECT':
    case 'FORGED_GENERATION':
      return party === author
    case 'FORK':
      return [...nodes.values()].some(({ entry }) => entry.author === party)
    default:
      return false
  }
}

/** S19: no more than the party's stake, for work on one milestone no more than its part, and nothing from who is not at fault. */
function penalty({ directory }: Chronicle, { award, nodes }: HeldContract, closing: Closing): readonly Finding[] {
  const { slash, outcome } = closing.body
  const { terms, worker } = award.record.body
  let most = 0
  if (outcome.party === worker) most = terms.stakeWorker
  else if (outcome.party === award.record.author) most = terms.stakeRequester
  if (outcome.fault === 'BAD' || outcome.fault === 'CONCEDE' || outcome.fault === 'WITHDRAW') {
    const named = closing.body.evidence
      .flatMap((id) => nodes.get(id)?.entry ?? [])
      .find((entry) => 'milestone' in entry.body)
    const milestone = named !== undefined && 'milestone' in named.body ? named.body.milestone : 0
    const share = Math.floor((most * (terms.milestones[milestone]?.valuePermille ?? 1_000)) / 1_000)
    most = outcome.fault === 'WITHDRAW' ? Math.floor((share * 850) / 1_000) : share
  }
  if (slash <= most) return []
  const text = `a penalty of ${slash} where the terms allow ${most}`
  return [{ invariant: 'S19', text, records: [closing.id, award.record.id], directory }]
}

import type { HaggleRecord, RecordId } from '@haggle/protocol'
import { isLaterEntry } from '../book.ts'
import { answers, InTime, isBorne } from '../in-time.ts'
import { sayer, type Ledger, type Say } from '../ledger.ts'
import type { Invariant, Proven, ProvenCertificate, ProvenFault } from '../observer.ts'
import { certificatesOf, isCertified, sameSlot, type Certified } from '../panel.ts'

/** What nobody who follows the rules ever signs. */
const contradictions: ReadonlySet<string> = new Set(['FORK', 'FORGED_GENERATION', 'SIGNED_BREACH', 'FALSE_ASK'])

/** What a panel must have certified before it counts, and of whose duty. */
const witnessed: Readonly<Record<string, readonly string[]>> = {
  NO_DELIVERY: ['delivery'],
  LATE: ['delivery'],
  SILENT_REVIEW: ['review'],
  ABANDONED: ['lease'],
  BAD: ['rework'],
}

/** S11: over everything that anybody ever signed, no correct agent that answered in time is certified to have been silent. */
export function neverConvicted(ledger: Ledger): Invariant {
  const inTime = new InTime()
  let say: Say = () => {}
  return {
    id: 'S11',
    begin: (cast, report) => {
      say = sayer(report)
      inTime.begin(cast)
    },
    started: (who, now) => inTime.started(who, now),
    ended: (who, now) => inTime.ended(who, now),
    committed: (who, now, rows) => {
      for (const row of rows) if (row.kind === 'record') inTime.wrote(who, now, row.record)
    },
    received: (frame, to, now) => inTime.received(frame, to, now),
    finish: ({ proven, at, wall }) => {
      if (proven === null) return
      inTime.epoch = wall - at
      for (const [award, records] of contractsOf(proven.records)) {
        if (award.body.panel.length === 0 || !isBorne(ledger, award)) continue
        const votes = records.filter((record) => record.type === 'vote')
        for (const certified of certificatesOf(award, votes, 'absent')) {
          const problem = problemOf(ledger, inTime, award, records, certified)
          if (problem !== null)
            say(`${certified.slot.duty} is certified to have been missed: ${problem}`, [award, ...certified.votes], at)
        }
      }
    },
  }
}

function problemOf(
  ledger: Ledger,
  inTime: InTime,
  award: HaggleRecord<'award'>,
  records: readonly HaggleRecord[],
  { slot, votes }: Certified,
): string | null {
  const accused = ledger.memberOf.get(
    slot.duty === 'review' || slot.duty === 'opening' ? award.author : award.body.worker,
  )
  const due = votes[0]?.body.due
  if (accused?.correct !== true || !accused.clockHolds || accused.forgets || due === undefined) return null
  if (slot.duty === 'lease') return aliveProblem(inTime, accused.agent, award, records, votes)
  for (const record of records) {
    const ground = answers(award, slot, record) ? inTime.ground(ledger, award, record, due) : null
    if (ground !== null) return ground
  }
  return null
}

/** Who runs and works on it answers every challenge. */
function aliveProblem(
  inTime: InTime,
  worker: number,
  award: HaggleRecord<'award'>,
  records: readonly HaggleRecord[],
  votes: Certified['votes'],
): string | null {
  const { deltaMs, epsilonMs } = award.body.terms.timers
  const times = votes.map(({ body }) => body.at)
  const from = Math.min(...times) - 3 * deltaMs - 2 * epsilonMs
  // Whoever has closed it owes no sign of life, nor who has not heard that it was opened.
  const isOver = records.some(({ type, author, body }) => {
    return type === 'closing' && author === award.body.worker && body.at <= Math.max(...times)
  })
  const isBegun = records.some((record) => record.type === 'heartbeat' && record.author === award.body.worker)
  if (isOver || !isBegun || !inTime.ran(worker, from, Math.max(...times) + 2 * epsilonMs)) return null
  return 'its worker ran all the while'
}

/** S10: what costs somebody something is proven by signatures of his own, or by a quorum of his panel; a correct agent signs no contradiction. */
export function provenFaults(ledger: Ledger): Invariant {
  let say: Say = () => {}
  return {
    id: 'S10',
    begin: (_cast, report) => {
      say = sayer(report)
    },
    finish: ({ proven, at }) => {
      if (proven === null) return
      const contracts = new Map(
        [...contractsOf(proven.records)].map(([award, records]) => [award.id, { award, records }]),
      )
      for (const fault of proven.faults) {
        const contract = contracts.get(fault.contract)
        if (contract === undefined || fault.grade === 'alleged') continue
        const problem = faultProblem(ledger, contract.award, contract.records, fault)
        if (problem !== null) say(`${fault.fault} is held against an agent: ${problem}`, [contract.award], at)
      }
      for (const certificate of proven.certificates) {
        const contract = contracts.get(certificate.contract)
        const isOne = contract !== undefined && isCertificate(contract.award, contract.records, certificate)
        if (!isOne) say(`what is taken for certified (${certificate.verdict}) is no quorum`, proofOf(contract), at)
      }
      for (const { award, records } of contracts.values()) {
        // A panel of liars may call timely what meets no duty at all.
        const missing = isBorne(ledger, award) ? unseen(award, records, proven.certificates) : null
        if (missing !== null) say(`a quorum says ${missing}, and nobody takes it for certified`, [award], at)
      }
      for (const party of proven.corrupt)
        if (ledger.keepsItsWord(party)) say('an agent that did nothing wrong is held for corrupt', [], at)
      for (const { party, fault, stake } of proven.booked)
        if (fault === 'SIGNED_BREACH' && stake === 0 && ledger.keepsItsWord(party))
          say('an agent that did nothing wrong is said to have signed a vote that contradicts itself', [], at)
    },
  }
}

function proofOf(contract: { readonly award: HaggleRecord<'award'> } | undefined): readonly HaggleRecord[] {
  return contract === undefined ? [] : [contract.award]
}

/** Its votes, and no others, make it one by this count as well. */
function isCertificate(
  award: HaggleRecord<'award'>,
  records: readonly HaggleRecord[],
  { slot, verdict, votes }: ProvenCertificate,
): boolean {
  const named = records.filter((record) => record.type === 'vote').filter(({ id }) => votes.includes(id))
  return named.length === votes.length && isCertified(award, named, slot, verdict)
}

/** A certificate by this count that the judge does not see. */
function unseen(
  award: HaggleRecord<'award'>,
  records: readonly HaggleRecord[],
  seen: Proven['certificates'],
): string | null {
  // Two words of one party void it, and nothing else counts; of many a judge keeps a few, and not what the panel says of the others.
  if (isForked(records)) return null
  const votes = records.filter((record) => record.type === 'vote')
  for (const verdict of ['timely', 'absent'] as const) {
    for (const { slot } of certificatesOf(award, votes, verdict)) {
      const isSeen = seen.some((each) => {
        return each.contract === award.id && each.verdict === verdict && sameSlot(each.slot, slot)
      })
      // What is no slot of a contract a judge passes over.
      if (!isSeen && (slot.duty === 'lease') === slot.k > 0) return `${verdict} of a ${slot.duty}`
    }
  }
  return null
}

/** Somebody has signed two entries on one. */
function isForked(records: readonly HaggleRecord[]): boolean {
  const entries = records.filter(isLaterEntry)
  return new Set(entries.map(({ author, body }) => `${author} ${body.prev}`)).size < entries.length
}

function faultProblem(
  ledger: Ledger,
  award: HaggleRecord<'award'>,
  records: readonly HaggleRecord[],
  { party, fault, grade, milestone }: ProvenFault,
): string | null {
  if (contradictions.has(fault) && ledger.keepsItsWord(party) && ledger.memberOf.get(party)?.clockHolds === true)
    return 'it did nothing wrong'
  if (!records.some(({ author }) => author === party)) return 'it has signed nothing of the contract'
  const isHonest = grade === 'self-proving' || isBorne(ledger, award)
  if (fault === 'FALSE_REJECT' && isHonest && saysSealed(records, party) && ledger.keepsItsWord(party))
    return 'it could not open the seal'
  const duties = witnessed[fault]
  if (grade !== 'witnessed' || duties === undefined) return null
  const votes = records.filter((record) => record.type === 'vote')
  const absent = certificatesOf(award, votes, 'absent')
  const isShown = absent.some(({ slot }) => {
    return duties.includes(slot.duty) && (milestone === null || slot.milestone === milestone)
  })
  if (!isShown) return 'no quorum of its panel says so'
  const late = certificatesOf(award, votes, 'late')
  return fault === 'LATE' && late.length === 0 ? 'no quorum of its panel says that it came at all' : null
}

/** Whether all that an agent rejected it rejected for its seal: an agent that follows the rules says that of none that it can open. */
function saysSealed(records: readonly HaggleRecord[], party: string): boolean {
  const own = records.filter((record) => record.type === 'reject').filter(({ author }) => author === party)
  return own.length > 0 && own.every(({ body }) => body.reason === 'sealed')
}

/** S12: one breach counts once, by whatever evidence. */
export function countedOnce(): Invariant {
  let say: Say = () => {}
  return {
    id: 'S12',
    begin: (_cast, report) => {
      say = sayer(report)
    },
    finish: ({ proven, at }) => {
      const seen = new Set<string>()
      for (const { id, fault } of proven?.booked ?? []) {
        if (seen.has(id)) say(`one ${fault} counts more than once`, [], at)
        seen.add(id)
      }
    },
  }
}

/** S14: the same records prove the same, in whatever order they are read. */
export function anyOrder(): Invariant {
  let say: Say = () => {}
  return {
    id: 'S14',
    begin: (_cast, report) => {
      say = sayer(report)
    },
    finish: ({ proven, at }) => {
      if (new Set(proven?.digests).size > 1) say('the same records prove different things in different orders', [], at)
    },
  }
}

/** Every contract with what was ever signed about it. */
export function contractsOf(records: Proven['records']): ReadonlyMap<HaggleRecord<'award'>, readonly HaggleRecord[]> {
  const byContract = new Map<RecordId, HaggleRecord[]>()
  for (const record of records) {
    if (!('contract' in record.body)) continue
    const same = byContract.get(record.body.contract)
    if (same === undefined) byContract.set(record.body.contract, [record])
    else same.push(record)
  }
  const awards = records.filter((record) => record.type === 'award')
  return new Map(awards.map((award) => [award, [award, ...(byContract.get(award.id) ?? [])]]))
}

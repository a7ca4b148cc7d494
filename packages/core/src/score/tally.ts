import { MAX_AMOUNT, type AgentKey, type MicroCredits } from '@haggle/protocol'
import { assertAmount } from './credit-ball.ts'
import type { CreditFact, Facts, FaultFact, PledgeFact, TombstoneFact } from './facts.ts'
import { decayed } from './quality.ts'

/** A credit fact and what it counts for at this epoch. */
export interface CreditPart {
  readonly fact: CreditFact
  readonly decayed: MicroCredits
  /** What of it fits below the cap of its pair: newer approvals first. */
  readonly counted: MicroCredits
}

/** Something an agent owes, and how much of it at this epoch. */
export type DebtPart =
  | { readonly kind: 'slash'; readonly fact: FaultFact; readonly amount: MicroCredits }
  | { readonly kind: 'pledge'; readonly fact: PledgeFact; readonly amount: MicroCredits }

/** All approvals of one agent by another, the newest first. */
export interface PairCredit {
  readonly from: AgentKey
  readonly to: AgentKey
  readonly parts: readonly CreditPart[]
}

/** Facts in their one order, each once, with what they count for. */
export interface Tally {
  readonly pairs: readonly PairCredit[]
  readonly debts: ReadonlyMap<AgentKey, readonly DebtPart[]>
  readonly tombstones: ReadonlyMap<AgentKey, TombstoneFact>
  /** Everybody who is named, sorted by raw key. */
  readonly agents: readonly AgentKey[]
}

/** The parameters of a tally. */
export interface TallyParams {
  readonly creditHalfLifeEpochs: number
  readonly faultHalfLifeEpochs: number
  readonly pairCreditCapMicro: MicroCredits
}

/**
 * REP-02: facts made ready for an epoch. Doubles count once, whatever the order they came in; credit dated ahead waits for its time,
 * while faults and pledges count at once. Throws `TypeError` on amounts and epochs that are no safe integers from 0 on.
 */
export function tally(facts: Facts, params: TallyParams, epoch: number): Tally {
  assertAmount(epoch, 'the epoch')
  const credits = eachOnce(facts.credits.map(checkedCredit), ({ contract, from, to }) => `${contract} ${from} ${to}`)
  const faults = eachOnce(facts.faults.map(checkedFault), ({ id }) => id)
  const pledges = eachOnce(facts.pledges.map(checkedPledge), ({ contract, party }) => `${contract} ${party}`)
  const tombstones = eachOnce(facts.tombstones, ({ party }) => party)
  const debts = debtsBy(faults, pledges, params, epoch)
  const named = new Set<AgentKey>()
  for (const { from, to } of credits) named.add(from).add(to)
  for (const { party } of [...faults, ...pledges, ...tombstones]) named.add(party)
  return {
    pairs: pairsOf(
      credits.filter((fact) => fact.from !== fact.to && fact.epoch <= epoch),
      params,
      epoch,
    ),
    debts,
    tombstones: new Map(tombstones.map((fact) => [fact.party, fact])),
    agents: [...named].toSorted(),
  }
}

/** A sum that would leave the integers stays at the largest of them. */
export function sumOf(parts: readonly { readonly amount: MicroCredits }[]): MicroCredits {
  return parts.reduce((sum, { amount }) => Math.min(Number.MAX_SAFE_INTEGER, sum + amount), 0)
}

/**
 * One fact of each name: of credits and faults the one that moves least, of pledges the one that binds most; the rest of the content
 * breaks ties, so that order never does.
 */
function eachOnce<F extends CreditFact | FaultFact | PledgeFact | TombstoneFact>(
  facts: readonly F[],
  nameOf: (fact: F) => string,
): F[] {
  const kept = new Map<string, F>()
  for (const fact of facts) {
    const name = nameOf(fact)
    const other = kept.get(name)
    if (other === undefined || isBefore(weightOf(fact), weightOf(other))) kept.set(name, fact)
  }
  return [...kept.values()]
}

/** What decides between doubles, in this order; the smaller is kept. */
function weightOf(fact: CreditFact | FaultFact | PledgeFact | TombstoneFact): readonly (number | string)[] {
  if ('proof' in fact) return [fact.proof.join(' ')]
  if ('untilEpoch' in fact) return [MAX_AMOUNT - fact.stake, MAX_AMOUNT - fact.untilEpoch]
  if ('from' in fact) return [fact.amount, fact.epoch, fact.skill]
  return [
    fact.slash,
    fact.epoch,
    MAX_AMOUNT - fact.stake,
    fact.skill,
    fact.fault,
    fact.grade,
    fact.party,
    fact.contract,
  ]
}

function isBefore(a: readonly (number | string)[], b: readonly (number | string)[]): boolean {
  for (const [place, one] of a.entries()) {
    const other = b[place] ?? ''
    if (one !== other) return one < other
  }
  return false
}

/** REP-02: by pair, newest first, each decayed, counted until the cap of the pair is full. */
function pairsOf(credits: readonly CreditFact[], params: TallyParams, epoch: number): PairCredit[] {
  const byPair = new Map<string, CreditFact[]>()
  for (const fact of credits) {
    const name = `${fact.from} ${fact.to}`
    const row = byPair.get(name)
    if (row === undefined) byPair.set(name, [fact])
    else row.push(fact)
  }
  return [...byPair]
    .toSorted(([a], [b]) => byText(a, b))
    .flatMap(([, row]) => {
      const [one] = row
      if (one === undefined) return []
      let room = params.pairCreditCapMicro
      const parts = row
        .toSorted((a, b) => newestFirst(a, b) || byText(a.contract, b.contract))
        .map((fact) => {
          const amount = decayed(fact.amount, epoch - fact.epoch, params.creditHalfLifeEpochs)
          const counted = Math.min(room, amount)
          room -= counted
          return { fact, decayed: amount, counted }
        })
      return [{ from: one.from, to: one.to, parts }]
    })
}

/** REP-04: what each party owes: slashes as they decay, and pledges that no closing, no fault and no time has ended. */
function debtsBy(
  faults: readonly FaultFact[],
  pledges: readonly PledgeFact[],
  { faultHalfLifeEpochs }: TallyParams,
  epoch: number,
): Map<AgentKey, DebtPart[]> {
  const debts = new Map<AgentKey, DebtPart[]>()
  const owe = (part: DebtPart): void => {
    const row = debts.get(part.fact.party)
    if (row === undefined) debts.set(part.fact.party, [part])
    else row.push(part)
  }
  for (const fact of faults.toSorted((a, b) => newestFirst(a, b) || byText(a.id, b.id))) {
    const age = Math.max(0, epoch - fact.epoch)
    owe({ kind: 'slash', fact, amount: decayed(fact.slash, age, faultHalfLifeEpochs) })
  }
  const booked = new Set(faults.map(({ contract, party }) => `${contract} ${party}`))
  for (const fact of pledges.toSorted((a, b) => byText(a.contract, b.contract))) {
    if (fact.untilEpoch < epoch || booked.has(`${fact.contract} ${fact.party}`)) continue
    owe({ kind: 'pledge', fact, amount: fact.stake })
  }
  return debts
}

function byText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function newestFirst(a: { readonly epoch: number }, b: { readonly epoch: number }): number {
  return b.epoch - a.epoch
}

function checkedCredit(fact: CreditFact): CreditFact {
  assertAmount(fact.amount, 'a credit')
  assertAmount(fact.epoch, 'the epoch of a credit')
  return fact
}

function checkedFault(fact: FaultFact): FaultFact {
  assertAmount(fact.slash, 'a slash')
  assertAmount(fact.stake, 'the stake of a fault')
  assertAmount(fact.epoch, 'the epoch of a fault')
  return fact
}

function checkedPledge(fact: PledgeFact): PledgeFact {
  assertAmount(fact.stake, 'a pledge')
  assertAmount(fact.untilEpoch, 'the last epoch of a pledge')
  return fact
}

import { protocolParams, type FaultCode, type RecordId } from '@haggle/protocol'
import type { CreditFact, Facts, FaultFact, PledgeFact } from '../../src/score/facts.ts'
import { computeScores, type Scores } from '../../src/score/scores.ts'
import type { Random } from '../world/random.ts'
import { agent } from './graph-case.ts'

export const EPOCH = 490_000
export const CREDIT = 1_000_000

export const noFacts: Facts = { credits: [], faults: [], pledges: [], tombstones: [] }

/** An id that sorts like its number. */
export function id(number: number): RecordId {
  // 64 hexadecimal digits, as the brand says.
  return number.toString(16).padStart(64, '0') as RecordId
}

export function credit(from: number, to: number, amount: number, more: Partial<CreditFact> = {}): CreditFact {
  const contract = id(1_000_000 + from * 1_000 + to)
  return { from: agent(from), to: agent(to), amount, skill: 'shout', epoch: EPOCH, contract, ...more }
}

export function fault(party: number, slash: number, more: Partial<FaultFact> = {}): FaultFact {
  return {
    ...{ id: id(2_000_000 + party), party: agent(party), contract: id(3_000_000 + party), skill: 'shout' },
    // One of the codes, in the type's own words.
    fault: 'NO_DELIVERY' satisfies FaultCode,
    ...{ grade: 'witnessed', slash, stake: slash, epoch: EPOCH, ...more },
  }
}

export function pledge(party: number, stake: number, more: Partial<PledgeFact> = {}): PledgeFact {
  return { party: agent(party), contract: id(4_000_000 + party), stake, untilEpoch: EPOCH + 10, ...more }
}

/** Scores of agent 0, or of some roots. */
export function scoresOf(facts: Partial<Facts>, roots: readonly number[] = [0], epoch = EPOCH): Scores {
  return computeScores({ ...noFacts, ...facts }, roots.map(agent), protocolParams, epoch)
}

/** Facts of a random market, doubles and records from the future among them. */
export function randomFacts(random: Random, agents: number, size: number): Facts {
  const who = (): number => random.below(agents)
  const epoch = (): number => EPOCH + 5 - random.below(4_000)
  const skill = (): string => random.pick(['shout', 'count', 'sort'])
  const some = <F>(count: number, make: (at: number) => F): F[] => Array.from({ length: count }, (_, at) => make(at))
  return {
    credits: some(size, () => {
      const more = { epoch: epoch(), skill: skill(), contract: id(random.below(2 * size)) }
      return credit(who(), who(), random.below(3 * CREDIT), more)
    }),
    faults: some(Math.ceil(size / 4), () => {
      const more = { epoch: epoch(), skill: skill(), id: id(random.below(size)), stake: 2 * CREDIT }
      return fault(who(), random.below(2 * CREDIT), { ...more, contract: id(random.below(2 * size)) })
    }),
    pledges: some(Math.ceil(size / 4), () => {
      const more = { contract: id(random.below(2 * size)), untilEpoch: EPOCH - 3 + random.below(9) }
      return pledge(who(), random.below(CREDIT), more)
    }),
    tombstones: some(Math.ceil(agents / 20), (at) => ({ party: agent(agents - 1 - (who() % 5)), proof: [id(at)] })),
  }
}

/** The same facts in another order. */
export function shuffledFacts(random: Random, { credits, faults, pledges, tombstones }: Facts): Facts {
  const shuffled = <T>(items: readonly T[]): T[] => {
    const left = [...items]
    return items.flatMap(() => left.splice(random.below(left.length), 1))
  }
  return {
    credits: shuffled(credits),
    faults: shuffled(faults),
    pledges: shuffled(pledges),
    tombstones: shuffled(tombstones),
  }
}

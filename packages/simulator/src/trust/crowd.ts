import { admits, computeScores, type CreditFact, type PledgeFact, type Scores } from '@haggle/core'
import { MICRO, protocolParams, type AgentKey } from '@haggle/protocol'
import { stream } from '../random.ts'
import type { Seed } from '../seed.ts'
import { keyOf, recordIdOf } from './trader-key.ts'

/** What a crowd of requesters put at risk with one key, in micro-credits. */
export interface CrowdResult {
  readonly requesters: number
  /** What honest peers stand for. */
  readonly credit: number
  /** Awarded in one moment, when nobody has seen an opening of another. */
  readonly atOnce: number
  /** What of it stands when the openings have spread, and each requester has looked once more before its own binds it. */
  readonly spread: number
  /** What stands when as many requesters have come after that. */
  readonly later: number
}

const ANCHORS = [0, 1, 2]
const SUPPORTERS = 8
const WORKER = 50
const FIRST_REQUESTER = 100
/** Openings reach everybody within so many ticks of reconciliation. */
const SPREAD_TICKS = 8
const EPOCH = 10

interface Award {
  readonly pledge: PledgeFact
  readonly requester: AgentKey
  readonly stakeMicro: number
  /** Ticks until each other requester holds the opening. */
  readonly delayTicks: number
}

/** Sixty requesters, or however many, award to one worker at one moment, each what it would entrust to it alone. */
export function awardInCrowd(seed: Seed, requesters: number): CrowdResult {
  const random = stream(seed, 'crowd', requesters)
  const credits = creditsOf(seed)
  const credit = credits.filter(({ to }) => to === keyOf(WORKER)).reduce((sum, { amount }) => sum + amount, 0)
  const wish = (number: number): Award => {
    const requester = FIRST_REQUESTER + number
    const stakeMicro = random.between(1, 8) * MICRO
    const pledge = {
      ...{ party: keyOf(WORKER), contract: recordIdOf(WORKER, random.u32()), stake: stakeMicro, untilEpoch: EPOCH + 1 },
    }
    return { pledge, requester: keyOf(requester), stakeMicro, delayTicks: random.between(1, SPREAD_TICKS) }
  }
  const sees = (award: Award, seen: readonly PledgeFact[]): boolean => admitsWorker(credits, award, seen)
  const first = Array.from({ length: requesters }, (_, number) => wish(number)).filter((award) => sees(award, []))
  // Each looks again when all openings have come: those before its own, by contract id, are counted, so that all agree on who stays.
  const standing: PledgeFact[] = []
  for (const award of first.toSorted((a, b) => (a.pledge.contract < b.pledge.contract ? -1 : 1)))
    if (sees(award, standing)) standing.push(award.pledge)
  const stayed = sumOf(standing)
  // Who comes later holds every opening that is older than the spreading takes, and learns of the others one by one.
  const late = Array.from({ length: requesters }, (_, number) => wish(requesters + number))
  const under: { readonly pledge: PledgeFact; readonly knownAt: number }[] = []
  for (const [tick, award] of late.entries()) {
    const known = under.filter(({ knownAt }) => knownAt <= tick).map(({ pledge }) => pledge)
    if (sees(award, [...standing, ...known])) under.push({ pledge: award.pledge, knownAt: tick + award.delayTicks })
  }
  return {
    ...{ requesters, credit, atOnce: sumOf(first.map(({ pledge }) => pledge)), spread: stayed },
    later: stayed + sumOf(under.map(({ pledge }) => pledge)),
  }
}

/** Anchors trust some supporters, and those the worker. */
function creditsOf(seed: Seed): CreditFact[] {
  const random = stream(seed, 'crowd-credit')
  const edge = (from: number, to: number, credits: number): CreditFact => ({
    ...{ from: keyOf(from), to: keyOf(to), amount: credits * MICRO, skill: 'skill-0', epoch: EPOCH },
    contract: recordIdOf(from, to),
  })
  return Array.from({ length: SUPPORTERS }, (_, index) => 10 + index).flatMap((supporter) => [
    ...ANCHORS.map((anchor) => edge(anchor, supporter, 30)),
    edge(supporter, WORKER, random.between(4, 9)),
  ])
}

function admitsWorker(credits: readonly CreditFact[], award: Award, pledges: readonly PledgeFact[]): boolean {
  const roots = [award.requester, ...ANCHORS.map(keyOf)]
  const facts = { credits, faults: [], pledges, tombstones: [] }
  const scores: Scores = computeScores(facts, roots, protocolParams, EPOCH)
  return admits(scores, keyOf(WORKER), award.stakeMicro, {
    ...{ skill: null, minQuality: 0, params: protocolParams },
    newcomerBudget: protocolParams.newcomerBudgetMicro,
  }).admitted
}

function sumOf(pledges: readonly PledgeFact[]): number {
  return pledges.reduce((sum, { stake }) => sum + stake, 0)
}

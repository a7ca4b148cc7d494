import { computeScores, scoreGraph, type CreditFact, type Facts, type FaultFact, type ScoreParams } from '@haggle/core'
import { protocolParams, sha256Of, toHex, type AgentKey, type JsonValue, type RecordId } from '@haggle/protocol'
import type { Vector } from './make.ts'

const CREDIT = 1_000_000
const EPOCH = 490_000

/** The parameters that scores depend on, each of which a vector states. */
const params: ScoreParams = {
  creditHalfLifeEpochs: protocolParams.creditHalfLifeEpochs,
  creditHops: protocolParams.creditHops,
  faultHalfLifeEpochs: protocolParams.faultHalfLifeEpochs,
  pairCreditCapMicro: protocolParams.pairCreditCapMicro,
  qualityPairSuccesses: protocolParams.qualityPairSuccesses,
  qualityPriorSuccess: protocolParams.qualityPriorSuccess,
  qualityPriorWeight: protocolParams.qualityPriorWeight,
  rankDampingPercent: protocolParams.rankDampingPercent,
  rankFullMass: protocolParams.rankFullMass,
  rankMass: protocolParams.rankMass,
  rankRounds: protocolParams.rankRounds,
  rootCapacityMicro: protocolParams.rootCapacityMicro,
}

interface PlainGraph {
  readonly title: string
  readonly spec: readonly string[]
  readonly agents: number
  readonly roots: readonly number[]
  readonly credits: readonly (readonly [from: number, to: number, amount: number])[]
  readonly debts: readonly (readonly [agent: number, amount: number])[]
}

interface PlainFacts {
  readonly title: string
  readonly spec: readonly string[]
  readonly roots: readonly number[]
  readonly facts: Facts
}

/** Score vectors by their path below `test/vectors`. */
export function scoreVectors(): ReadonlyMap<string, Vector> {
  return new Map([
    ...Object.entries(graphs).map(([name, graph]) => [`score/graph.${name}.json`, graphVector(graph)] as const),
    ...Object.entries(evidence).map(([name, plain]) => [`score/facts.${name}.json`, factsVector(plain)] as const),
  ])
}

/** Keys whose order is not that of their numbers: a hash. */
function key(number: number): AgentKey {
  // 64 hexadecimal digits, as the brand says.
  return toHex(sha256Of(Uint8Array.of(1, number % 256, Math.floor(number / 256)))) as AgentKey
}

function id(number: number): RecordId {
  // 64 hexadecimal digits, as the brand says.
  return toHex(sha256Of(Uint8Array.of(2, number % 256, Math.floor(number / 256)))) as RecordId
}

/** A number that follows from another by a hash, below a bound. */
function drawn(number: number, bound: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = sha256Of(
    Uint8Array.of(3, number % 256, Math.floor(number / 256) % 256, Math.floor(number / 65_536)),
  )
  return (((a * 256 + b) * 256 + c) * 256 + d) % bound
}

const graphs: Readonly<Record<string, PlainGraph>> = {
  worked: {
    title: 'the graph of the worked example',
    ...{ spec: ['REP-05', 'REP-08'], agents: 5, roots: [0] },
    credits: [
      ...([
        [0, 1, 4 * CREDIT],
        [0, 2, 3 * CREDIT],
        [1, 3, 5 * CREDIT],
      ] as const),
      ...([
        [2, 3, 750_000],
        [3, 4, 8 * CREDIT],
      ] as const),
    ],
    debts: [
      [4, 2 * CREDIT],
      [3, 500_000],
    ],
  },
  hops: {
    title: 'a chain that is longer than credit reaches, with an edge back',
    ...{ spec: ['REP-03'], agents: 7, roots: [0] },
    credits: [...Array.from({ length: 6 }, (_, n) => [n, n + 1, 10 + n] as const), [4, 2, 99]],
    debts: [],
  },
  cap: {
    title: 'a pair above its cap, in two edges, and an edge of an agent to itself',
    ...{ spec: ['REP-02'], agents: 3, roots: [0] },
    credits: [
      [0, 1, 60 * CREDIT],
      [0, 1, 60 * CREDIT],
      [1, 1, CREDIT],
      [1, 2, 500 * CREDIT],
    ],
    debts: [],
  },
  debts: {
    title: 'debts that no credit can carry, of a root too',
    ...{ spec: ['REP-05', 'REP-06'], agents: 5, roots: [0, 1] },
    credits: [
      [0, 2, 100],
      [2, 3, 60],
      [2, 4, 60],
      [1, 0, 50],
    ],
    debts: [
      [3, Number.MAX_SAFE_INTEGER],
      [3, 1],
      [0, 7 * CREDIT],
      [1, 5_000 * CREDIT],
    ],
  },
  market: {
    title: 'forty agents with two roots',
    ...{ spec: ['REP-05', 'REP-08'], agents: 40, roots: [0, 1] },
    credits: Array.from({ length: 160 }, (_, n) => {
      return [drawn(3 * n, 40), drawn(3 * n + 1, 40), 1 + drawn(3 * n + 2, 3 * CREDIT)] as const
    }),
    debts: Array.from({ length: 12 }, (_, n) => [drawn(1_000 + n, 40), drawn(2_000 + n, CREDIT)] as const),
  },
}

function credit(from: number, to: number, amount: number, epoch: number, contract: number): CreditFact {
  return { from: key(from), to: key(to), amount, skill: 'shout', epoch, contract: id(contract) }
}

function fault(number: number, party: number, slash: number, more: Partial<FaultFact> = {}): FaultFact {
  return {
    ...{ id: id(number), party: key(party), contract: id(number + 1), skill: 'shout', fault: 'NO_DELIVERY' },
    ...{ grade: 'witnessed', slash, stake: 2 * CREDIT, epoch: EPOCH, ...more },
  }
}

const evidence: Readonly<Record<string, PlainFacts>> = {
  worked: {
    title: 'the worked example',
    ...{ spec: ['REP-02', 'REP-04', 'REP-05', 'REP-08', 'REP-10', 'REP-13'], roots: [0] },
    facts: {
      credits: [
        credit(0, 1, 4 * CREDIT, EPOCH, 1),
        credit(0, 2, 6 * CREDIT, EPOCH - 720, 2),
        credit(1, 3, 5 * CREDIT, EPOCH, 3),
        credit(2, 3, CREDIT, EPOCH - 360, 4),
        credit(3, 4, 8 * CREDIT, EPOCH, 5),
      ],
      faults: [fault(10, 4, 2 * CREDIT)],
      pledges: [{ party: key(3), contract: id(12), stake: 500_000, untilEpoch: EPOCH + 10 }],
      tombstones: [],
    },
  },
  odd: {
    title: 'doubles, credit from the future and for oneself, a fault that replaces a pledge, a tombstone',
    ...{ spec: ['REP-02', 'REP-04', 'REP-10', 'REP-12', 'REP-13'], roots: [0, 5] },
    facts: {
      credits: [
        ...[credit(0, 1, 9 * CREDIT, EPOCH, 1), credit(0, 1, 8 * CREDIT, EPOCH, 1)],
        ...[credit(1, 1, CREDIT, EPOCH, 2), credit(0, 2, CREDIT, EPOCH + 1, 3)],
        ...[credit(0, 3, 5 * CREDIT, EPOCH, 4), credit(3, 4, 5 * CREDIT, EPOCH, 5)],
      ],
      faults: [
        ...[fault(20, 1, 2 * CREDIT), fault(20, 1, CREDIT)],
        fault(30, 2, 500_000, { fault: 'LATE', grade: 'self-proving', epoch: EPOCH - 1_440, skill: 'count' }),
      ],
      pledges: [
        { party: key(1), contract: id(21), stake: 2 * CREDIT, untilEpoch: EPOCH + 1 },
        { party: key(1), contract: id(40), stake: CREDIT, untilEpoch: EPOCH },
        { party: key(1), contract: id(41), stake: CREDIT, untilEpoch: EPOCH - 1 },
      ],
      tombstones: [
        { party: key(3), proof: [id(50), id(51)] },
        { party: key(5), proof: [id(52), id(53)] },
      ],
    },
  },
  market: {
    title: 'thirty agents and three skills',
    ...{ spec: ['REP-05', 'REP-08', 'REP-10', 'REP-11', 'REP-13'], roots: [0, 1] },
    facts: {
      credits: Array.from({ length: 150 }, (_, n) => ({
        ...credit(drawn(n, 30), drawn(500 + n, 30), drawn(1_000 + n, 2 * CREDIT), EPOCH - drawn(1_500 + n, 3_000), n),
        skill: ['shout', 'count', 'sort'][drawn(4_000 + n, 3)] ?? 'shout',
      })),
      faults: Array.from({ length: 20 }, (_, n) =>
        fault(200 + 2 * n, drawn(2_000 + n, 30), drawn(2_500 + n, 2 * CREDIT), {
          epoch: EPOCH - drawn(2_600 + n, 5_000),
        }),
      ),
      pledges: Array.from({ length: 20 }, (_, n) => ({
        ...{ party: key(drawn(3_000 + n, 30)), contract: id(300 + n) },
        ...{ stake: drawn(3_500 + n, CREDIT), untilEpoch: EPOCH + drawn(3_600 + n, 3) - 1 },
      })),
      tombstones: [{ party: key(29), proof: [id(400), id(401)] }],
    },
  },
}

function graphVector({ title, spec, agents, roots, credits, debts }: PlainGraph): Vector {
  const init = {
    roots: roots.map(key),
    credits: credits.map(([from, to, amount]) => ({ from: key(from), to: key(to), amount })),
    debts: debts.map(([agent, amount]) => ({ agent: key(agent), amount })),
    params,
  }
  const graph = scoreGraph(init)
  const sorted = Array.from({ length: agents }, (_, n) => key(n)).toSorted()
  const numbers = sorted.map((agent) => ({ agent, capacity: graph.capacity(agent), rank: graph.rank(agent) }))
  return { title, spec, ...asJson(init), numbers }
}

function factsVector({ title, spec, roots, facts }: PlainFacts): Vector {
  const scores = computeScores(facts, roots.map(key), params, EPOCH)
  const numbers = scores.agents.map((agent) => ({
    ...{ agent, capacity: scores.capacity(agent), rank: scores.rank(agent), debt: scores.debt(agent) },
    ...{ exposure: scores.exposure(agent), quality: scores.quality(agent, null) },
    shout: scores.quality(agent, 'shout'),
  }))
  const digest = scores.digest()
  return { title, spec, ...asJson({ params, epoch: EPOCH, roots: roots.map(key), facts }), numbers, digest }
}

/** The same values without their brands, as a file has them. */
function asJson(value: object): Readonly<Record<string, JsonValue>> {
  // What is given here is made of records, lists, texts and integers alone.
  return JSON.parse(JSON.stringify(value)) as Readonly<Record<string, JsonValue>>
}

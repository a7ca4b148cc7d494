import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { computeScores, scoreGraph, type Facts } from '@haggle/core'
import type { AgentKey, RecordId } from '@haggle/protocol'
import { scoreVectors } from './vectors/make-scores.ts'

const folder = new URL('vectors/', import.meta.url)

// After a change of the scores: `UPDATE_VECTORS=1 npx vitest run test/score-vectors.test.ts`.
if (process.env['UPDATE_VECTORS'] === '1') {
  rmSync(new URL('score', folder), { recursive: true, force: true })
  mkdirSync(new URL('score', folder))
  for (const [path, vector] of scoreVectors()) {
    writeFileSync(new URL(path, folder), `${JSON.stringify(vector, null, 1)}\n`)
  }
}

const hex = /^[0-9a-f]{64}$/
// The brands say: 64 hexadecimal digits, which the pattern has checked.
const agent = z
  .string()
  .regex(hex)
  .transform((text) => text as AgentKey)
const record = z
  .string()
  .regex(hex)
  .transform((text) => text as RecordId)
const params = z.object({
  ...{ creditHalfLifeEpochs: z.number(), creditHops: z.number(), faultHalfLifeEpochs: z.number() },
  ...{ pairCreditCapMicro: z.number(), qualityPairSuccesses: z.number(), qualityPriorSuccess: z.number() },
  ...{ qualityPriorWeight: z.number(), rankDampingPercent: z.number(), rankFullMass: z.number() },
  ...{ rankMass: z.number(), rankRounds: z.number(), rootCapacityMicro: z.number() },
})
const graphVector = z.object({
  params,
  roots: z.array(agent),
  credits: z.array(z.object({ from: agent, to: agent, amount: z.number() })),
  debts: z.array(z.object({ agent, amount: z.number() })),
  numbers: z.array(z.object({ agent, capacity: z.number(), rank: z.number() })),
})
const contractFact = { contract: record, skill: z.string(), epoch: z.number() }
const factsVector = z.object({
  ...{ params, epoch: z.number(), roots: z.array(agent) },
  facts: z.object({
    credits: z.array(z.object({ ...contractFact, from: agent, to: agent, amount: z.number() })),
    faults: z.array(
      z.object({
        ...{ ...contractFact, id: record, party: agent, slash: z.number(), stake: z.number() },
        ...{ fault: z.enum(['NO_DELIVERY', 'LATE']), grade: z.enum(['self-proving', 'witnessed']) },
      }),
    ),
    pledges: z.array(z.object({ party: agent, contract: record, stake: z.number(), untilEpoch: z.number() })),
    tombstones: z.array(z.object({ party: agent, proof: z.array(record) })),
  }),
  numbers: z.array(
    z.object({
      ...{ agent, capacity: z.number(), rank: z.number(), debt: z.number() },
      ...{ exposure: z.number(), quality: z.number(), shout: z.number() },
    }),
  ),
  digest: z.string().regex(hex),
})

describe('the committed score vectors', () => {
  test('are exactly what the generator makes', () => {
    const expected = scoreVectors()
    expect(
      namesIn('')
        .map((name) => `score/${name}`)
        .toSorted(),
    ).toEqual([...expected.keys()].toSorted())
    for (const [path, vector] of expected) expect({ path, vector: read(path) }).toEqual({ path, vector })
  })

  test.each(namesIn('graph.'))('REP-05 REP-08 %s has the capacities and ranks that it states', (name) => {
    const { numbers, ...init } = graphVector.parse(read(`score/${name}`))
    const graph = scoreGraph(init)
    expect(
      numbers.map(({ agent: who }) => ({ agent: who, capacity: graph.capacity(who), rank: graph.rank(who) })),
    ).toEqual(numbers)
  })

  test.each(namesIn('facts.'))('REP-13 %s has the numbers and the digest that it states, in any order', (name) => {
    const vector = factsVector.parse(read(`score/${name}`))
    for (const facts of [vector.facts, turned(vector.facts)]) {
      const scores = computeScores(facts, vector.roots, vector.params, vector.epoch)
      const numbers = scores.agents.map((who) => ({
        ...{ agent: who, capacity: scores.capacity(who), rank: scores.rank(who), debt: scores.debt(who) },
        ...{ exposure: scores.exposure(who), quality: scores.quality(who, null), shout: scores.quality(who, 'shout') },
      }))
      expect(numbers).toEqual(vector.numbers)
      expect(scores.digest()).toBe(vector.digest)
    }
  })
})

function turned({ credits, faults, pledges, tombstones }: Facts): Facts {
  return {
    credits: credits.toReversed(),
    faults: faults.toReversed(),
    pledges: pledges.toReversed(),
    tombstones: tombstones.toReversed(),
  }
}

function namesIn(prefix: string): string[] {
  return readdirSync(new URL('score/', folder)).filter((name) => name.startsWith(prefix))
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, folder), 'utf8'))
}

import { computeScores, type CreditFact, type Facts, type FaultFact } from '@haggle/core'
import { agentKeyOfSeed } from '@haggle/node/pure'
import { agentText, MICRO, protocolParams, recordText, type AgentKey, type RecordId } from '@haggle/protocol'
import { describe, expect, test } from 'vitest'
import { whyText } from '../src/view/why-text.ts'
import type { Why } from '@haggle/node'
import { whyJson } from '../src/view/why-view.ts'

const EPOCH = 495_000
const agent = (number: number): AgentKey => agentKeyOfSeed(new Uint8Array(32).fill(number))
const [viewer, anchor, friend, worker] = [agent(1), agent(2), agent(3), agent(4)]
/** 64 hexadecimal digits, as the brand says. */
const id = (number: number): RecordId => number.toString(16).padStart(64, '0') as RecordId

function credit(contract: number, more: Partial<CreditFact> = {}): CreditFact {
  return { from: viewer, to: worker, amount: MICRO, skill: 'shout', epoch: EPOCH, contract: id(contract), ...more }
}

const fault: FaultFact = {
  ...{ id: id(90), party: worker, contract: id(5), skill: 'count', fault: 'NO_DELIVERY', grade: 'witnessed' },
  ...{ slash: MICRO / 2, stake: MICRO, epoch: EPOCH - 2_880 },
}
const facts: Facts = {
  credits: [
    credit(1),
    credit(2, { epoch: EPOCH - 720, amount: 2 * MICRO }),
    credit(3, { from: anchor, to: friend, amount: 150 * MICRO }),
    credit(4, { from: friend, skill: 'count', amount: MICRO / 4 }),
  ],
  faults: [fault],
  pledges: [{ party: worker, contract: id(6), stake: MICRO / 8, untilEpoch: EPOCH + 3 }],
  tombstones: [],
}

function why(given: Facts = facts, skill: string | null = null): Why {
  const scores = computeScores(given, [viewer, anchor], protocolParams, EPOCH)
  const numbers = { debt: scores.debt(worker), exposure: scores.exposure(worker) }
  return { because: scores.because(worker, skill), skill, epoch: EPOCH, roots: scores.roots, ...numbers }
}

describe('why', () => {
  test('gives each number as a sum whose every part names its record', () => {
    const view = JSON.parse(JSON.stringify(whyJson(why()))) as {
      capacity: { total: number; grant: number; uncarried: number } & Record<'credits' | 'debts', Part[]>
      quality: { permille: number } & Record<'successes' | 'faults', Part[]>
      rank: { total: number; restart: number; shares: { mass: number; contracts: string[] }[] }
      debt: { total: number; exposure: number; parts: { amount: number; contract: string }[] }
    }
    interface Part {
      readonly counted: number
      readonly contract: string
    }
    const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)
    const counted = (parts: readonly Part[]): number => sum(parts.map((part) => part.counted))
    const { capacity, quality, rank, debt } = view
    expect(capacity.total).toBeGreaterThan(0)
    const behind = capacity.grant + counted(capacity.credits) - counted(capacity.debts) + capacity.uncarried
    expect(behind).toBeCloseTo(capacity.total, 6)
    const { qualityPriorSuccess, qualityPriorWeight } = protocolParams
    const [r, f] = [counted(quality.successes), counted(quality.faults)]
    expect(Math.floor(((r + qualityPriorSuccess) * 1_000) / (r + f + qualityPriorWeight))).toBe(quality.permille)
    expect(rank.restart + sum(rank.shares.map(({ mass }) => mass))).toBe(rank.total)
    expect(sum(debt.parts.map(({ amount }) => amount))).toBeCloseTo(debt.total, 6)
    expect([debt.total, debt.exposure]).toEqual([0.375, 0.125])
    const named = [...capacity.credits, ...capacity.debts, ...quality.successes, ...quality.faults, ...debt.parts]
    for (const { contract } of named) expect(contract).toMatch(/^bafyrei/)
    for (const { contracts } of rank.shares) expect(contracts).not.toEqual([])
  })

  test('says the same to people, line by line', () => {
    const text = whyText(why())
    for (const contract of [1, 2, 4, 5, 6]) expect(text).toContain(recordText(id(contract)))
    expect(text).toContain(`fault ${recordText(id(90))}`)
    expect(text).toContain(`${agentText(worker)}  in the eyes of 2 roots, at epoch ${EPOCH}`)
    expect(text).toMatch(/^owes 0\.375 credits, of which 0\.125 are at risk in contracts that are not over$/m)
    expect(text).toMatch(/^ {2}\+ 0\.25 +NO_DELIVERY of …\w{8}, witnessed, contract \w+, \S+Z, 0\.5 then, fault \w+$/m)
    expect(text).toMatch(/^ {2}\+ 0\.125 +…\w{8} has it at risk, contract \w+, until \S+Z at the latest$/m)
    expect(text).toMatch(/^ {2}r \+ 500 +…\w{8} approved, shout, contract \w+, \S+Z$/m)
    expect(text).toMatch(/^ {2}f \+ 250 +NO_DELIVERY, witnessed, count, contract \w+, \S+Z, fault \w+$/m)
  })

  test('says of whoever signed two histories what proves it, and of a skill no more than that skill', () => {
    const dead = why({ ...facts, tombstones: [{ party: worker, proof: [id(70), id(71)] }] })
    expect(whyText(dead)).toContain(`proof ${recordText(id(71))}`)
    expect(whyJson(dead)).toMatchObject({
      tombstone: [recordText(id(70)), recordText(id(71))],
      quality: { permille: 0 },
    })
    const counting = why(facts, 'count')
    expect(whyText(counting)).toMatch(/^quality \d+ of 1000 for count = /m)
    expect(counting.because.quality.successes.map(({ fact }) => fact.contract)).toEqual([id(4)])
  })
})

import { describe, expect, test } from 'vitest'
import type { Timers } from '@haggle/protocol'
import {
  acceptDue,
  ackMs,
  answerMs,
  askWindowMs,
  defaultLeaseMs,
  dueOf,
  exposureUntil,
  graceMs,
  lateWindowMs,
  profiles,
  reviewMs,
  reworkMs,
  transferMs,
} from '../src/contract/timing.ts'
import { Case, DURATION, requester, T0, termsOf, worker } from './contract-case.ts'

const { lan, wan, human } = profiles
const G = 150
const ACK = 100

describe('windows', () => {
  test('TIME-10: grace is 2ε + δ', () => expect([graceMs(lan), graceMs(wan)]).toEqual([1_500, 7_000]))
  test('TIME-11: ack is 2δ', () => expect(ackMs(lan)).toBe(1_000))
  test('TIME-12: answer is 3δ', () => expect(answerMs(lan)).toBe(1_500))
  test('TIME-13: the ask window is ten leases', () => expect(askWindowMs(lan)).toBe(50_000))
  test('TIME-14: the late window is a quarter of the duration, capped at a minute where leases are short', () => {
    expect([lateWindowMs(1_003, lan), lateWindowMs(600_000, wan), lateWindowMs(86_400_000, human)]).toEqual([
      250, 60_000, 21_600_000,
    ])
  })
  test('TIME-15: rework is half the duration, at least the review minimum', () => {
    expect([reworkMs(20_001, lan), reworkMs(2_000, lan)]).toEqual([10_000, 5_000])
  })
  test('TIME-16: a transfer takes size by rate, rounded up', () => {
    expect([transferMs(0, lan), transferMs(1, lan), transferMs(4_194_304, lan), transferMs(524_289, wan)]).toEqual([
      0, 1, 1_000, 1_001,
    ])
  })
  test('TIME-17: the review window is two leases, three transfers and half the duration, at least the minimum', () => {
    expect(reviewMs(10_000, 4_194_304, lan)).toBe(10_000 + 3_000 + 5_000)
    expect(reviewMs(0, 0, { ...lan, leaseMs: 1 })).toBe(5_000)
  })
  test('TIME-18: the accept window leaves time to fetch the input', () => {
    expect(acceptDue(new Case().award)).toBe(T0 + 300 + 3)
  })
  test('TIME-19: exposure ends after every clock of the contract has run out', () => {
    const terms = termsOf({ revisions: 2 })
    const c = new Case({ revisions: 2 }).bind()
    c.put(c.deliver(undefined, { at: terms.endBy }))
    for (let revision = 0; revision < 2; revision += 1) {
      c.put(c.reject('opinion', { at: (dueOf(c.contract)?.due ?? 0) + G }))
      c.put(c.deliver(undefined, { at: (dueOf(c.contract)?.due ?? 0) + G }))
    }
    expect(exposureUntil(terms)).toBeGreaterThan((dueOf(c.contract)?.due ?? 0) + G)
  })
  test('TIME-20: the default lease is a twentieth of the working time, within the profile and a minute', () => {
    expect([100, 200_000, 9_999_999].map((working) => defaultLeaseMs(working, lan.leaseMs))).toEqual([
      5_000, 10_000, 60_000,
    ])
    expect(defaultLeaseMs(100, human.leaseMs)).toBe(3_600_000)
  })
  test('TIME-24: every profile fills every timer, and no lease is longer than the longest a bid may ask for', () => {
    const names: (keyof Timers)[] = ['bidWindowMs', 'acceptMs', 'leaseMs', 'reviewMinMs', 'epsilonMs', 'deltaMs']
    expect(names.map((name) => lan[name])).toEqual([500, 2_000, 5_000, 5_000, 500, 500])
    for (const profile of Object.values(profiles)) expect(profile.leaseMaxMs).toBeGreaterThanOrEqual(profile.leaseMs)
  })
})

describe('dues', () => {
  test('TIME-21: the duty that runs is that of the last entry', () => {
    const c = new Case({ revisions: 1 })
    expect(dueOf(c.contract)).toEqual({ duty: 'accept', due: T0 + 303 })
    c.bind()
    expect(dueOf(c.contract)).toEqual({ duty: 'delivery', due: T0 + DURATION })
    const answer = c.put(c.deliver())
    const review = 2 * 600 + 3 * 1 + DURATION / 2
    expect(dueOf(c.contract)).toEqual({ duty: 'review', due: answer.body.at + ACK + review })
    const rejection = c.put(c.reject('opinion'))
    expect(dueOf(c.contract)).toEqual({ duty: 'rework', due: rejection.body.at + ACK + DURATION / 2 })
    c.put(c.concede())
    expect(dueOf(c.contract)).toBeNull()
  })

  test('TIME-21: no delivery is due after endBy', () => {
    const c = new Case({ milestones: 2 }).bind()
    c.put(c.deliver())
    const approval = c.put(c.approve({ at: T0 + 55_000 }))
    expect(dueOf(c.contract)).toEqual({ duty: 'delivery', due: T0 + 60_000 })
    expect(approval.body.at + DURATION).toBeGreaterThan(T0 + 60_000)
  })

  test('TIME-23: the new holder’s receipt starts its clock, if its time is plausible', () => {
    const plausible = (offset: number): number => {
      const c = new Case().bind()
      const answer = c.put(c.deliver())
      const before = dueOf(c.contract)?.due ?? 0
      c.put(c.receipt(answer, requester, answer.body.at + offset))
      return (dueOf(c.contract)?.due ?? 0) - (before - ACK) - offset
    }
    // Inside [at - 2ε, at + 2ε + ack] the receipt counts; outside the sender's time + ack does.
    expect([-100, 0, 50, 200].map(plausible)).toEqual([0, 0, 0, 0])
    expect([-101, 201].map(plausible)).toEqual([ACK + 101, ACK - 201])
  })

  test('TIME-23: the earliest of several receipts counts, in whatever order they came', () => {
    const dues = [
      [20, 60],
      [60, 20],
    ].map((offsets) => {
      const c = new Case().bind()
      const answer = c.put(c.deliver())
      for (const offset of offsets) c.put(c.receipt(answer, requester, answer.body.at + offset))
      return (dueOf(c.contract)?.due ?? 0) - answer.body.at
    })
    expect(dues[0]).toBe(dues[1])
    expect(dues[0]).toBe(20 + 2 * 600 + 3 + DURATION / 2)
  })

  test('TIME-22: no receipt brings a due below the bound that a timeout is held to', () => {
    const c = new Case().bind()
    const answer = c.put(c.deliver())
    const bound = answer.body.at - 100 + 2 * 600 + 3 + DURATION / 2 + G
    expect(c.step(c.timeout(worker, 'review', { at: bound - 1 })).kind).toBe('violation')
    expect(c.step(c.timeout(worker, 'review', { at: bound })).kind).toBe('added')
  })
})

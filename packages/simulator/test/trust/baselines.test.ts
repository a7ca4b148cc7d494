import { describe, expect, test } from 'vitest'
import { betaExpectation } from '../../src/trust/baselines/beta.ts'
import { eigenTrust, type EigenTrustInit } from '../../src/trust/baselines/eigentrust.ts'
import { cutOf, maxFlow, naiveCapacity, type FlowEdge } from '../../src/trust/baselines/naive-flow.ts'
import { estimate } from '../../src/trust/estimate.ts'

// Each vector is worked out by hand in docs/baselines.md.

describe('EigenTrust on the five peers of the page', () => {
  const [A, B, C, D, E] = [0, 1, 2, 3, 4]
  const init: EigenTrustInit = {
    ...{ peers: 5, preTrusted: [A], restart: 0.2, epsilon: 1e-15 },
    localTrust: new Map([
      [
        A,
        new Map([
          [B, 3],
          [C, 1],
        ]),
      ],
      [
        B,
        new Map([
          [A, 1],
          [C, 1],
          [D, -2],
        ]),
      ],
      [
        C,
        new Map([
          [A, 1],
          [D, 1],
        ]),
      ],
      [D, new Map([[E, 5]])],
      [E, new Map([[D, 5]])],
    ]),
  }

  test('each step gives the fractions that were worked out by hand', () => {
    expectNear(eigenTrust({ ...init, epsilon: 1.7 }), [0.2, 0.6, 0.2, 0, 0])
    expectNear(eigenTrust({ ...init, epsilon: 1 }), [0.52, 0.12, 0.28, 0.08, 0])
  })

  test('the steps end where the equations say', () => {
    expectNear(eigenTrust(init), [25 / 73, 15 / 73, 11 / 73, 110 / 657, 88 / 657])
  })

  test('who trusts nobody, or distrusts all it met, trusts the pre-trusted peers', () => {
    const two = { peers: 2, preTrusted: [0], restart: 0.5, epsilon: 1e-15 }
    expectNear(eigenTrust({ ...two, localTrust: new Map([[0, new Map([[1, 1]])]]) }), [2 / 3, 1 / 3])
    expectNear(eigenTrust({ ...two, localTrust: new Map([[0, new Map([[1, -1]])]]) }), [1, 0])
  })
})

test('beta expects what the page works out: an even prior, moved by each report', () => {
  expect(betaExpectation({ good: 8, bad: 2 })).toBe(9 / 12)
  expect(betaExpectation({ good: 0, bad: 0 })).toBe(1 / 2)
  expect(betaExpectation({ good: 0, bad: 3 })).toBe(1 / 5)
})

describe('naive flow on the six peers of the page', () => {
  const [R, A, B, S1, S2, S3] = [0, 1, 2, 3, 4, 5]
  const edges: readonly FlowEdge[] = [
    { from: R, to: A, amount: 5 },
    { from: R, to: B, amount: 3 },
    { from: A, to: S1, amount: 4 },
    { from: B, to: S1, amount: 2 },
    { from: S1, to: S2, amount: 100 },
    { from: S2, to: S3, amount: 100 },
  ]

  test('the same six credits stand good for each identity that they reach', () => {
    expect([S1, S2, S3].map((peer) => naiveCapacity(edges, [R], new Map(), peer))).toEqual([6, 6, 6])
    expect(cutOf(edges, [R], [S1, S2, S3])).toBe(6)
  })

  test('an identity pays its own losses only', () => {
    const debts = new Map([[S1, 4]])
    expect([S1, S2, S3].map((peer) => naiveCapacity(edges, [R], debts, peer))).toEqual([2, 6, 6])
    expect(naiveCapacity(edges, [R], new Map([[S1, 9]]), S1)).toBe(0)
  })

  test('a flow takes back an earlier path where another one is wider', () => {
    const crossed = [
      { from: 0, to: 1, amount: 1 },
      { from: 0, to: 2, amount: 1 },
      { from: 1, to: 2, amount: 1 },
      { from: 1, to: 3, amount: 1 },
      { from: 2, to: 3, amount: 1 },
    ]
    expect(maxFlow(crossed, [0], 3)).toBe(2)
    expect(maxFlow(crossed, [0, 1], 3)).toBe(2)
    expect(maxFlow(crossed, [0], 0)).toBe(0)
    expect(maxFlow(crossed, [3], 0)).toBe(0)
  })
})

test("an interval is Student's: of 2, 4 and 6 it is 4 with 4.303 times the root of 4/3 on each side", () => {
  expect(estimate([2, 4, 6])).toEqual({ mean: 4, margin: 4.303 * Math.sqrt(4 / 3), n: 3 })
  expect(estimate([7])).toEqual({ mean: 7, margin: 0, n: 1 })
})

function expectNear(found: readonly number[], wanted: readonly number[]): void {
  expect(found.map((value) => value.toFixed(12))).toEqual(wanted.map((value) => value.toFixed(12)))
}

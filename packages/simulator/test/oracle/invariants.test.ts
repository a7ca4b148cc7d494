import { describe, expect, it } from 'vitest'
import { gaps } from '../../src/oracle/gaps.ts'
import { standardInvariants } from '../../src/oracle/standard.ts'
import { aheadOfItsTime, forgeries as others, goneBeforeTheAnswer, honest, overtakenByTimeout } from './forgeries.ts'
import {
  calledGone,
  forkedAndSilent,
  honestVotes,
  panelForgeries,
  reviewSeenByWitness,
  votedTwice,
} from './panel-forgeries.ts'
import { History, OTHER, REQUESTER, WORKER } from './history.ts'

const idsOf = (history: History): readonly string[] => history.finish().map(({ invariant }) => invariant)

const forgeries = [...others, ...panelForgeries]

describe('the promises', () => {
  it('hold in an honest history', () => {
    expect(honest().finish()).toEqual([])
  })

  it('hold where a delivery comes after the word that its clock ran out, and the task goes on by that word', () => {
    expect(overtakenByTimeout().oracle.findings.map(({ text }) => text)).toEqual([])
  })

  it('CON-40: hold where an accept comes again and its author is gone before the answer could leave', () => {
    expect(idsOf(goneBeforeTheAnswer())).not.toContain('S13')
  })

  it('TIME-04: hold where an offer comes before its time to a clock that jumps over it, and again when that is set back', () => {
    expect(aheadOfItsTime().oracle.findings.map(({ text }) => text)).toEqual([])
  })

  it('hold where a witness votes for what it saw', () => {
    for (const tell of honestVotes) expect(tell().oracle.findings.map(({ text }) => text)).toEqual([])
  })

  it('VER-12: hold where a contract is void by two words of one party, and nobody reads what its panel said', () => {
    const texts = forkedAndSilent()
      .finish()
      .map(({ text }) => text)
    expect(texts.filter((text) => text.includes('nobody takes it for certified'))).toEqual([])
  })

  it('S11 is broken when a witness that saw a review in time certifies that there was none, unless it died with what it saw', () => {
    expect(reviewSeenByWitness(false).map(({ invariant }) => invariant)).toEqual(['S11'])
    expect(reviewSeenByWitness(true)).toEqual([])
  })

  it('S11 is broken when a worker is called gone that was seen to give the work back, unless that follows from nothing that was seen', () => {
    expect(calledGone(true).map(({ invariant }) => invariant)).toEqual(['S11'])
    expect(calledGone(false)).toEqual([])
  })

  it('are named with the right article', () => {
    const texts = forgeries.flatMap(({ tell }) =>
      tell()
        .finish()
        .map(({ text }) => text),
    )
    expect(texts).toContain('agent 1 never answered an accept that came again')
    expect(texts.filter((text) => /\b(?:a [aeio]|an [^aeiou])/.test(text))).toEqual([])
  })

  it.each(forgeries.map((forgery) => [forgery.id, forgery.tale, forgery] as const))(
    '%s is broken when %s',
    (id, _tale, { tell }) => {
      expect(idsOf(tell())).toContain(id)
    },
  )

  it('L7 and L10 are broken when a pair of the core comes to nothing beside a babbler', () => {
    const history = new History(({ agent }) => ({ correct: agent !== 3 }))
    const failedProbes = [{ requester: REQUESTER, worker: WORKER, task: null }]
    expect(history.finish({ failedProbes }).map(({ invariant }) => invariant)).toEqual(['L7', 'L10'])
  })

  it('WIT-06: L7 and L10 hold where one of a pair was shown that the other voted twice in one place, and nowhere else', () => {
    const pairsThat = (history: History, worker: number): readonly string[] => {
      const failed = history.finish({ failedProbes: [{ requester: REQUESTER, worker, task: null }] })
      return failed.map(({ invariant }) => invariant).filter((id) => id.startsWith('L'))
    }
    expect(pairsThat(votedTwice('timely', REQUESTER), OTHER)).toEqual([])
    expect(pairsThat(votedTwice('absent', REQUESTER), OTHER)).toEqual([])
    // Nobody holds both.
    expect(pairsThat(votedTwice('absent', WORKER), OTHER)).toEqual(['L7', 'L10'])
    // LATE has a place of its own.
    expect(pairsThat(votedTwice('late', REQUESTER), OTHER)).toEqual(['L7', 'L10'])
    // It bars itself, and nobody else.
    expect(pairsThat(votedTwice('absent', REQUESTER), WORKER)).toEqual(['L7', 'L10'])
  })

  it('L9 is broken when something is left behind', () => {
    expect(new History().finish({ leaks: ['agent 1 has 9 alarms armed'] })[0]?.invariant).toBe('L9')
  })

  it('are each shown red here, or named as a gap with what they wait for', () => {
    const all = [
      ...Array.from({ length: 25 }, (_, at) => `S${at + 1}`),
      ...Array.from({ length: 11 }, (_, at) => `L${at + 1}`),
    ]
    const shown = new Set([...forgeries.map(({ id }) => id), 'L7', 'L9', 'L10'])
    const watched = new Set(standardInvariants().map(({ id }) => id))
    const named = new Set(gaps.map(({ id }) => id))
    for (const id of all)
      expect([id, watched.has(id), shown.has(id), named.has(id)]).toEqual([
        id,
        !named.has(id),
        !named.has(id),
        named.has(id),
      ])
  })
})

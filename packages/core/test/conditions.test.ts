import { MICRO, type Decline, type RecordId } from '@haggle/protocol'
import { describe, expect, it } from 'vitest'
import type { Command } from '../src/index.ts'
import { strangers } from './bench/bench.ts'
import { bring, offerOf } from './bench/forge.ts'
import { makeUnfetchable, type Hand } from './bench/hand.ts'
import { hashOf, Scene, SKILL, VALUE } from './bench/scene.ts'
import { witnessing } from './bench/witnessed.ts'

type Conditions = Omit<Extract<Command, { kind: 'serve' }>, 'kind' | 'skills' | 'slots'>

function serve(worker: Hand, conditions: Conditions): void {
  worker.command({
    kind: 'serve',
    skills: [{ name: SKILL, version: 1, note: null, unitPrice: null }],
    ...{ slots: 1, ...conditions },
  })
}

/** Quotes that the worker was asked for by an offer of the scene's requester. */
function quotesUnder(conditions: Conditions, scene = new Scene(), stakeWorker = MICRO): number {
  const { worker } = scene
  serve(worker, conditions)
  const before = worker.requests.length
  scene.offer({ stakeWorker, key: `quote-${before}` })
  return worker.requests.slice(before).filter(({ kind }) => kind === 'quote').length
}

describe('a worker that says what it takes', () => {
  it('is asked for no quote of an offer that puts more at risk than it allows', () => {
    expect(quotesUnder({ maxStake: MICRO })).toBe(1)
    expect(quotesUnder({ maxStake: MICRO - 1 })).toBe(0)
    expect(quotesUnder({ maxStake: 0 }, new Scene(), 0)).toBe(1)
  })

  it('is asked for no quote of an offer with fewer witnesses than it wants', () => {
    expect(quotesUnder({ minPanel: 0 })).toBe(1)
    expect(quotesUnder({ minPanel: 1 })).toBe(0)
  })

  it('is asked for no quote of an offer by a requester below its least quality, until that one has done well', () => {
    expect(quotesUnder({ minQuality: 300 })).toBe(1)
    expect(quotesUnder({ minQuality: 301 })).toBe(0)
    const scene = new Scene()
    scene.settled()
    expect(quotesUnder({ minQuality: 301 }, scene)).toBe(1)
  })

  it('looks at the whole board again when it asks for less', () => {
    const scene = new Scene()
    const { bench, worker } = scene
    const [author = scene.requester.key] = strangers
    serve(worker, { minQuality: 301 })
    bring(worker, offerOf(bench, author))
    expect(worker.requests).toEqual([])
    serve(worker, {})
    expect(worker.requests.map(({ kind }) => kind)).toEqual(['quote'])
  })
})

/** What the worker says to an award that it bid for before it served under these conditions. */
function answerUnder(conditions: Conditions, witnesses = 0): string | Decline {
  const scene = new Scene()
  const { bench, requester, worker } = scene
  witnessing(bench, strangers.slice(0, witnesses), requester, worker)
  bench.loses = ({ record }) => record?.type === 'award'
  scene.bid(scene.offer({ stakeWorker: MICRO }), VALUE / 2)
  bench.loses = () => false
  serve(worker, conditions)
  const contract: RecordId = requester.newest('award').id
  bench.pass(1_000)
  const { state } = worker.contract(contract)
  return state === 'working' ? state : worker.newest('decline').body
}

describe('an award of a bid from before', () => {
  it.each([
    ['more at risk', { maxStake: MICRO - 1 }, 9],
    ['fewer witnesses', { minPanel: 5 }, 9],
    ['a requester of less quality', { minQuality: 301 }, 0],
  ])('T-14: with %s is declined for good, and free', (_, conditions, witnesses) => {
    expect(answerUnder(conditions, witnesses)).toMatchObject({ code: 'terms', final: true })
  })

  it('that fits is accepted', () => {
    expect(answerUnder({ maxStake: MICRO, minPanel: 4, minQuality: 300 }, 9)).toBe('working')
  })

  it('is looked at once more when its input is there, for what was said meanwhile', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const input = hashOf('an input that takes its time')
    makeUnfetchable(input)
    scene.bid(scene.offer({ input: { hash: input, size: 1, mediaType: null, preview: null, public: null } }))
    expect(worker.contract(requester.newest('award').id).state).toBe('awaiting-accept')
    serve(worker, { minQuality: 301 })
    worker.payload(input, true)
    bench.deliver()
    expect(worker.newest('decline').body).toMatchObject({ code: 'terms', final: true })
  })
})

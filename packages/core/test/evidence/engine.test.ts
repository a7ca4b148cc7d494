import type { HaggleRecord, Slot } from '@haggle/protocol'
import { describe, expect, it } from 'vitest'
import { stateOfMemory } from '../../src/memory.ts'
import { isChosen, qualityOf } from '../../src/score/opinion.ts'
import { signAs, strangers } from '../bench/bench.ts'
import { bring } from '../bench/forge.ts'
import { codeOf, type Hand } from '../bench/hand.ts'
import { ACK, DURATION, GRACE, Scene } from '../bench/scene.ts'
import { WitnessedScene } from '../bench/witnessed.ts'

/** Longer than agents wait before they compare their evidence again. */
const MINUTE = 61_000

function typesHeld(hand: Hand): string[] {
  return [...hand.engine.evidence().records()].map(({ type }) => type).toSorted()
}

/** A contract whose worker never delivers, as its panel certifies to the requester. */
function breached(): { scene: WitnessedScene; third: Hand } {
  const scene = new WitnessedScene()
  const third = scene.rival()
  scene.opened()
  scene.bench.loses = ({ from, to }) => from === scene.worker || to === scene.worker
  const due = scene.award.body.at + DURATION
  scene.bench.pass(due + 2 * GRACE + 1 - scene.bench.time)
  const ask = scene.requester.newest('ask')
  scene.bench.pass(GRACE)
  const slot: Slot = { entry: scene.worker.newest('accept').id, duty: 'delivery', milestone: 0, k: 0 }
  scene.vote(slot, 'absent', ask.id, due, { to: [scene.requester] })
  return { scene, third }
}

/** What the rules ask when they choose. */
function turnOf(hand: Hand): { state: ReturnType<typeof stateOfMemory>; now: ReturnType<Hand['now']> } {
  return { state: stateOfMemory(hand.engine.memory()), now: hand.now() }
}

function opinionOf(hand: Hand, peer: Hand): number {
  return hand.engine.scores().quality(peer.key, null)
}

describe('what an agent adds to the evidence', () => {
  it('EVI-19: of a contract that goes well is what binds and what closes it, the same on both sides', () => {
    const scene = new Scene()
    scene.settled()
    scene.bench.pass(2_000)
    const { requester, worker } = scene
    expect(typesHeld(requester)).toEqual(['accept', 'award', 'closing', 'closing', 'opening'])
    expect(worker.engine.evidence().digest).toBe(requester.engine.evidence().digest)
    expect(requester.engine.scores().capacity(worker.key)).toBe(1_000_000)
  })

  it('EVI-19: stays over a restart, and is the same from the log', () => {
    const scene = new Scene()
    scene.settled()
    scene.bench.pass(2_000)
    const { digest } = scene.requester.engine.evidence()
    scene.requester.restart()
    expect(scene.requester.engine.evidence().digest).toBe(digest)
  })
})

describe('a proven fault', () => {
  it('EVI-20: is said to everybody, and lowers the number of its author at whoever hears of it', () => {
    const { scene, third } = breached()
    expect(opinionOf(third, scene.worker)).toBeLessThan(300)
    const { because } = third.engine.scores()
    expect(because(scene.worker.key).quality.faults).toMatchObject([
      { fact: { fault: 'NO_DELIVERY', grade: 'witnessed' } },
    ])
  })

  it('EVI-20: that is heard again is not answered, by a party neither', () => {
    const { scene } = breached()
    const { requester } = scene
    const third = scene.rival()
    requester.sent.length = 0
    for (const record of requester.engine.evidence().records()) requester.record(third.key, record, true)
    expect(requester.sent).toEqual([])
  })

  it('REP-17: counts beside our own book, which it can lower and never raise', () => {
    const { scene, third } = breached()
    const other = scene.rival()
    scene.bench.meet(third, other)
    // The third has done well with this worker itself, and hears nevertheless that it failed somebody else.
    const alone = new Scene()
    alone.settled()
    expect(qualityOf(turnOf(alone.requester), alone.worker.key, null)).toBe(533)
    expect(qualityOf(turnOf(third), scene.worker.key, null)).toBe(opinionOf(third, scene.worker))
    expect(qualityOf(turnOf(scene.requester), scene.worker.key, null)).toBeLessThan(300)
  })
})

describe('agents that meet', () => {
  it('EVI-21: compare what they hold: who comes late has the same numbers', () => {
    const scene = new Scene()
    scene.settled()
    scene.bench.pass(2_000)
    const late = scene.another()
    scene.bench.meet(late, scene.requester, scene.worker)
    scene.bench.pass(2_000)
    expect(late.engine.evidence().digest).toBe(scene.requester.engine.evidence().digest)
    expect(late.engine.scores().digest()).not.toBe('')
  })

  it('EVI-21: have one digest a minute after a fault, witness set and all', () => {
    const { scene, third } = breached()
    scene.bench.pass(2 * MINUTE)
    expect(third.engine.evidence().digest).toBe(scene.requester.engine.evidence().digest)
  })

  it('EVI-21: compare again after a minute what gossip has lost', () => {
    const scene = new Scene()
    const third = scene.another()
    scene.bench.meet(third, scene.worker)
    scene.settled()
    expect(third.engine.evidence().size).toBe(0)
    scene.bench.pass(3 * MINUTE)
    expect(third.engine.evidence().digest).toBe(scene.requester.engine.evidence().digest)
  })
})

describe('records of contracts of others', () => {
  it('EVI-22: are kept for requesters that we know of, written down, and there after a restart', () => {
    const { scene, third } = breached()
    const { digest, size } = third.engine.evidence()
    expect(size).toBeGreaterThan(5)
    expect(third.log.filter(({ kind }) => kind === 'evidence')).toHaveLength(size)
    third.restart()
    expect(third.engine.evidence().digest).toBe(digest)
    expect(third.engine.scores().quality(scene.worker.key, null)).toBeLessThan(300)
  })

  it('EVI-22: of islands of strangers are refused, whatever they say of somebody we know', () => {
    const scene = new Scene()
    scene.settled()
    const { body } = scene.requester.newest('award')
    const [one, two] = strangers
    if (one === undefined || two === undefined) throw new Error('there are strangers')
    const third = scene.another()
    const awards: HaggleRecord[] = [two, scene.worker.key].map((worker) => signAs(one, 'award', { ...body, worker }))
    const words = awards.map((award) => codeOf(third.record(one, award)))
    // The one that names somebody we know waits until that one has accepted it.
    expect(words).toEqual(['record/not-for-us', 'entry/parked'])
    expect([...third.engine.evidence().records()].filter(({ author }) => author === one)).toEqual([])
  })

  it('REP-18: two votes in one slot end all trust in a witness, wherever both are heard', () => {
    const { scene, third } = breached()
    const [witness] = scene.award.body.panel
    const vote = [...third.engine.evidence().records()].find((each) => each.type === 'vote' && each.author === witness)
    if (witness === undefined || vote?.type !== 'vote') throw new Error('the witness has voted')
    expect(third.engine.scores().isTombstoned(witness)).toBe(false)
    const second = signAs(witness, 'vote', { ...vote.body, at: vote.body.at + 1 })
    bring(third, second)
    scene.bench.pass(ACK)
    expect(third.engine.scores().isTombstoned(witness)).toBe(true)
    expect(isChosen(turnOf(third), witness)).toBe(false)
    expect(qualityOf(turnOf(third), witness, null)).toBe(0)
  })
})

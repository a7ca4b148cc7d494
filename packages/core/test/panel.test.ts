import { type AgentKey, type Award, type HaggleRecord } from '@haggle/protocol'
import { test as prop } from '@fast-check/vitest'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawPanel, panelSizeFor, quorumsOf } from '../src/witness/panel.ts'
import { panelTermsProblem } from '../src/judge/award-terms.ts'
import { signAs, strangers } from './bench/bench.ts'
import { bring } from './bench/forge.ts'
import { codeOf } from './bench/hand.ts'
import { ACK, jobAt, Scene, VALUE } from './bench/scene.ts'
import { WitnessedScene, witnessing } from './bench/witnessed.ts'

function awardIn(scene: Scene): HaggleRecord<'award'> {
  scene.bid(scene.offer())
  return scene.requester.newest('award')
}

const draw = { offer: 'ab'.repeat(32), generation: 1, revealed: new Uint8Array(32), bidNonce: new Uint8Array(16) }
const drawOf = (bidNonce: Uint8Array): Parameters<typeof drawPanel>[3] =>
  // Any 32 bytes in hexadecimal name an offer where nobody looks for it.
  ({ ...draw, bidNonce }) as Parameters<typeof drawPanel>[3]

describe('the size of a panel', () => {
  it('WIT-02: goes from none for one agent to ten for sixty-one, one of whom will be the worker', () => {
    const sizes = [0, 1, 2, 3, 4, 6, 7, 20, 21, 60, 61, 128].map((size) => [size, panelSizeFor(size)])
    expect(sizes).toEqual([
      ...[
        [0, 0],
        [1, 0],
        [2, 1],
        [3, 1],
        [4, 3],
        [6, 3],
        [7, 4],
        [20, 4],
        [21, 7],
        [60, 7],
        [61, 10],
        [128, 10],
      ],
    ])
  })

  it('WIT-03: two quorums of one slot share a witness that is not corrupt, and an echo contains one', () => {
    for (const n of [1, 3, 4, 7, 10]) {
      const { f, echo, timely, late, absent } = quorumsOf(n)
      expect(timely + absent - n).toBeGreaterThan(f)
      expect(late + absent - n).toBeGreaterThan(f)
      expect(echo).toBeGreaterThan(f)
      // Who is down is counted with the corrupt: the rest can still decide what was pushed to them.
      expect(n - f).toBeGreaterThanOrEqual(timely)
    }
    expect([1, 3, 4, 7, 10].map((n) => quorumsOf(n).f)).toEqual([0, 0, 1, 2, 3])
  })
})

describe('the draw', () => {
  const nonce = fc.uint8Array({ minLength: 16, maxLength: 16 })
  const keys = fc.shuffledSubarray([...strangers].slice(0, 40), { minLength: 5 })

  prop.prop([keys, nonce])('WIT-04: depends on the members of the set and not on their order', (set, bidNonce) => {
    const panel = drawPanel(set, new Set(), 4, drawOf(bidNonce))
    expect(drawPanel(set.toSorted(), new Set(), 4, drawOf(bidNonce))).toEqual(panel)
    expect(new Set(panel).size).toBe(4)
  })

  prop.prop([keys, nonce])('WIT-04: passes over who is excluded and moves nobody else', (set, bidNonce) => {
    const [first, ...rest] = drawPanel(set, new Set(), set.length, drawOf(bidNonce))
    expect(drawPanel(set, new Set(first === undefined ? [] : [first]), set.length, drawOf(bidNonce))).toEqual(rest)
  })

  it('WIT-04: gives every member of a set the same chance, over the nonces of bids', () => {
    const set = strangers.slice(0, 8)
    const times = new Map<AgentKey, number>()
    for (let n = 0; n < 1_000; n += 1) {
      const bidNonce = Uint8Array.from({ length: 16 }, (_, at) => (at === 0 ? n & 255 : at === 1 ? n >> 8 : 0))
      for (const key of drawPanel(set, new Set(), 4, drawOf(bidNonce))) times.set(key, (times.get(key) ?? 0) + 1)
    }
    // 500 each is expected; 5 standard deviations of a fair draw are 79.
    for (const key of set) expect(Math.abs((times.get(key) ?? 0) - 500)).toBeLessThan(79)
  })
})

describe('a requester', () => {
  it('WIT-30: names no set and no panel where nobody else witnesses, or nobody is wanted', () => {
    for (const [scene, panel] of [
      [new WitnessedScene(0), null],
      [new WitnessedScene(1), null],
      [new WitnessedScene(9), 0],
    ] as const) {
      scene.bid(scene.offer({ panel }))
      expect(scene.requester.newest('award').body).toMatchObject({
        panel: [],
        terms: { panelSize: 0, witnessSet: null },
      })
      expect(scene.requester.all('witness-set')).toEqual([])
    }
  })

  it('WIT-30: writes its set before the offer that names it, ascending, and awards with the panel that is drawn', () => {
    const scene = new WitnessedScene(9)
    const { body } = awardIn(scene)
    const set = scene.requester.newest('witness-set')
    const offer = scene.requester.newest('offer')
    expect(set.body.keys).toEqual([...strangers.slice(0, 9)].toSorted())
    expect(panelTermsProblem(offer.body.terms, set.author, set)).toBeNull()
    expect(body.terms).toMatchObject({ panelSize: 4, witnessSet: set.id })
    expect(body.panel).toHaveLength(4)
    const types = scene.requester.log.flatMap((entry) => (entry.kind === 'record' ? [entry.record.id] : []))
    expect(types.indexOf(set.id)).toBeLessThan(types.indexOf(offer.id))
  })

  it('WIT-30: wants no more witnesses than it is told to, and rounds down to a size with a better quorum', () => {
    for (const [panel, size] of [
      [10, 4],
      [4, 4],
      [2, 1],
      [1, 1],
    ] as const) {
      const scene = new WitnessedScene(9)
      scene.bid(scene.offer({ panel }))
      expect(scene.requester.newest('award').body.panel).toHaveLength(size)
    }
  })

  it('WIT-30: goes on with its set while everybody in it witnesses, and counts the next one, over a restart too', () => {
    const scene = new WitnessedScene(9)
    scene.offer()
    scene.offer()
    expect(scene.requester.all('witness-set')).toHaveLength(1)
    scene.requester.restart()
    witnessing(scene.bench, strangers.slice(20, 42), scene.requester)
    scene.offer()
    expect(scene.requester.all('witness-set').map(({ body }) => [body.n, body.keys.length])).toEqual([
      [0, 9],
      [1, 22],
    ])
  })

  it('WIT-30: signs no more sets in one epoch than it may, and hires without a panel rather than by a stale one', () => {
    const scene = new WitnessedScene(2)
    for (let n = 0; n < 20; n += 1) {
      scene.offer()
      scene.requester.restart()
      witnessing(scene.bench, strangers.slice(3 * n + 3, 3 * n + 6), scene.requester)
    }
    expect(scene.requester.all('witness-set').map(({ body }) => body.n)).toEqual(
      Array.from({ length: 16 }, (_, n) => n),
    )
    expect(scene.requester.newest('offer').body.terms.witnessSet).toBeNull()
  })

  it('WIT-04: names its reserves by their workers, draws none of them, and names fewer rather than draw too few', () => {
    const scene = new WitnessedScene(2)
    const others = [scene.another(), scene.another(), scene.another()]
    // Four who could win also witness: with the two strangers a set of six, of which three sit on a panel.
    witnessing(
      scene.bench,
      [scene.worker, ...others].map(({ key }) => key),
      scene.requester,
      scene.worker,
      ...others,
    )
    const task = scene.offer({ askPrice: null })
    for (const hand of [scene.worker, ...others]) scene.bid(task, VALUE / 2, hand)
    scene.bench.pass(100)
    const { panel, reserves, worker } = scene.requester.newest('award').body
    expect(panel).toHaveLength(3)
    expect(reserves).toHaveLength(2)
    const parties = new Set([worker, ...reserves.map((reserve) => reserve.worker)])
    expect(panel.filter((key) => parties.has(key))).toEqual([])
  })
})

describe('a worker', () => {
  it('WIT-31: accepts an award whose panel is the one that was drawn from the set that came with it', () => {
    const scene = new WitnessedScene(9)
    const award = awardIn(scene)
    expect(scene.worker.contract(award.id).state).toBe('working')
    expect(scene.worker.engine.records(award.body.task)).toContainEqual(scene.requester.newest('witness-set'))
  })

  it('T-27 WIT-31: declines, free, when somebody on the panel does not witness as far as it hears', () => {
    const scene = new Scene()
    witnessing(scene.bench, strangers.slice(0, 9), scene.requester)
    const award = awardIn(scene)
    expect(scene.worker.newest('decline').body).toMatchObject({ contract: award.id, code: 'panel', final: false })
    expect(scene.worker.contract(award.id).outcome).toMatchObject({ end: 'declined', party: null, fault: null })
  })

  it('WIT-31: knows nobody to choose by where it knows the requester alone, or somebody who does not witness', () => {
    const scene = new WitnessedScene(9)
    const { requester, worker, bench } = scene
    requester.command({ kind: 'witness', maxBytes: 1_000_000 })
    bench.deliver()
    scene.settled({ panel: 0 })
    // Another requester that it knows serves as well, and does not witness.
    const other = scene.another()
    bench.meet(other, worker)
    other.command({ kind: 'offer', job: jobAt(bench, { panel: 0, key: 'other' }) })
    bench.deliver()
    scene.bid(other.newest('offer').id)
    const contract = other.newest('award').id
    bench.pass(ACK)
    scene.deliver(contract)
    other.command({ kind: 'approve', contract, milestone: 0 })
    bench.deliver()
    expect([requester, other].map(({ key }) => worker.engine.standing(key).settled)).toEqual([1, 1])
    scene.bid(scene.offer({ panel: 1, key: 'again' }))
    expect(worker.contract(requester.newest('award').id).state).toBe('working')
  })

  it('WIT-31: takes the award when the set that was lost on the way is shown again', () => {
    const scene = new WitnessedScene(9)
    scene.bench.loses = ({ record }) => record?.type === 'witness-set'
    const award = awardIn(scene)
    expect(scene.worker.engine.contracts()).toEqual([])
    scene.bench.loses = () => false
    scene.bench.pass(200)
    expect(scene.worker.contract(award.id).state).toBe('working')
  })

  it('T-26 WIT-04: reports an award whose panel is another than its draw, whatever else is in order', () => {
    const spoilings: ((body: Award) => Partial<Award>)[] = [
      ({ panel }) => ({ panel: panel.toReversed() }),
      ({ panel }) => ({
        panel: [...panel.slice(1), strangers.find((key) => !panel.includes(key)) ?? panel[0] ?? ''] as AgentKey[],
      }),
      ({ panel }) => ({ panel: panel.slice(1) }),
      ({ panel }) => ({ panel: [...panel.slice(1), panel[1] ?? panel[0] ?? ''] as AgentKey[] }),
      ({ bid, panel }) => ({ reserves: [{ bid, worker: panel[0] ?? null }] }),
      ({ bid }) => ({ reserves: [{ bid, worker: null }] }),
    ]
    for (const spoil of spoilings) {
      const scene = new WitnessedScene(9)
      scene.bench.loses = ({ record }) => record?.type === 'award'
      const { body } = awardIn(scene)
      const forged = signAs(scene.requester.key, 'award', { ...body, ...spoil(body) })
      expect(codeOf(bring(scene.worker, forged))).toBe('award/terms')
      expect(scene.worker.reports.at(-1)?.violation.code).toBe('terms/changed')
    }
  })

  it('WIT-01: takes no award from a set that is out of order, or that holds its own author', () => {
    for (const more of [
      (keys: readonly AgentKey[]) => keys.toReversed(),
      (keys: readonly AgentKey[]) => [...keys, keys.at(-1) ?? keys[0]].filter((key) => key !== undefined),
      (keys: readonly AgentKey[], author: AgentKey) => [...keys, author].toSorted(),
    ]) {
      const scene = new WitnessedScene(9)
      awardIn(scene)
      const set = scene.requester.newest('witness-set')
      const spoiled = signAs(set.author, 'witness-set', { ...set.body, keys: more(set.body.keys, set.author) })
      const terms = { ...scene.requester.newest('offer').body.terms, witnessSet: spoiled.id }
      expect(panelTermsProblem(terms, set.author, spoiled)).not.toBeNull()
    }
  })
})

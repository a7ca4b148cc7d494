import { bounds, shardOf, type AgentKey, type RecordId } from '@haggle/protocol'
import { describe, expect, it } from 'vitest'
import { Bench, mallory, nothing, signAs, strangers } from './bench/bench.ts'
import { advertOf, bidOf, bring, claimOf, offerOf, reopeningOf, termsAt } from './bench/forge.ts'
import { codeOf, makeUnfetchable, type Hand } from './bench/hand.ts'
import { ACK, GRACE, hashOf, jobAt, Scene, SKILL, timers, VALUE } from './bench/scene.ts'

const [, author = mallory, second = mallory] = strangers

function quotes(hand: Hand): number {
  return hand.requests.filter((request) => request.kind === 'quote').length
}

/** A worker that serves, and an author of offers who has no engine. */
function market(): { bench: Bench; worker: Hand } {
  const bench = new Bench()
  const worker = bench.hand()
  worker.peerUp(author)
  worker.serve(SKILL)
  return { bench, worker }
}

describe('who speaks', () => {
  it('MKT-01: a bid speaks for its author, whoever brings it, and nobody bids on its own offer', () => {
    const { bench, requester, offer } = openTask()
    expect(codeOf(requester.record(mallory, bidOf(bench, author, offer)))).toBe('ok')
    expect(requester.events.at(-1)).toMatchObject({ event: 'bid', peer: author })
    expect(codeOf(bring(requester, bidOf(bench, requester.key, offer)))).toBe('bid/own-offer')
  })

  it('T-04 MKT-02: a withdrawal or reopening by anybody but the author changes nothing and is held against its author, not who brings it', () => {
    const { bench, worker } = market()
    const offer = offerOf(bench, author)
    bring(worker, offer)
    const withdrawal = signAs(mallory, 'withdrawal', { at: bench.time, task: offer.id, reason: 'forged' })
    expect(codeOf(worker.record(second, withdrawal))).toBe('task/not-ours')
    const { body } = reopeningOf(bench, offer)
    expect(codeOf(worker.record(second, signAs(mallory, 'reopening', body)))).toBe('task/not-ours')
    expect(worker.reports.map(({ peer, violation }) => [peer, violation.code])).toEqual([
      [mallory, 'role/not-owner'],
      [mallory, 'role/not-owner'],
    ])
    expect(codeOf(bidBy(worker, offer.id))).toBe('ok')
  })

  it('MKT-02: an award by anybody but the author is refused and held against its author', () => {
    const scene = new Scene()
    const contract = scene.accepted()
    const { worker } = scene
    const award = scene.requester.newest('award')
    const forged = signAs(mallory, 'award', award.body)
    expect(codeOf(worker.record(mallory, forged))).toBe('award/terms')
    expect(worker.reports.at(-1)).toMatchObject({ peer: mallory, violation: { code: 'role/not-owner' } })
    expect(worker.engine.contracts().map((view) => view.contract)).toEqual([contract])
  })
})

describe('the board', () => {
  it('MKT-03: of the adverts of one author the newest by time, then by seq, is kept', () => {
    const { bench, worker } = market()
    const now = bench.time
    expect(codeOf(bring(worker, advertOf(bench, author, now, 3)))).toBe('ok')
    expect(codeOf(bring(worker, advertOf(bench, author, now, 2)))).toBe('record/old')
    expect(codeOf(bring(worker, advertOf(bench, author, now - 1, 9)))).toBe('record/old')
    expect(codeOf(bring(worker, advertOf(bench, author, now + 1, 1)))).toBe('ok')
    expect(worker.engine.adverts().map(({ body }) => body.seq)).toEqual([1])
  })

  it('MKT-04: an offer leaves at its expires, and a clock that steps back does not bring it again', () => {
    const { bench, worker } = market()
    const offer = offerOf(bench, author)
    bring(worker, offer)
    bench.time = offer.body.expires - 1
    expect(codeOf(bring(worker, offer))).toBe('offer/held')
    bench.time = offer.body.expires
    expect(codeOf(bring(worker, offer))).toBe('offer/expired')
    bench.time -= 1_000
    expect(codeOf(bring(worker, offer))).toBe('offer/expired')
    expect(codeOf(bidBy(worker, offer.id))).toBe('task/unknown')
    expect(codeOf(bring(worker, offerOf(bench, author)))).toBe('ok')
  })

  it('MKT-04: an advert leaves at its time and ttl for good', () => {
    const { bench, worker } = market()
    const advert = advertOf(bench, author)
    bring(worker, advert)
    bench.time += 59_999
    worker.alarm()
    expect(worker.engine.adverts()).toHaveLength(1)
    bench.time += 1
    worker.alarm()
    expect(worker.engine.adverts()).toEqual([])
    bench.time -= 10_000
    expect(codeOf(bring(worker, advert))).toBe('record/old')
  })

  it('MKT-37: an advert is said again at a third of its time, which grows with the adverts on the board', () => {
    const { bench, worker } = market()
    const ttls = (): number[] =>
      worker.sent.flatMap(({ record }) => (record.type === 'advert' ? [record.body.ttlMs] : []))
    bench.pass(20_000)
    expect(ttls()).toEqual([60_000, 60_000])
    for (const key of strangers.slice(0, 30)) bring(worker, advertOf(bench, key))
    bench.pass(20_000)
    expect(ttls()).toEqual([60_000, 60_000, 180_000])
    bench.pass(59_999)
    expect(ttls()).toHaveLength(3)
    bench.pass(1)
    expect(ttls().at(-1)).toBe(60_000)
  })

  it('MKT-37: to have no slot left, or some again, is told within half a second, another change with the next advert', () => {
    const scene = new Scene(2)
    const { bench, worker } = scene
    const long = { milestones: jobAt(bench).milestones.map((each) => ({ ...each, durationMs: 30_000 })) }
    const free = (): number[] =>
      worker.sent.flatMap(({ record }) => (record.type === 'advert' ? [record.body.free] : []))
    scene.opened(long)
    bench.pass(19_999 - ACK)
    expect(free()).toEqual([2])
    bench.pass(1)
    expect(free()).toEqual([2, 1])
    scene.opened(long)
    bench.pass(500)
    expect(free()).toEqual([2, 1, 0])
  })

  it('MKT-37: a slot that is free again before anybody was told that none is left is not spoken of', () => {
    const scene = new Scene(1)
    const { bench, worker } = scene
    const adverts = (): number => worker.sent.filter(({ record }) => record.type === 'advert').length
    const before = adverts()
    scene.settled()
    bench.pass(5_000)
    expect(adverts()).toBe(before)
  })

  it('MKT-04: nobody is woken for each of many offers that leave one after the other', () => {
    const { bench, worker } = market()
    const offers = Array.from({ length: 8 }, (_, n) =>
      offerOf(bench, author, { bidUntil: bench.time + 1_000 + n * 100 }),
    )
    for (const offer of offers) bring(worker, offer)
    const first = offers[0]?.body.expires ?? 0
    expect(worker.engine.nextWakeup().wall).toBe(first + 1_000)
    bench.time = first + 1_000
    worker.alarm()
    expect(worker.engine.nextWakeup().wall).toBeNull()
  })

  it('MKT-04: a reopened task leaves at the expires of its reopening', () => {
    const { bench, worker } = market()
    const offer = offerOf(bench, author, { bidUntil: bench.time + 100 })
    bring(worker, offer)
    const reopening = reopeningOf(bench, offer)
    bring(worker, reopening)
    bench.time = offer.body.expires + 1
    worker.alarm()
    bench.time = reopening.body.expires - 1
    expect(codeOf(bidBy(worker, offer.id, 2))).toBe('ok')
    bench.time += 1
    expect(codeOf(bidBy(worker, offer.id, 2))).toBe('task/unknown')
  })

  it('MKT-04: nor does a clock that steps back bring a reopened task again, by its offer or by any reopening but a later one', () => {
    const { bench, worker } = market()
    const offer = offerOf(bench, author)
    const [early, third, fourth] = [2, 3, 4].map((generation) => reopeningOf(bench, offer, { generation }))
    if (early === undefined || third === undefined || fourth === undefined) throw new Error('three were made')
    for (const record of [offer, early, third]) bring(worker, record)
    bench.time = third.body.expires
    worker.alarm()
    bench.time -= 1_000
    for (const record of [offer, early, offer, third, offer]) bring(worker, record)
    expect(codeOf(bidBy(worker, offer.id, 3))).toBe('task/unknown')
    bring(worker, fourth)
    bring(worker, offer)
    expect(codeOf(bidBy(worker, offer.id, 4))).toBe('ok')
  })

  it('MKT-05: after bidUntil others may still bid, the author takes no bid any more', () => {
    const { bench, worker } = market()
    const offer = offerOf(bench, author)
    bring(worker, offer)
    bench.time = offer.body.bidUntil + GRACE - 1
    expect(codeOf(bidBy(worker, offer.id))).toBe('ok')
    const task = openTask()
    task.bench.time += 5_000
    expect(codeOf(bring(task.requester, bidOf(task.bench, author, task.offer)))).toBe('ok')
    const late = openTask()
    late.bench.time += 5_001
    expect(codeOf(bring(late.requester, bidOf(late.bench, author, late.offer)))).toBe('task/closed')
    expect(late.requester.task(late.offer).closedAs).toBe('expired')
  })

  it('MKT-21: agents that meet tell each other their shards, and a late joiner has the open market at once', () => {
    const bench = new Bench()
    const requester = bench.hand()
    requester.command({ kind: 'offer', job: jobAt(bench) })
    const early = bench.hand()
    early.serve(SKILL)
    bench.meet(requester, early)
    bench.pass(1_000)
    const late = bench.hand()
    late.serve(SKILL)
    bench.meet(early, late)
    expect(quotes(late)).toBe(1)
    const indifferent = bench.hand()
    indifferent.serve('rest')
    bench.meet(requester, indifferent)
    expect(indifferent.engine.tasks()).toEqual([])
    expect(quotes(indifferent)).toBe(0)
  })

  it('MKT-21: only what the other lacks is sent', () => {
    const { bench, worker } = market()
    const held = offerOf(bench, author)
    const lacked = offerOf(bench, author)
    for (const offer of [held, lacked]) bring(worker, offer)
    const shards = worker.frames.flatMap(({ frame }) => (frame.kind === 'digest' ? frame.shards : []))
    worker.peerUp(second)
    const before = worker.sent.length
    worker.frame(second, { kind: 'digest', shards: [...new Set(shards)], held: [held.id], answer: false })
    const offers = worker.sent.slice(before).filter(({ record }) => record.type === 'offer')
    expect(offers.map(({ to, record }) => [to, record.id])).toEqual([[second, lacked.id]])
  })

  it('MKT-21: a reopening without its offer is kept while the offer is asked for by its id, once', () => {
    const { bench, worker } = market()
    const offer = offerOf(bench, author)
    const reopening = reopeningOf(bench, offer)
    expect(codeOf(bring(worker, reopening))).toBe('task/unknown')
    bring(worker, reopening)
    const wants = worker.frames.filter(({ frame }) => frame.kind === 'want')
    expect(wants).toEqual([{ to: author, frame: { kind: 'want', ids: [offer.id] } }])
    bring(worker, offer)
    expect(worker.requests.at(-1)).toMatchObject({ kind: 'quote', task: offer.id, generation: 2 })
  })

  it('MKT-21: who is asked for an offer by its id sends it with its reopening', () => {
    const { bench, worker } = market()
    const offer = offerOf(bench, author)
    const reopening = reopeningOf(bench, offer)
    bring(worker, offer)
    bring(worker, reopening)
    worker.peerUp(second)
    worker.frame(second, { kind: 'want', ids: [nothing, offer.id] })
    expect(worker.last).toEqual([{ kind: 'send', to: second, records: [offer, reopening], payload: null }])
  })
})

describe('bids', () => {
  it('MKT-06: the first bid of a worker for a generation counts, one above the value never does', () => {
    const { bench, requester, offer } = openTask()
    expect(codeOf(bring(requester, bidOf(bench, author, offer, { price: VALUE + 1 })))).toBe('bid/too-dear')
    expect(codeOf(bring(requester, bidOf(bench, author, offer)))).toBe('ok')
    expect(codeOf(bring(requester, bidOf(bench, author, offer, { price: 1 })))).toBe('bid/duplicate')
    expect(codeOf(bring(requester, bidOf(bench, second, offer, { generation: 2 })))).toBe('bid/generation')
    expect(codeOf(bring(requester, bidOf(bench, second, offer, { validUntil: bench.time })))).toBe('bid/late')
    bench.pass(timers.bidWindowMs)
    expect(requester.newest('award').body).toMatchObject({ worker: author, price: VALUE / 2 })
  })

  it('MKT-06: a bid of an earlier generation is a reserve until its validUntil', () => {
    for (const [validFor, generation] of [
      [60_000, 2],
      [400, 1],
    ] as const) {
      const { bench, requester, offer } = openTask()
      requester.peerUp(second)
      bring(requester, bidOf(bench, author, offer, { price: 1 }))
      bring(requester, bidOf(bench, second, offer, { validUntil: bench.time + validFor }))
      bench.pass(timers.bidWindowMs + timers.acceptMs + 3 + GRACE + 1)
      expect(requester.newest('reopening').body.generation).toBe(2)
      expect(requester.newest('award').body.generation).toBe(generation)
    }
  })

  it('MKT-07: a cheaper bid drives out the dearest of a full list, never an awarded one; a dearer one is refused', () => {
    const { bench, requester, offer } = openTask({ maxBids: 1 })
    bring(requester, bidOf(bench, author, offer, { price: VALUE }))
    const awarded = requester.newest('award').body.bid
    for (const stranger of strangers.slice(10, 73)) bring(requester, bidOf(bench, stranger, offer, { price: 1_000 }))
    expect(requester.task(offer).bids).toBe(64)
    expect(codeOf(bring(requester, bidOf(bench, second, offer, { price: 1_000 })))).toBe('bid/quota')
    expect(codeOf(bring(requester, bidOf(bench, second, offer, { price: 999 })))).toBe('ok')
    expect(requester.task(offer).bids).toBe(64)
    expect(requester.engine.records(offer).map(({ id }) => id)).toContain(awarded)
  })

  it('MKT-13: a sealed bid goes straight to the requester, and the award names sealed bids by their ids only', () => {
    const scene = new Scene()
    const other = scene.another()
    const task = scene.offer({ bidding: 'sealed', askPrice: null })
    scene.bid(task, VALUE / 2)
    scene.bid(task, VALUE / 4, other)
    for (const hand of [scene.worker, other]) {
      const bids = hand.sent.filter(({ record }) => record.type === 'bid')
      expect(bids.map(({ to }) => to)).toEqual([scene.requester.key])
    }
    scene.bench.pass(timers.bidWindowMs)
    const { considered } = scene.requester.newest('award').body
    const sealed = { worker: null, price: null, etaMs: null, quality: null, score: null }
    expect(considered).toEqual([other, scene.worker].map((hand) => ({ bid: hand.newest('bid').id, ...sealed })))
  })

  it('MKT-19: an open bid is gossiped and also sent straight to a connected requester', () => {
    const scene = new Scene()
    scene.bid(scene.offer({ askPrice: null }))
    const bids = scene.worker.sent.filter(({ record }) => record.type === 'bid')
    expect(bids.map(({ to }) => to)).toEqual([null, scene.requester.key])
  })

  it('MKT-16: a job with a stake above the newcomer limit, no milestones, wrong values or too many attempts is refused', () => {
    const { bench, requester } = new Scene()
    const [milestone] = jobAt(bench).milestones
    if (milestone === undefined) throw new Error('a job has a milestone')
    const jury = { kind: 'jury', size: 3 } as const
    const wrong = [
      { stakeWorker: 2_000_001 },
      { stakeRequester: 2_000_001 },
      { milestones: [] },
      { milestones: [{ ...milestone, valuePermille: 999 }] },
      { milestones: [{ ...milestone, acceptance: jury }] },
      { attempts: 17 },
      { attempts: 0 },
    ]
    for (const more of wrong)
      expect([more, codeOf(requester.command({ kind: 'offer', job: jobAt(bench, more) }))]).toEqual([more, 'job/terms'])
    expect(codeOf(requester.command({ kind: 'offer', job: jobAt(bench, { stakeWorker: 2_000_000 }) }))).toBe('ok')
  })

  it('MKT-16: offers with a higher stake are not bid on', () => {
    const { bench, worker } = market()
    bring(worker, offerOf(bench, author, { terms: termsAt(bench, { stakeWorker: 2_000_001 }) }))
    expect(quotes(worker)).toBe(0)
    bring(worker, offerOf(bench, author))
    expect(quotes(worker)).toBe(1)
  })

  it('MKT-20: a worker accepts only when it holds the whole input; an input that does not come is a lapse of nobody', () => {
    const hash = hashOf('missing')
    makeUnfetchable(hash)
    const scene = new Scene()
    const contract = scene.accepted({ input: { hash, size: 8, mediaType: null, preview: null, public: null } })
    expect(scene.worker.contract(contract).state).toBe('awaiting-accept')
    scene.worker.payload(hash, true)
    expect(scene.worker.contract(contract).state).toBe('working')
    const again = new Scene()
    const lost = again.accepted({ input: { hash, size: 8, mediaType: null, preview: null, public: null } })
    again.bench.pass(timers.acceptMs + 3 + GRACE + 1)
    for (const hand of [again.requester, again.worker])
      expect(hand.contract(lost).outcome).toEqual({ end: 'lapsed', party: null, fault: null })
  })

  it('MKT-20: a worker that gives up the input declines for now, and its slot is free at once', () => {
    const hash = hashOf('given-up')
    makeUnfetchable(hash)
    const scene = new Scene()
    const contract = scene.accepted({ input: { hash, size: 8, mediaType: null, preview: null, public: null } })
    scene.worker.payload(hash, false)
    expect(scene.worker.newest('decline').body).toMatchObject({ code: 'input-missing', final: false })
    scene.bench.deliver()
    for (const hand of [scene.requester, scene.worker])
      expect(hand.contract(contract).outcome).toEqual({ end: 'declined', party: null, fault: null })
    // It comes after all: the contract that was declined stays declined.
    scene.worker.payload(hash, true)
    const accepted = scene.worker.all('accept').map(({ body }) => body.contract)
    expect(accepted).not.toContain(contract)
  })

  it('MKT-20: the accept window has time for three transfers of the input', () => {
    const size = timers.rateBytesPerSecond
    const scene = new Scene()
    makeUnfetchable(hashOf('large'))
    const large = { hash: hashOf('large'), size, mediaType: null, preview: null, public: null }
    const contract = scene.accepted({ input: large })
    scene.bench.pass(timers.acceptMs + 3_000)
    scene.worker.payload(large.hash, true)
    scene.bench.deliver()
    expect(scene.requester.contract(contract).state).toBe('working')
  })
})

describe('slots', () => {
  /** A worker of one slot whose claim holds it, and an auction that it has not been asked about. */
  function full(): { bench: Bench; worker: Hand; claimed: RecordId; waiting: RecordId } {
    const { bench, worker } = market()
    const claimed = offerOf(bench, author, { mode: 'claim' })
    bring(worker, claimed)
    expect(codeOf(bidBy(worker, claimed.id))).toBe('ok')
    const waiting = offerOf(bench, second)
    bring(worker, waiting)
    expect(quotes(worker)).toBe(1)
    return { bench, worker, claimed: claimed.id, waiting: waiting.id }
  }

  const lastQuoted = (worker: Hand): unknown =>
    worker.requests.flatMap((each) => (each.kind === 'quote' ? [each.task] : [])).at(-1)

  it('MKT-38: a claim that runs out frees its slot, and the board is looked at again', () => {
    const { bench, worker, waiting } = full()
    bench.pass(timers.acceptMs + 1)
    expect(lastQuoted(worker)).toBe(waiting)
  })

  it('MKT-38: so does a withdrawal', () => {
    const { bench, worker, claimed, waiting } = full()
    bring(worker, signAs(author, 'withdrawal', { at: bench.time, task: claimed, reason: 'changed-my-mind' }))
    expect(lastQuoted(worker)).toBe(waiting)
  })

  it('MKT-38: so does a delivery that waits for its review', () => {
    const scene = new Scene()
    const contract = scene.opened()
    const waiting = offerOf(scene.bench, author)
    bring(scene.worker, waiting)
    expect(lastQuoted(scene.worker)).not.toBe(waiting.id)
    scene.deliver(contract)
    expect(lastQuoted(scene.worker)).toBe(waiting.id)
  })

  it('MKT-38: so does the award of a later generation to somebody else', () => {
    const { bench, worker, claimed, waiting } = full()
    const scene = new Scene()
    scene.accepted()
    const { body } = scene.requester.newest('award')
    bring(worker, signAs(author, 'award', { ...body, at: bench.time, task: claimed, generation: 2, worker: second }))
    expect(lastQuoted(worker)).toBe(waiting)
  })

  it('MKT-36 MKT-38: a claim that is awarded in a later generation holds one slot, not two, and is not called out again in that one', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const task = scene.offer({ mode: 'claim', askPrice: null })
    bring(requester, claimOf(bench, author, task))
    bench.pass(timers.claimWindowMs)
    const award = requester.newest('award')
    scene.bid(task, VALUE)
    const link = { at: bench.time, contract: award.id, generation: 1, seq: 1, prev: award.id }
    bring(requester, signAs(author, 'decline', { ...link, code: 'busy', final: false, retryAfterMs: 300 }))
    bench.deliver()
    const again = requester.newest('award')
    expect(again.body).toMatchObject({ worker: worker.key, generation: 2 })
    expect(worker.contract(again.id).state).toBe('working')

    // MKT-36: what it had comes back to its board in a later generation only.
    const reopening = requester.newest('reopening')
    const later = signAs(requester.key, 'reopening', { ...reopening.body, generation: 3 })
    for (const [told, held] of [
      [reopening, []],
      [later, [task, later.id]],
    ] as const) {
      bring(worker, requester.newest('offer'))
      bring(worker, told)
      worker.peerUp(second)
      const { frame } = worker.frames.at(-1) ?? {}
      expect(
        frame?.kind === 'digest' ? frame.held.filter((id) => [task, later.id, reopening.id].includes(id)) : null,
      ).toEqual(held)
    }
  })

  it.each([
    ['opened', (scene: Scene): unknown => scene.opened()],
    ['settled', (scene: Scene): unknown => scene.settled()],
  ])(
    'MKT-39: who claims a task that is %s is sent the award that took it, and whose bid is not firm is sent nothing',
    (_what, until) => {
      const scene = new Scene()
      until(scene)
      const { bench, requester } = scene
      const award = requester.newest('award')
      const late = claimOf(bench, author, award.body.task)
      for (let sent = 0; sent < 2; sent += 1) {
        bring(requester, late)
        expect(sentTo(requester, author)).toEqual([award.id, requester.newest('opening').id])
      }
      bring(requester, bidOf(bench, second, award.body.task))
      expect(sentTo(requester, second)).toEqual([])
    },
  )

  it('MKT-39: who claims a task that was withdrawn is sent the withdrawal', () => {
    const { bench, requester, offer } = openTask()
    requester.command({ kind: 'cancel', task: offer, reason: 'changed-my-mind' })
    bring(requester, claimOf(bench, author, offer))
    expect(sentTo(requester, author)).toEqual([requester.newest('withdrawal').id])
  })

  it('MKT-39: as long as an award is not opened, and to its own worker, nothing is said', () => {
    const scene = new Scene()
    const contract = scene.accepted()
    const { bench, requester, worker } = scene
    const { task } = requester.contract(contract)
    bring(requester, claimOf(bench, author, task))
    expect(sentTo(requester, author)).toEqual([])
    bench.pass(ACK)
    bring(requester, claimOf(bench, worker.key, task))
    expect(sentTo(requester, worker.key)).toEqual([])
  })
})

/** What the newest input of a hand sent straight to a peer. */
function sentTo(hand: Hand, peer: AgentKey): RecordId[] {
  const sent = hand.last.flatMap((effect) => (effect.kind === 'send' && effect.to === peer ? effect.records : []))
  return sent.map(({ id }) => id)
}

describe('NET-36: whose tasks are taken', () => {
  it('an offer of anybody else is not put before the application', () => {
    const { bench, worker } = market()
    worker.serve(SKILL, 1, {}, [bench.hand().key])
    bring(worker, offerOf(bench, author))
    expect(quotes(worker)).toBe(0)
    worker.serve(SKILL, 1, {}, [author])
    expect(quotes(worker)).toBe(1)
  })

  it('an award of somebody who is not let in any more is declined for good, and its input not fetched', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    bench.loses = ({ record }) => record?.type === 'award'
    const contract = scene.accepted()
    bench.loses = () => false
    worker.serve(SKILL, 1, {}, [bench.hand().key])
    bring(worker, requester.newest('award'))
    expect(worker.newest('decline').body).toMatchObject({ contract, code: 'not-allowed', final: true })
    expect(worker.last.filter(({ kind }) => kind === 'fetch')).toEqual([])
  })
})

describe('saying no', () => {
  it('MKT-18: a withdrawal takes the offer off the board for good', () => {
    const { bench, worker } = market()
    const offer = offerOf(bench, author)
    bring(worker, offer)
    bring(worker, signAs(author, 'withdrawal', { at: bench.time, task: offer.id, reason: 'changed-my-mind' }))
    expect(codeOf(bidBy(worker, offer.id))).toBe('task/unknown')
    expect(codeOf(bring(worker, offer))).toBe('offer/withdrawn')
  })

  it.each([
    ['before the accept', true],
    ['after the accept', false],
  ])(
    'MKT-18: an award that is out %s stays, is never opened, and its worker gives it back free of charge',
    (_when, early) => {
      const scene = new Scene()
      const { bench, requester, worker } = scene
      const hash = early ? hashOf('slow') : hashOf('input')
      if (early) makeUnfetchable(hash)
      const contract = scene.accepted({ input: { hash, size: 8, mediaType: null, preview: null, public: null } })
      requester.command({ kind: 'cancel', task: requester.contract(contract).task, reason: 'changed-my-mind' })
      bench.pass(10_000)
      expect(requester.all('opening')).toEqual([])
      expect(worker.all(early ? 'decline' : 'withdraw')).toHaveLength(1)
      for (const hand of [requester, worker])
        expect(hand.contract(contract).outcome).toEqual({
          end: early ? 'declined' : 'withdrawn',
          party: null,
          fault: null,
        })
      expect(requester.task(requester.contract(contract).task).closedAs).toBe('withdrawn')
    },
  )

  it('MKT-36: an accepted task takes no place on the board of its worker', () => {
    const scene = new Scene()
    scene.accepted()
    const { bench, worker, requester } = scene
    for (let n = 0; n < bounds.offersPerAuthor; n += 1) {
      expect(codeOf(bring(worker, offerOf(bench, requester.key)))).toBe('ok')
    }
    expect(codeOf(bring(worker, offerOf(bench, requester.key)))).toBe('offer/quota')
  })

  it('MKT-36: the award of a generation takes the task off the board of who lost, unless a later one was called out', () => {
    for (const generation of [1, 2]) {
      const scene = new Scene()
      scene.accepted()
      const { bench, worker } = market()
      const offer = offerOf(bench, author)
      const award = { ...scene.requester.newest('award').body, at: bench.time, task: offer.id, worker: second }
      bring(worker, offer)
      bidBy(worker, offer.id)
      const reopening = reopeningOf(bench, offer)
      bring(worker, reopening)
      bring(worker, signAs(author, 'award', { ...award, generation }))
      for (const again of [offer, reopening]) bring(worker, again)
      expect(codeOf(bidBy(worker, offer.id, 2))).toBe(generation === 1 ? 'ok' : 'task/unknown')
    }
  })

  it('MKT-36: whoever still holds the offer of a task that was accepted does not bring it back to its worker', () => {
    const scene = new Scene()
    const { requester, worker } = scene
    const contract = scene.accepted()
    const [offer] = requester.all('offer')
    if (offer === undefined) throw new Error('an accepted task was offered')
    expect(codeOf(worker.record(requester.key, offer))).toBe('offer/held')
    expect(worker.contract(contract).state).toBe('working')
  })

  it('MKT-18: a requester that meets its worker again does not open what it has withdrawn', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.accepted()
    bench.loses = () => true
    requester.command({ kind: 'cancel', task: requester.contract(contract).task, reason: 'changed-my-mind' })
    bench.loses = ({ record }) => record?.type === 'withdrawal' || record?.type === 'withdraw'
    bench.part(requester, worker)
    bench.meet(requester, worker)
    bench.pass(10_000)
    expect(requester.all('opening')).toEqual([])
    expect(requester.contract(contract).outcome?.fault).toBeNull()
  })

  it('MKT-18: a requester cannot withdraw what a review has opened, and a forged withdrawal costs the worker nothing', () => {
    const scene = new Scene()
    const [milestone] = jobAt(scene.bench).milestones
    if (milestone === undefined) throw new Error('a job has a milestone')
    const contract = scene.accepted({ milestones: [0, 1].map(() => ({ ...milestone, valuePermille: 500 })) })
    const { requester, worker, bench } = scene
    scene.deliver(contract)
    scene.approve(contract)
    expect(requester.all('opening')).toEqual([])
    const { task } = requester.contract(contract)
    worker.record(requester.key, signAs(requester.key, 'withdrawal', { at: bench.time, task, reason: 'forged' }))
    expect(worker.contract(contract)).toMatchObject({ state: 'working', outcome: null })
  })
})

function bidBy(worker: Hand, task: Parameters<Hand['task']>[0], generation = 1): ReturnType<Hand['command']> {
  return worker.command({ kind: 'bid', task, generation, price: 1, etaMs: 1, leaseMs: null })
}

/** A requester with one auction that waits for its bid window. */
function openTask(more: Parameters<Scene['offer']>[0] = {}): {
  bench: Bench
  requester: Hand
  offer: ReturnType<Scene['offer']>
} {
  const scene = new Scene()
  const offer = scene.offer({ askPrice: null, ...more })
  return { bench: scene.bench, requester: scene.requester, offer }
}

describe('the topics of the market', () => {
  it('MKT-35: stays on the topic of its last task for two minutes, and longer when the next one needs it', () => {
    const bench = new Bench()
    const requester = bench.hand()
    const shard = shardOf(SKILL)
    const offer = (): RecordId => {
      const answer = requester.command({
        kind: 'offer',
        job: jobAt(bench, { bidUntil: bench.time + 50_000 }),
      })
      if (!answer.ok || answer.id === null) throw new Error('the offer was refused')
      return answer.id
    }
    requester.command({ kind: 'cancel', task: offer(), reason: 'done' })
    bench.pass(100_000)
    expect(requester.topics).toContain(shard)
    const next = offer()
    bench.pass(30_000)
    expect(requester.topics).toContain(shard)
    requester.command({ kind: 'cancel', task: next, reason: 'done' })
    bench.pass(119_000)
    expect(requester.topics).toContain(shard)
    bench.pass(2_000)
    expect(requester.topics).not.toContain(shard)
  })
})

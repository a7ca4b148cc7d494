import { limits, MICRO, payloadHashOf, type RecordId, type Terms } from '@haggle/protocol'
import { describe, expect, it } from 'vitest'
import { mallory, signAs, strangers } from './bench/bench.ts'
import { advertOf, bidOf, bring, claimOf } from './bench/forge.ts'
import { codeOf, type Hand } from './bench/hand.ts'
import { ACK, GRACE, jobAt, Scene, timers, VALUE } from './bench/scene.ts'

const [, one = mallory, two = mallory, three = mallory] = strangers
const LAPSE = timers.acceptMs + 3 + GRACE + 1

/** The worker that the newest award names, and how many awards there are. */
function awarded(requester: Hand): string | undefined {
  return requester.all('award').at(-1)?.body.worker
}

describe('one award', () => {
  it('MKT-08: an award that is on disk is sent again after a crash, and no other is made for its generation', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const task = scene.offer()
    bench.loses = () => true
    scene.bid(task)
    requester.record(worker.key, worker.newest('bid'))
    const award = requester.newest('award')
    requester.restart()
    bench.loses = () => false
    bench.part(requester, worker)
    bench.meet(requester, worker)
    bench.pass(1_000)
    bring(requester, bidOf(bench, one, task, { price: 1 }))
    bench.pass(1_000)
    expect(requester.all('award')).toEqual([award])
    expect(worker.contract(award.id).state).toBe('working')
  })

  it('NET-51 CON-41: an award to somebody who is not connected is sent all the same, and shown at once when they meet', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    bench.part(requester, worker)
    scene.bid(scene.offer())
    const award = requester.newest('award')
    // Bid and award went to the network, which dials for them; nobody was there to hear them.
    expect(worker.sent.map(({ to }) => to)).toContain(requester.key)
    expect(requester.sent).toContainEqual({ to: worker.key, record: award })
    expect(worker.engine.contracts()).toHaveLength(0)
    bench.meet(requester, worker)
    expect(worker.contract(award.id).state).toBe('working')
    expect(worker.all('accept')).toHaveLength(1)
  })

  it('MKT-08: the award stands in the log before it leaves', () => {
    const scene = new Scene()
    scene.bid(scene.offer())
    const { requester } = scene
    const award = requester.newest('award')
    requester.restart([])
    requester.peerUp(scene.worker.key)
    const task = requester.command({ kind: 'offer', job: jobAt(scene.bench) })
    if (!task.ok || task.id === null) throw new Error('an offer has an id')
    bring(requester, bidOf(scene.bench, scene.worker.key, task.id))
    const sends = requester.last.findIndex((effect) => effect.kind === 'send' && effect.records.some(isAward))
    const writes = requester.last.findLastIndex((effect) => effect.kind === 'persist')
    expect(writes).toBeGreaterThanOrEqual(0)
    expect(sends).toBeGreaterThan(writes)
    expect(award.body.generation).toBe(1)
  })

  it('T-12 MKT-08: a worker that is shown two awards of one generation keeps the first and reports the second', () => {
    const scene = new Scene()
    const contract = scene.opened()
    const { requester, worker } = scene
    const { body } = requester.newest('award')
    const forged = signAs(requester.key, 'award', { ...body, reserves: [{ bid: body.bid, worker: null }] })
    expect(codeOf(worker.record(requester.key, forged))).toBe('award/terms')
    expect(worker.reports.at(-1)).toMatchObject({
      peer: requester.key,
      violation: { code: 'generation/forged' },
      record: forged.id,
    })
    expect(worker.engine.contracts().map((view) => view.contract)).toEqual([contract])
  })

  it('T-11 MKT-11: an award that repeats the terms but for the lease that the bid asked for is taken, any other is reported', () => {
    const scene = new Scene()
    const task = scene.offer()
    scene.bid(task, VALUE / 2, scene.worker, 1, 1_000)
    const award = scene.requester.newest('award')
    expect(award.body.terms).toEqual({ ...offerOfTask(scene, task), timers: { ...timers, leaseMs: 1_000 } })
    expect(scene.worker.contract(award.id).state).toBe('working')
    const { body } = award
    const { terms } = body
    const wrong = [
      { price: body.price - 1 },
      { terms: { ...terms, endBy: terms.endBy - 1 } },
      { terms: { ...terms, stakeWorker: terms.stakeWorker + 1 } },
      { terms: { ...terms, timers: { ...terms.timers, leaseMs: 1_001 } } },
      { exposureUntil: 0 },
      { exposureUntil: Number.MAX_SAFE_INTEGER },
      { panel: [mallory] },
      { nonceReveal: new Uint8Array(32) },
    ]
    for (const more of wrong) {
      const second = new Scene()
      second.bench.loses = ({ record }) => record?.type === 'award'
      second.bid(second.offer(), VALUE / 2, second.worker, 1, 1_000)
      const own = second.requester.newest('award')
      const forged = signAs(second.requester.key, 'award', { ...own.body, ...more })
      expect([more, codeOf(bring(second.worker, forged))]).toEqual([more, 'award/terms'])
      expect(second.worker.reports.at(-1)?.violation.code).toBe('terms/changed')
    }
  })

  it('terms that offer and award share stand in memory once, and are signed and sent twice', () => {
    const scene = new Scene()
    const contract = scene.opened()
    const { task } = scene.requester.contract(contract)
    for (const { engine } of [scene.requester, scene.worker]) {
      const held = engine.records(task)
      const offer = held.find((record) => record.type === 'offer')
      const award = held.find((record) => record.type === 'award')
      expect(award?.body.terms).toBe(offer?.body.terms)
      expect(award?.bytes).toEqual(scene.requester.newest('award').bytes)
      expect(award?.signature).toEqual(scene.requester.newest('award').signature)
    }
  })

  it('MKT-12: the award of generation g reveals what hashes g times to the commitment of the offer', () => {
    const scene = new Scene()
    scene.another()
    const contract = scene.opened()
    scene.worker.command({ kind: 'withdraw', contract, reason: 'tired' })
    scene.bench.deliver()
    const other = scene.bench.hands.at(-1)
    const { task } = scene.requester.contract(contract)
    if (other !== undefined) scene.bid(task, VALUE, other, 2)
    const [first, second] = scene.requester.all('award')
    const { nonceCommit } = scene.requester.newest('offer').body
    expect(hashed(first?.body.nonceReveal, 1)).toBe(hex(nonceCommit))
    expect(hashed(second?.body.nonceReveal, 2)).toBe(hex(nonceCommit))
    expect(hashed(second?.body.nonceReveal, 1)).toBe(hex(first?.body.nonceReveal))
  })
})

describe('choosing', () => {
  it('MKT-22: in an auction the lowest price by quality wins, then the earliest eta, then the lowest bid id', () => {
    const scene = new Scene()
    const { bench, requester } = scene
    const task = scene.offer({ askPrice: null })
    const bids = [
      bidOf(bench, one, task, { price: 400, etaMs: 5 }),
      bidOf(bench, two, task, { price: 300, etaMs: 5 }),
      bidOf(bench, three, task, { price: 300, etaMs: 4 }),
      bidOf(bench, mallory, task, { price: 300, etaMs: 5 }),
    ]
    for (const bid of bids) bring(requester, bid)
    bench.pass(timers.bidWindowMs)
    const [dear, second, first, third] = bids
    const equal = [second, third].toSorted((a, b) => ((a?.id ?? '') < (b?.id ?? '') ? -1 : 1))
    const order = [first, ...equal, dear]
    const { considered, reserves, bid } = requester.newest('award').body
    expect(bid).toBe(first?.id)
    expect(considered.map((each) => each.bid)).toEqual(order.map((each) => each?.id))
    expect(considered[0]).toMatchObject({ worker: three, price: 300, etaMs: 4, quality: 300, score: 1_000 })
    expect(reserves.map((reserve) => reserve.bid)).toEqual(order.slice(1).map((each) => each?.id))
  })

  it('MKT-22: quality outweighs price, and at most eight bids are listed', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    scene.settled()
    const task = scene.offer({ askPrice: null, maxBids: 12 })
    scene.bid(task, 150)
    for (const stranger of strangers.slice(0, 9)) bring(requester, bidOf(bench, stranger, task, { price: 100 }))
    bench.pass(timers.bidWindowMs)
    const { considered } = requester.newest('award').body
    expect(awarded(requester)).toBe(worker.key)
    expect(considered).toHaveLength(limits.consideredBids)
    expect(considered[0]).toMatchObject({ price: 150, quality: 533, score: Math.floor(150_000 / 533) })
  })

  it.each([
    ['at or under the asked price', { askPrice: 500 }, [500], 0],
    ['the last of maxBids', { maxBids: 2, askPrice: null }, [900, 800], 0],
    ['in at the end of the bid window', { askPrice: null }, [900], timers.bidWindowMs],
  ])('MKT-23: an auction is decided when a bid is %s', (_why, more, prices, wait) => {
    const scene = new Scene()
    const { bench, requester } = scene
    const task = scene.offer(more)
    for (const [index, price] of prices.entries()) {
      expect(awarded(requester)).toBeUndefined()
      bring(requester, bidOf(bench, strangers[index] ?? mallory, task, { price }))
    }
    bench.pass(Math.max(0, wait - 1))
    if (wait > 0) expect(awarded(requester)).toBeUndefined()
    bench.pass(1)
    expect(awarded(requester)).toBeDefined()
  })

  it('MKT-23: with no acceptable bid in the window the first one until bidUntil takes the task, and none after it', () => {
    const scene = new Scene()
    const { bench, requester } = scene
    const task = scene.offer({ askPrice: null, minQuality: null })
    bring(requester, bidOf(bench, one, task, { price: VALUE + 1 }))
    bench.pass(4_000)
    bring(requester, bidOf(bench, two, task, { price: VALUE }))
    expect(awarded(requester)).toBe(two)
    const late = scene.offer({ askPrice: null })
    bring(requester, bidOf(bench, one, late, { price: VALUE + 1 }))
    bench.pass(5_001)
    expect(codeOf(bring(requester, bidOf(bench, two, late)))).toBe('task/closed')
    expect(requester.events.at(-1)).toMatchObject({ event: 'expired', task: late, cause: 'too-dear' })
  })
})

describe('claims', () => {
  it('MKT-09: a claim is firm and at the value of the offer', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const task = scene.offer({ mode: 'claim', askPrice: null })
    expect(codeOf(bring(requester, claimOf(bench, one, task, { firm: false })))).toBe('bid/too-dear')
    expect(codeOf(bring(requester, claimOf(bench, one, task, { price: VALUE - 1 })))).toBe('bid/too-dear')
    scene.bid(task, 1)
    expect(worker.newest('bid').body).toMatchObject({ firm: true, price: VALUE })
    expect(worker.sent.filter(({ to, record }) => to === null && record.type === 'bid')).toEqual([])
  })

  it('MKT-09: a proven peer takes the task at once, among strangers the claim window decides', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    scene.settled()
    const first = scene.offer({ mode: 'claim', askPrice: null })
    bring(requester, claimOf(bench, one, first))
    const before = requester.all('award').length
    bench.pass(timers.claimWindowMs - 1)
    expect(requester.all('award')).toHaveLength(before)
    scene.bid(first)
    expect(awarded(requester)).toBe(worker.key)
    const second = scene.offer({ mode: 'claim', askPrice: null })
    const claims = [one, two].map((author) => claimOf(bench, author, second))
    for (const claim of claims) bring(requester, claim)
    bench.pass(timers.claimWindowMs)
    expect(requester.newest('award').body.bid).toBe(claims.map(({ id }) => id).toSorted()[0])
  })

  it('T-10 MKT-10: strangers take claims within 20 credits of stake per epoch, a settlement gives its stake back, a lapse uses it up', () => {
    const scene = new Scene()
    const { bench, requester } = scene
    const job = { mode: 'claim', askPrice: null, stakeWorker: 2 * MICRO, attempts: 1 } as const
    const claim = (author = mallory): boolean => {
      const before = requester.all('award').length
      bring(requester, claimOf(bench, author, scene.offer(job)))
      bench.pass(timers.claimWindowMs)
      return requester.all('award').length > before
    }
    scene.bid(scene.offer(job))
    bench.pass(timers.claimWindowMs + ACK)
    const contract = requester.newest('award').id
    expect(strangers.slice(20, 31).map((author) => claim(author))).toEqual([...Array(9).fill(true), false, false])
    const full = requester.all('award').length
    scene.deliver(contract)
    scene.approve(contract)
    // One of the two claims that wait takes what came back, and nobody after it.
    expect(requester.all('award')).toHaveLength(full + 1)
    expect(claim(strangers[41])).toBe(false)
    // A settlement of a peer with a record returns nothing: it never was in the budget.
    scene.settled()
    expect(requester.all('award')).toHaveLength(full + 2)
    expect(claim(strangers[42])).toBe(false)
    bench.pass(LAPSE)
    expect(claim(strangers[43])).toBe(false)
    bench.pass(3_600_000)
    expect(claim(strangers[44])).toBe(true)
  })

  it('MKT-09: 200 claim races between two workers make 200 contracts, never two for one task', () => {
    const scene = new Scene(4)
    const { bench, requester, worker } = scene
    const other = scene.another(4)
    const tasks: RecordId[] = []
    for (let race = 0; race < 200; race += 1) {
      const task = scene.offer({ mode: 'claim', askPrice: null })
      tasks.push(task)
      const [early, late] = race % 2 === 0 ? [worker, other] : [other, worker]
      const claim = { kind: 'bid', task, generation: 1, price: VALUE, etaMs: 1, leaseMs: null } as const
      for (const hand of [early, late]) expect(codeOf(hand.command(claim))).toBe('ok')
      bench.pass(timers.claimWindowMs + ACK)
      const { id, body } = requester.newest('award')
      scene.deliver(id, 0, body.worker === worker.key ? worker : other)
      scene.approve(id)
    }
    const contracts = requester.engine.contracts()
    expect(contracts).toHaveLength(200)
    expect(new Set(contracts.map(({ task }) => task))).toEqual(new Set(tasks))
    expect(contracts.every(({ outcome }) => outcome?.end === 'settled')).toBe(true)
    const theirs = [worker, other].flatMap((hand) => hand.engine.contracts().map(({ contract }) => contract))
    expect(theirs.toSorted()).toEqual(contracts.map(({ contract }) => contract).toSorted())
    expect([requester, worker, other].flatMap((hand) => hand.reports)).toEqual([])
  })
})

describe('whom to ask again', () => {
  /** The requester awards a stranger and hears nothing. */
  function silence(scene: Scene, author = one): void {
    const task = scene.offer({ attempts: 1 })
    bring(scene.requester, bidOf(scene.bench, author, task, { price: 1, validUntil: scene.bench.time + 400 }))
    expect(awarded(scene.requester)).toBe(author)
    scene.bench.pass(LAPSE)
  }
  /** Who wins between the silent one, cheaper, and another stranger. */
  function winner(scene: Scene): string | undefined {
    const task = scene.offer({ askPrice: null })
    const validUntil = scene.bench.time + 400
    bring(scene.requester, bidOf(scene.bench, one, task, { price: 1, validUntil }))
    bring(scene.requester, bidOf(scene.bench, two, task, { price: 2, validUntil }))
    scene.bench.pass(timers.bidWindowMs)
    return awarded(scene.requester)
  }

  it('MKT-14: a peer that let an award lapse is not asked for 5 s, doubled each time, an hour at most, without cost to its score', () => {
    const scene = new Scene()
    const { requester, bench } = scene
    silence(scene)
    expect(winner(scene)).toBe(two)
    bench.pass(5_000)
    expect(winner(scene)).toBe(one)
    const spans: number[] = []
    for (let strike = 0; strike < 14; strike += 1) {
      bench.pass(3_600_000)
      silence(scene)
      const entry = requester.log.findLast((each) => each.kind === 'cool-down' && each.peer === one)
      if (entry?.kind === 'cool-down') spans.push(entry.until - entry.at)
    }
    expect(spans.slice(0, 3)).toEqual([20_000, 40_000, 80_000])
    expect(spans.at(-1)).toBe(3_600_000)
    expect(requester.engine.standing(one)).toEqual({ settled: 0, faults: 0, quality: 300 })
  })

  it('MKT-14: a cool-down is kept over a restart, and never bars the last candidate', () => {
    const scene = new Scene()
    silence(scene)
    scene.requester.restart()
    expect(winner(scene)).toBe(two)
    const task = scene.offer()
    bring(scene.requester, bidOf(scene.bench, one, task, { price: 1 }))
    expect(awarded(scene.requester)).toBe(one)
  })

  it('MKT-15: a decline replaces the cool-down by the time that the decliner named', () => {
    const scene = new Scene()
    const { requester, bench } = scene
    silence(scene)
    const task = scene.offer({ attempts: 1 })
    bring(requester, bidOf(bench, one, task, { price: 1 }))
    const award = requester.newest('award')
    const link = { at: bench.time, contract: award.id, generation: 1, seq: 1, prev: award.id }
    bring(requester, signAs(one, 'decline', { ...link, code: 'busy', final: false, retryAfterMs: 300 }))
    expect(winner(scene)).toBe(two)
    bench.pass(300)
    expect(winner(scene)).toBe(one)
  })

  it('MKT-17: declined and lapsed awards use up no attempt and rule nobody out, every other end does both', () => {
    const scene = new Scene()
    const { requester, bench, worker } = scene
    const task = scene.offer({ attempts: 1 })
    bring(requester, bidOf(bench, one, task))
    bench.pass(LAPSE)
    bring(requester, bidOf(bench, one, task, { generation: 2 }))
    expect(requester.newest('award').body).toMatchObject({ worker: one, generation: 2 })
    bench.pass(LAPSE)
    expect(requester.task(task)).toMatchObject({ generation: 3, closedAs: null })
    scene.bid(task, VALUE, worker, 3)
    bench.pass(ACK)
    bring(requester, advertOf(bench, one))
    worker.command({ kind: 'withdraw', contract: requester.newest('award').id, reason: 'tired' })
    bench.deliver()
    expect(requester.task(task)).toMatchObject({ generation: 3, closedAs: 'exhausted' })
    expect(requester.events.at(-1)).toMatchObject({ event: 'expired', cause: 'attempts' })
  })

  it('MKT-17: a worker that gave an award back before it was opened may have the task again', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.accepted({ attempts: 1 })
    const { task } = requester.contract(contract)
    const log = [...requester.log]
    bench.part(requester, worker)
    bench.pass(LAPSE + 3 * GRACE)
    expect(worker.all('withdraw')).toHaveLength(1)
    // The requester was away meanwhile, and opened nothing.
    requester.restart(log)
    bench.meet(requester, worker)
    expect(requester.contract(contract).outcome).toMatchObject({ end: 'withdrawn', fault: null })
    expect(requester.task(task)).toMatchObject({ generation: 2, closedAs: null })
    expect(worker.requests.at(-1)).toMatchObject({ kind: 'quote', task, generation: 2 })
    scene.bid(task, VALUE, worker, 2)
    expect(requester.newest('award').body).toMatchObject({ worker: worker.key, generation: 2 })
  })

  it('CON-11: whoever has the task again goes on from what it showed of its chain, or binds nobody', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.accepted({ attempts: 1 })
    const log = [...requester.log]
    bench.part(requester, worker)
    bench.pass(LAPSE + 3 * GRACE)
    requester.restart(log)
    bench.meet(requester, worker)
    bench.loses = () => true
    scene.bid(requester.contract(contract).task, VALUE, worker, 2)
    requester.record(worker.key, worker.newest('bid'))
    const award = requester.newest('award')
    const first = worker.newest('accept')
    const again = (link: { chainSeq: number; chainPrev: RecordId }): string =>
      codeOf(
        requester.record(
          worker.key,
          signAs(worker.key, 'accept', {
            ...{ ...first.body, at: award.body.at, contract: award.id, generation: 2, prev: award.id },
            ...link,
          }),
        ),
      )
    expect(award.body).toMatchObject({ worker: worker.key, generation: 2 })
    expect(again({ chainSeq: first.body.chainSeq + 1, chainPrev: award.id })).toBe('contract/state')
    expect(requester.contract(award.id).state).toBe('awaiting-accept')
    expect(again({ chainSeq: first.body.chainSeq + 1, chainPrev: first.id })).toBe('ok')
  })

  it('MKT-17: a worker whose contract ended otherwise gets this task no second time', () => {
    const scene = new Scene()
    const other = scene.another()
    const contract = scene.opened()
    scene.worker.command({ kind: 'withdraw', contract, reason: 'tired' })
    scene.bench.deliver()
    const { task } = scene.requester.contract(contract)
    const before = scene.requester.all('award').length
    scene.bid(task, 1, scene.worker, 2)
    expect(scene.requester.all('award')).toHaveLength(before)
    scene.bid(task, VALUE, other, 2)
    expect(awarded(scene.requester)).toBe(other.key)
  })
})

function isAward(record: { readonly type: string }): boolean {
  return record.type === 'award'
}

function offerOfTask(scene: Scene, task: RecordId): Terms | undefined {
  return scene.requester.all('offer').find(({ id }) => id === task)?.body.terms
}

function hex(bytes: Uint8Array | undefined): string {
  return [...(bytes ?? [])].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function hashed(bytes: Uint8Array | undefined, times: number): string {
  let current = bytes ?? new Uint8Array()
  for (let n = 0; n < times; n += 1)
    current = Uint8Array.from(payloadHashOf(current).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  return hex(current)
}

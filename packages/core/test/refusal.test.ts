import { bounds, limits, type HaggleRecord, type RecordId } from '@haggle/protocol'
import { refusalCodes, type Answer, type RefusalCode } from '@haggle/core'
import { describe, expect, it } from 'vitest'
import { Bench, mallory, nothing, signAs, strangers } from './bench/bench.ts'
import { bidOf, bring, claimOf, offerOf } from './bench/forge.ts'
import { codeOf, type Hand } from './bench/hand.ts'
import { ASK_AT, PanelBench } from './bench/panel-bench.ts'
import { ACK, DURATION, GRACE, jobAt, result, Scene, SKILL, timers, VALUE } from './bench/scene.ts'
import { requester as awarder, sign } from './contract-case.ts'

const [, author = mallory] = strangers

function market(): { bench: Bench; worker: Hand } {
  const bench = new Bench()
  const worker = bench.hand()
  worker.serve(SKILL)
  return { bench, worker }
}

/** What every entry on top of the accept begins with. */
function afterAccept(
  scene: Scene,
  contract: RecordId,
): { at: number; contract: RecordId; generation: 1; seq: 2; prev: RecordId } {
  return { at: scene.bench.time, contract, generation: 1, seq: 2, prev: scene.worker.newest('accept').id }
}

function delivery(scene: Scene, contract: RecordId, size: number, more = {}): HaggleRecord<'deliver'> {
  return signAs(scene.worker.key, 'deliver', {
    ...afterAccept(scene, contract),
    milestone: 0,
    revision: 0,
    resultHash: result,
    size,
    mediaType: null,
    sealedHash: null,
    keyHash: null,
    ...more,
  })
}

function openAuction(): { scene: Scene; task: RecordId } {
  const scene = new Scene()
  return { scene, task: scene.offer({ askPrice: null }) }
}

/** One way into each refusal; the type makes a code without one a compile error, and the test below one without its way. */
const ways: Readonly<Record<RefusalCode, () => Answer>> = {
  'job/too-many': () => {
    const bench = new Bench()
    const hand = bench.hand()
    for (let n = 0; n < bounds.openTasks; n += 1) hand.command({ kind: 'offer', job: jobAt(bench) })
    return hand.command({ kind: 'offer', job: jobAt(bench) })
  },
  'job/terms': () => {
    const bench = new Bench()
    return bench.hand().command({ kind: 'offer', job: jobAt(bench, { endBy: bench.time }) })
  },
  'job/spent': () => {
    const bench = new Bench()
    const hand = bench.hand()
    for (let n = 0; n <= bounds.closedTasks; n += 1) {
      const offered = hand.command({ kind: 'offer', job: jobAt(bench, { key: `job ${n}` }) })
      if (offered.ok && offered.id !== null) hand.command({ kind: 'cancel', task: offered.id, reason: 'no' })
    }
    return hand.command({ kind: 'offer', job: jobAt(bench, { key: 'job 0' }) })
  },
  'task/unknown': () => new Bench().hand().command({ kind: 'cancel', task: nothing, reason: 'no' }),
  'task/closed': () => {
    const { scene, task } = openAuction()
    scene.requester.command({ kind: 'cancel', task, reason: 'no' })
    return scene.requester.command({ kind: 'cancel', task, reason: 'no' })
  },
  'task/not-ours': () => {
    const { scene, task } = openAuction()
    const { worker, bench } = scene
    return bring(worker, signAs(mallory, 'withdrawal', { at: bench.time, task, reason: 'no' }))
  },
  'offer/expired': () => {
    const { bench, worker } = market()
    return bring(worker, offerOf(bench, author, { expires: bench.time }))
  },
  'offer/withdrawn': () => {
    const { bench, worker } = market()
    const offer = offerOf(bench, author)
    bring(worker, offer)
    bring(worker, signAs(author, 'withdrawal', { at: bench.time, task: offer.id, reason: 'no' }))
    return bring(worker, offer)
  },
  'offer/quota': () => {
    const { bench, worker } = market()
    for (let n = 0; n < bounds.offersPerAuthor; n += 1) bring(worker, offerOf(bench, author))
    return bring(worker, offerOf(bench, author))
  },
  'offer/held': () => {
    const { bench, worker } = market()
    const offer = offerOf(bench, author)
    bring(worker, offer)
    return bring(worker, offer)
  },
  'bid/duplicate': () => {
    const { scene, task } = openAuction()
    scene.bid(task)
    return scene.bid(task)
  },
  'bid/late': () => {
    const { scene, task } = openAuction()
    return bring(scene.requester, bidOf(scene.bench, author, task, { validUntil: scene.bench.time }))
  },
  'bid/too-dear': () => {
    const { scene, task } = openAuction()
    return scene.bid(task, VALUE + 1)
  },
  'bid/generation': () => {
    const { scene, task } = openAuction()
    return scene.bid(task, 1, scene.worker, 2)
  },
  'bid/quota': () => {
    const { scene, task } = openAuction()
    const bid = (n: number): Answer => bring(scene.requester, bidOf(scene.bench, strangers[n] ?? mallory, task))
    for (let n = 0; n < 7; n += 1) bid(n)
    scene.requester.restart()
    for (let n = 7; n < 7 + limits.bidsPerOffer; n += 1) bid(n)
    const full = scene.requester.task(task).bids === limits.bidsPerOffer
    return full ? bid(100) : { ok: true, id: null }
  },
  'bid/own-offer': () => {
    const { scene, task } = openAuction()
    return bring(scene.requester, bidOf(scene.bench, scene.requester.key, task))
  },
  'bid/no-slot': () => {
    const scene = new Scene()
    scene.opened()
    return scene.bid(scene.offer())
  },
  'award/not-bid': () => {
    const scene = new Scene()
    scene.accepted()
    const other = scene.another()
    const { body } = scene.requester.newest('award')
    return bring(other, signAs(scene.requester.key, 'award', { ...body, worker: other.key }))
  },
  'award/terms': () => {
    const scene = new Scene()
    scene.accepted()
    const { body } = scene.requester.newest('award')
    return bring(
      scene.worker,
      signAs(scene.requester.key, 'award', { ...body, reserves: [{ bid: body.bid, worker: null }] }),
    )
  },
  'award/late': () => {
    const scene = new Scene()
    scene.bench.loses = ({ record }) => record?.type === 'award'
    scene.bid(scene.offer())
    scene.bench.time += timers.acceptMs + 4
    return bring(scene.worker, scene.requester.newest('award'))
  },
  'award/known': () => {
    const scene = new Scene()
    scene.accepted()
    return bring(scene.worker, scene.requester.newest('award'))
  },
  'contract/unknown': () => new Bench().hand().command({ kind: 'concede', contract: nothing }),
  'contract/overtaken': () => {
    const scene = new Scene()
    const contract = scene.opened()
    const copied = [...scene.worker.log]
    scene.deliver(contract)
    scene.worker.restart(copied)
    scene.bench.meet(scene.requester, scene.worker)
    return scene.deliver(contract)
  },
  'contract/ended': () => {
    const scene = new Scene()
    return scene.approve(scene.settled())
  },
  'contract/not-yours': () => {
    const scene = new Scene()
    return scene.deliver(scene.opened(), 0, scene.requester)
  },
  'contract/milestone': () => {
    const scene = new Scene()
    return scene.deliver(scene.opened(), 1)
  },
  'contract/state': () => {
    const scene = new Scene()
    return scene.approve(scene.opened())
  },
  'entry/known': () => {
    const scene = new Scene()
    scene.opened()
    return bring(scene.requester, scene.worker.newest('accept'))
  },
  'entry/parked': () => {
    const scene = new Scene()
    const contract = scene.opened()
    return bring(scene.requester, delivery(scene, contract, 1, { prev: nothing }))
  },
  'entry/late': () => {
    const scene = new Scene()
    const contract = scene.opened()
    scene.bench.time += DURATION
    return scene.deliver(contract)
  },
  'entry/full': () => {
    const scene = new Scene()
    const contract = scene.opened()
    for (let size = 0; size < 9; size += 1) bring(scene.requester, delivery(scene, contract, size))
    return bring(scene.requester, delivery(scene, contract, 9))
  },
  'note/known': () => {
    const scene = new Scene()
    scene.opened()
    return bring(scene.worker, scene.requester.newest('opening'))
  },
  'note/late': () => {
    const scene = new Scene()
    scene.bench.loses = ({ record }) => record?.type === 'opening'
    scene.opened()
    scene.bench.time += timers.acceptMs + 3 + 3 * GRACE
    return bring(scene.worker, scene.requester.newest('opening'))
  },
  'note/full': () => {
    const scene = new Scene()
    const contract = scene.opened()
    const note = (n: number): Answer => {
      const at = scene.bench.time - n
      return bring(
        scene.requester,
        signAs(scene.worker.key, 'cancel-req', { at, contract, generation: 1, n: 0, reason: 'no' }),
      )
    }
    // The first heartbeat is a note too.
    for (let n = 1; n < limits.notesPerContract; n += 1) note(n)
    return note(0)
  },
  'ask/early': () => {
    const bench = new PanelBench(1).bound().until(ASK_AT - 1)
    bench.show(awarder, bench.case.tip)
    const early = sign('ask', awarder, { ...bench.case.note(ASK_AT - 1), slot: bench.slot })
    return bench.member(0).record(awarder, early)
  },
  'witness/off': () => {
    const bench = new PanelBench(1)
    bench.member(0).command({ kind: 'witness', maxBytes: null })
    return bench.member(0).record(awarder, bench.case.award)
  },
  'witness/quota': () => {
    const bench = new PanelBench(1)
    bench.busyWith(bounds.watchesPerAuthor)
    return bench.member(0).record(awarder, bench.case.award)
  },
  'lease/fenced': () => {
    const scene = new Scene()
    scene.another()
    const contract = scene.opened()
    scene.bench.loses = ({ from }) => from === scene.worker
    scene.bench.pass(timers.leaseMs)
    return bring(scene.requester, delivery(scene, contract, 1))
  },
  'record/held': () => {
    const { bench, worker } = market()
    return bring(worker, offerOf(bench, author, { at: bench.time + 2 * timers.epsilonMs + 1 }))
  },
  'record/unsupported': () => {
    const { bench, worker } = market()
    const trace = { topic: 'food', key: 'k', value: new Uint8Array(), strength: 1, halfLifeMs: 1, seq: 1 }
    return bring(worker, signAs(author, 'trace', { at: bench.time, ...trace }))
  },
  'record/not-for-us': () => {
    const { bench, worker } = market()
    return bring(worker, offerOf(bench, author, { at: bench.time + 10_000 }))
  },
  'record/old': () => {
    const { bench, worker } = market()
    const more = { seq: 1, ttlMs: 0, skills: [], slots: 0, free: 0, witness: null }
    return bring(worker, signAs(author, 'advert', { at: bench.time, ...more }))
  },
}

describe('refusals', () => {
  it.each(refusalCodes)('%s is given', (code) => {
    expect(codeOf(ways[code]())).toBe(code)
  })

  it('no way leads to a code that the engine does not name', () => {
    expect(Object.keys(ways).toSorted()).toEqual([...refusalCodes].toSorted())
  })
})

describe('what our own application asks for', () => {
  const beyond = [
    { skill: 'Not A Name' },
    { value: -1 },
    { value: 0.5 },
    { endBy: Number.MAX_SAFE_INTEGER },
    { endBy: Number.NaN },
    { bidUntil: 0 },
    { maxBids: limits.bidsPerOffer + 1 },
    { revisions: 17 },
    { timers: { ...timers, deltaMs: -1 } },
  ]
  it.each(beyond)('a job that fits no record or no contract is refused, and the engine goes on: %o', (more) => {
    const scene = new Scene()
    const job = jobAt(scene.bench, more)
    expect(codeOf(scene.requester.command({ kind: 'offer', job }))).toBe('job/terms')
    expect(scene.requester.log).toEqual([])
    expect(scene.settled()).toBeDefined()
  })

  it('more revisions of more milestones than a contract has entries are refused', () => {
    const bench = new Bench()
    const [milestone] = jobAt(bench).milestones
    if (milestone === undefined) throw new Error('a job has a milestone')
    const milestones = Array.from({ length: 10 }, () => ({ ...milestone, valuePermille: 100 }))
    const offer = (revisions: number): string =>
      codeOf(bench.hand().command({ kind: 'offer', job: jobAt(bench, { milestones, revisions }) }))
    expect([offer(11), offer(12)]).toEqual(['ok', 'job/terms'])
  })

  it('terms that leave no room for their award are refused', () => {
    const bench = new Bench()
    const [milestone] = jobAt(bench).milestones
    if (milestone === undefined) throw new Error('a job has a milestone')
    const milestones = Array.from({ length: 8 }, () => ({
      ...milestone,
      valuePermille: 125,
      acceptance: { kind: 'schema', schema: 'x'.repeat(7_900) } as const,
    }))
    expect(codeOf(bench.hand().command({ kind: 'offer', job: jobAt(bench, { milestones }) }))).toBe('job/terms')
  })

  it('a skill, a price, a result, a code or a reason that fits no record is refused and changes nothing', () => {
    const scene = new Scene(2)
    const { worker, requester } = scene
    expect(codeOf(worker.serve('Not A Name'))).toBe('job/terms')
    expect(codeOf(worker.serve(SKILL, 5_000))).toBe('job/terms')
    const contract = scene.opened()
    const task = scene.offer({ askPrice: null })
    expect(codeOf(worker.command({ kind: 'bid', task, generation: 1, price: -1, etaMs: 0, leaseMs: null }))).toBe(
      'job/terms',
    )
    expect(codeOf(worker.command({ kind: 'fail', contract, milestone: 0, code: 'Exit 1', note: '' }))).toBe('job/terms')
    expect(codeOf(worker.command({ kind: 'withdraw', contract, reason: '' }))).toBe('job/terms')
    const size = limits.blobBytes + 1
    const large = { kind: 'deliver', contract, milestone: 0, resultHash: result, size, mediaType: null } as const
    expect(codeOf(worker.command(large))).toBe('job/terms')
    expect(codeOf(requester.command({ kind: 'cancel', task, reason: 'Not A Reason' }))).toBe('job/terms')
    scene.deliver(contract)
    scene.approve(contract)
    expect(worker.contract(contract).outcome?.end).toBe('settled')
  })

  it('a bid keeps to the rules of its claim and its slots', () => {
    const scene = new Scene()
    const task = scene.offer({ mode: 'claim', askPrice: null })
    expect(codeOf(bring(scene.requester, claimOf(scene.bench, author, task)))).toBe('ok')
    scene.bid(task)
    expect(codeOf(scene.bid(scene.offer({ mode: 'claim', askPrice: null })))).toBe('bid/no-slot')
    scene.bench.pass(timers.acceptMs + ACK)
    expect(scene.worker.told('bid')).toBe(1)
  })
})

import { describe, expect, test } from 'vitest'
import { isBound } from '../src/contract/bound.ts'
import { isOpened, partyOf, penHolder, type EntryRecord, type NoteRecord } from '../src/contract/contract.ts'
import {
  Case,
  byHash,
  byRequester,
  bySchema,
  garbageHash,
  requester,
  sign,
  stranger,
  T0,
  worker,
} from './contract-case.ts'

const refusalOf = (c: Case, record: EntryRecord | NoteRecord): string => {
  const step = c.step(record)
  if (step.kind === 'refused') return step.refusal
  return step.kind === 'violation' ? step.violation.code : step.kind
}

describe('the main road', () => {
  test('CON-02: award, accept, deliver and approve settle, and the pen passes with each', () => {
    const c = new Case()
    expect(penHolder(c.contract)).toBe(worker)
    c.put(c.accept())
    expect(c.contract.stage).toMatchObject({ kind: 'working', milestone: 0, revision: 0 })
    c.put(c.deliver())
    expect(penHolder(c.contract)).toBe(requester)
    c.put(c.approve())
    expect(c.contract.stage).toMatchObject({ kind: 'ended', outcome: { end: 'settled', party: null, fault: null } })
    expect(penHolder(c.contract)).toBeNull()
    expect(c.contract.entries.map((entry) => entry.type)).toEqual(['award', 'accept', 'deliver', 'approve'])
  })

  test('an approval of any but the last milestone begins the next one', () => {
    const c = new Case({ milestones: 2 }).bind()
    c.put(c.deliver())
    c.put(c.approve())
    expect(c.contract.stage).toEqual({ kind: 'working', milestone: 1, revision: 0 })
    c.put(c.deliver())
    c.put(c.approve())
    expect(c.contract.stage).toMatchObject({ kind: 'ended', outcome: { end: 'settled' } })
  })

  test('a decline ends the contract and is nobody’s fault', () => {
    const c = new Case()
    c.put(c.decline())
    expect(c.contract.stage).toMatchObject({ kind: 'ended', outcome: { end: 'declined', party: null } })
  })

  test('CON-17: the approval of a failed task ends it as failed, without a fault', () => {
    const c = new Case().bind()
    c.put(c.failed())
    c.put(c.approve())
    expect(c.contract.stage).toMatchObject({ kind: 'ended', outcome: { end: 'failed', party: null } })
  })

  test('CON-18: the rejection of a failed task is a split, even with revisions left and an objective acceptance', () => {
    const c = new Case({ acceptance: byHash, revisions: 3 }).bind()
    c.put(c.failed())
    c.put(c.reject())
    expect(c.contract.stage).toMatchObject({ kind: 'ended', outcome: { end: 'split', party: null } })
  })

  test('handling a record twice is handling it once', () => {
    const c = new Case()
    const accept = c.put(c.accept())
    const opening = c.put(c.opening(accept))
    expect(c.step(accept).kind).toBe('known')
    expect(c.step(opening).kind).toBe('known')
  })
})

describe('who may write what', () => {
  test('CON-01: only the two parties write, in their contract and generation', () => {
    const c = new Case()
    expect(refusalOf(c, c.accept({ author: stranger }))).toBe('role/not-party')
    expect(partyOf(c.contract, stranger)).toBeNull()
    const other = new Case({ revisions: 1 })
    expect(refusalOf(c, other.accept())).toBe('contract/unknown')
    const accept = c.accept()
    expect(refusalOf(c, sign('accept', worker, { ...accept.body, generation: 2 }))).toBe('generation/old')
  })

  test('CON-02: an entry by the party without the pen is refused', () => {
    const c = new Case()
    expect(refusalOf(c, c.accept({ author: requester }))).toBe('pen/not-held')
    c.bind()
    expect(refusalOf(c, c.deliver(undefined, { author: requester }))).toBe('pen/not-held')
    expect(refusalOf(c, c.approve())).toBe('pen/not-held')
  })

  test('CON-04: seq is one more than that of the prev', () => {
    const c = new Case()
    const accept = c.accept()
    expect(refusalOf(c, sign('accept', worker, { ...accept.body, seq: 2 }))).toBe('entry/bad-seq')
  })

  test('CON-05: an entry whose prev is missing is parked, and fits once the gap is closed', () => {
    const c = new Case()
    const accept = c.accept()
    const late = new Case()
    const deliver = c.deliver(undefined, { prev: accept })
    expect(late.step(deliver).kind).toBe('parked')
    late.put(accept)
    expect(late.step(deliver).kind).toBe('added')
  })

  test('an entry that does not follow from its prev is a violation', () => {
    const c = new Case().bind()
    expect(refusalOf(c, c.concede())).toBe('entry/bad-prev')
    expect(refusalOf(c, c.accept())).toBe('entry/bad-prev')
  })

  test('CON-06: an entry names the milestone that is due', () => {
    const c = new Case({ milestones: 2 }).bind()
    expect(refusalOf(c, c.deliver(undefined, { milestone: 1 }))).toBe('entry/bad-milestone')
    c.put(c.deliver())
    expect(refusalOf(c, c.approve({ milestone: 1 }))).toBe('entry/bad-milestone')
  })

  test('CON-07: revisions are counted and end where the terms say', () => {
    const c = new Case({ revisions: 1 }).bind()
    expect(refusalOf(c, c.deliver(undefined, { revision: 1 }))).toBe('entry/bad-revision')
    c.put(c.deliver())
    c.put(c.reject('opinion'))
    expect(c.contract.stage).toMatchObject({ kind: 'rejected', revision: 0 })
    expect(refusalOf(c, c.deliver(undefined, { revision: 0 }))).toBe('entry/bad-revision')
    c.put(c.deliver())
    c.put(c.reject('opinion'))
    expect(c.contract.stage.kind).toBe('ended')
  })

  test('nothing follows the entry that ended the contract', () => {
    const c = new Case()
    c.put(c.decline())
    expect(refusalOf(c, c.accept({ prev: c.tip }))).toBe('contract/ended')
  })

  test('a contract holds a bounded number of notes by each party', () => {
    const c = new Case().bind()
    for (let n = 0; n < 127; n += 1) c.put(c.cancelRequest(worker))
    expect(refusalOf(c, c.cancelRequest(worker))).toBe('note/full')
    expect(c.step(c.cancelRequest(requester)).kind).toBe('added')
  })
})

describe('notes', () => {
  test('CON-08: a note is the word of the right party about a record of the other', () => {
    const c = new Case()
    const accept = c.put(c.accept())
    expect(refusalOf(c, sign('opening', worker, { ...c.note(), accept: accept.id }))).toBe('note/unfounded')
    expect(refusalOf(c, sign('opening', requester, { ...c.note(), accept: c.award.id }))).toBe('note/unfounded')
    expect(refusalOf(c, c.receipt(accept, worker))).toBe('note/unfounded')
    expect(refusalOf(c, sign('fenced', worker, { ...c.note(), reason: 'lapsed', proof: null }))).toBe('note/unfounded')
    const request = c.put(c.cancelRequest(worker))
    expect(refusalOf(c, c.agree(request, worker))).toBe('note/unfounded')
  })

  test('a note that names a record which is not here yet is parked', () => {
    const c = new Case()
    const accept = c.put(c.accept())
    const opening = c.opening(accept)
    expect(c.step(c.heartbeat(opening)).kind).toBe('parked')
    expect(c.step(c.receipt(c.deliver(), requester)).kind).toBe('parked')
  })

  test('CON-48: without a panel its notes are refused by name', () => {
    const c = new Case().bind()
    const challenge = sign('challenge', requester, { ...c.note(), milestone: 0, k: 1 })
    expect(refusalOf(c, challenge)).toBe('record/unsupported')
  })

  test('CON-12: the opening binds the requester, and the worker only once it has signed something that names it', () => {
    const c = new Case()
    const accept = c.put(c.accept())
    expect([isOpened(c.contract), isBound(c.contract)]).toEqual([false, false])
    const opening = c.put(c.opening(accept))
    expect([isOpened(c.contract), isBound(c.contract)]).toEqual([true, false])
    c.put(c.heartbeat(opening))
    expect(isBound(c.contract)).toBe(true)
  })

  test('CON-22: a review that goes out before the opening is the opening too', () => {
    const c = new Case()
    c.put(c.accept())
    c.put(c.deliver())
    expect(isOpened(c.contract)).toBe(false)
    c.put(c.approve())
    expect([isOpened(c.contract), isBound(c.contract)]).toEqual([true, true])
  })

  test('of two openings the one that is dated first counts, whichever came first', () => {
    const c = new Case()
    const accept = c.put(c.accept())
    const first = c.opening(accept)
    const second = c.opening(accept)
    c.put(second)
    c.put(first)
    expect(c.contract.opening?.id).toBe(first.id)
  })
})

describe('withdrawing and cancelling', () => {
  test('CON-16: a withdrawal is a fault of a bound worker and of no other, also when the proof comes later', () => {
    const c = new Case()
    const opening = c.put(c.opening(c.put(c.accept())))
    c.put(c.withdraw())
    expect(c.contract.stage).toMatchObject({ outcome: { end: 'withdrawn', party: null, fault: null } })
    c.put(c.heartbeat(opening))
    expect(c.contract.stage).toMatchObject({ outcome: { end: 'withdrawn', party: worker, fault: 'WITHDRAW' } })
  })

  test('CON-19: a cancel by the pen-holder names the request of the other side', () => {
    const c = new Case().bind()
    const request = c.put(c.cancelRequest(requester))
    const own = c.put(c.cancelRequest(worker))
    expect(refusalOf(c, c.cancel(own.id, worker))).toBe('note/unfounded')
    expect(c.step(c.cancel(c.cancelRequest(requester).id, worker)).kind).toBe('parked')
    c.put(c.cancel(request.id, worker))
    expect(c.contract.stage).toMatchObject({ outcome: { end: 'cancelled', party: null } })
  })

  test('CON-19: a cancel that the pen-holder asked for names the agreement of the other side', () => {
    const c = new Case().bind()
    c.put(c.deliver())
    const request = c.put(c.cancelRequest(requester))
    const agree = c.put(c.agree(request, worker))
    c.put(c.cancel(agree.id, requester))
    expect(c.contract.stage).toMatchObject({ outcome: { end: 'cancelled' } })
  })

  test('CON-19: requests and agreements lapse after `ack`', () => {
    const c = new Case().bind()
    const request = c.put(c.cancelRequest(requester))
    expect(refusalOf(c, c.cancel(request.id, worker, { at: request.body.at + 201 }))).toBe('entry/late')
    expect(c.step(c.cancel(request.id, worker, { at: request.body.at + 200 })).kind).toBe('added')
    c.put(c.deliver())
    const own = c.put(c.cancelRequest(requester))
    c.now += 500
    expect(refusalOf(c, c.agree(own, worker))).toBe('note/late')
  })
})

describe('rejections without a revision left', () => {
  const outcome = (c: Case): unknown =>
    c.contract.stage.kind === 'ended' ? c.contract.stage.outcome : c.contract.stage
  const rejected = (
    init: ConstructorParameters<typeof Case>[0],
    hash?: typeof garbageHash,
    reason?: 'check' | 'missing',
  ): Case => {
    const c = new Case(init).bind()
    c.put(c.deliver(hash))
    c.put(c.reject(reason))
    return c
  }

  test('CON-15: a wrong hash is the worker’s fault at once', () => {
    expect(outcome(rejected({ acceptance: byHash }, garbageHash))).toEqual({
      end: 'breached',
      party: worker,
      fault: 'BAD',
    })
  })

  test('CON-15: the rejection of the right hash is the requester’s fault, unless its bytes did not come', () => {
    const { acceptance } = { acceptance: byHash }
    expect(outcome(rejected({ acceptance }))).toEqual({ end: 'breached', party: requester, fault: 'FALSE_REJECT' })
    expect(outcome(rejected({ acceptance }, undefined, 'missing'))).toEqual({
      end: 'undecided',
      party: null,
      fault: null,
    })
  })

  test('CON-15: under a schema the claim stands until the check is run again', () => {
    const c = rejected({ acceptance: bySchema }, garbageHash)
    expect(c.contract.stage).toMatchObject({ outcome: { end: 'breached', party: worker, fault: 'BAD' } })
    expect(c.contract.stage.kind === 'ended' && c.contract.stage.recheck?.body.resultHash).toBe(garbageHash)
  })

  test('CON-15: a subjective rejection is a split', () => {
    expect(outcome(rejected({ acceptance: byRequester }))).toEqual({ end: 'split', party: null, fault: null })
  })

  test('a worker that concedes a rejection is at fault by its own signature', () => {
    const c = new Case({ revisions: 1 }).bind()
    c.put(c.deliver())
    c.put(c.reject('opinion'))
    c.put(c.concede())
    expect(outcome(c)).toEqual({ end: 'breached', party: worker, fault: 'CONCEDE' })
  })
})

describe('timeouts', () => {
  test('CON-24: the waiting party writes a timeout, naming duty and slot, and takes the pen', () => {
    const c = new Case().bind()
    expect(refusalOf(c, c.timeout(worker, 'delivery'))).toBe('pen/not-held')
    expect(refusalOf(c, c.timeout(requester, 'review'))).toBe('entry/bad-prev')
    const timeout = c.put(c.timeout(requester, 'delivery'))
    expect(c.contract.stage).toMatchObject({
      kind: 'timed-out',
      duty: 'delivery',
      late: null,
      timeout: { id: timeout.id },
    })
    expect(penHolder(c.contract)).toBe(requester)
  })

  test('CON-24: a timeout dated before any possible due and its grace takes nothing', () => {
    const c = new Case().bind()
    const due = T0 + 10_000 + 150
    expect(refusalOf(c, c.timeout(requester, 'delivery', { at: due - 1 }))).toBe('pen/not-held')
    expect(c.step(c.timeout(requester, 'delivery', { at: due })).kind).toBe('added')
  })

  test('CON-24: a late entry of the old holder stands beside the timeout, and beats it once the waiting party links to it', () => {
    const c = new Case().bind()
    const slot = c.tip
    c.put(c.timeout(requester, 'delivery'))
    const late = sign('deliver', worker, {
      ...c.link({ prev: slot }),
      milestone: 0,
      revision: 0,
      resultHash: garbageHash,
      size: 2,
      mediaType: null,
      sealedHash: null,
      keyHash: null,
    })
    c.put(late)
    expect(c.contract.stage).toMatchObject({ kind: 'timed-out', late: { id: late.id } })
    expect(c.contract.forks).toEqual([])
    c.put(sign('approve', requester, { ...c.link({ prev: late }), milestone: 0 }))
    expect(c.contract.stage).toMatchObject({ kind: 'ended', outcome: { end: 'settled' } })
    expect(c.contract.entries.map((entry) => entry.type)).toEqual(['award', 'accept', 'deliver', 'approve'])
  })

  test('a review clock and a rework clock can run out too', () => {
    const c = new Case({ revisions: 1 }).bind()
    c.put(c.deliver())
    expect(c.step(c.timeout(worker, 'review')).kind).toBe('added')
    c.put(c.reject('opinion'))
    expect(c.step(c.timeout(requester, 'rework')).kind).toBe('added')
  })
})

describe('forks', () => {
  test('CON-03: two entries by one author on one prev void the contract, and both are kept', () => {
    const c = new Case().bind()
    const slot = c.tip
    const first = c.put(c.deliver())
    c.put(c.failed({ prev: slot }))
    expect(c.contract.stage).toMatchObject({ kind: 'ended', outcome: { end: 'void', party: worker, fault: 'FORK' } })
    expect(c.contract.forks).toHaveLength(1)
    expect(c.contract.nodes.has(first.id)).toBe(true)
  })

  test('CON-14: the highest end of all branches counts: an approval stays above the fork', () => {
    const c = new Case().bind()
    c.put(c.deliver())
    const approve = c.approve()
    const reject = c.reject('opinion', { prev: c.tip })
    c.put(reject)
    expect(c.contract.stage).toMatchObject({ outcome: { end: 'split' } })
    c.put(approve)
    expect(c.contract.stage).toMatchObject({ outcome: { end: 'settled', party: null } })
    expect(c.contract.forks).toHaveLength(1)
  })

  test('CON-14: Void stands above every end that no party signed against itself', () => {
    const declined = new Case()
    const accept = declined.accept({ prev: declined.award })
    declined.put(declined.decline())
    declined.put(accept)
    const split = new Case().bind()
    split.put(split.deliver())
    const second = split.reject('missing')
    split.put(split.reject('opinion'))
    split.put(second)
    for (const { contract } of [declined, split]) expect(contract.stage).toMatchObject({ outcome: { end: 'void' } })
  })

  test('a fork is kept as evidence in bounded number', () => {
    const c = new Case().bind()
    const slot = c.tip
    for (let n = 0; n <= 8; n += 1) c.put(c.withdraw({ prev: slot }))
    expect(refusalOf(c, c.withdraw({ prev: slot }))).toBe('entry/full')
  })
})

import type { HaggleRecord, RecordType } from '@haggle/protocol'
import { describe, expect, it } from 'vitest'
import type { Hand } from './bench/hand.ts'
import { codeOf } from './bench/hand.ts'
import { ACK, GRACE, Scene, timers } from './bench/scene.ts'

/** A contract of which the result is there before it is opened. */
class Early extends Scene {
  readonly contract: HaggleRecord['id']

  constructor(stakeWorker = 1_000_000) {
    super()
    this.contract = this.accepted({ stakeWorker })
    this.deliver(this.contract)
  }

  reject(): string {
    const answer = this.requester.command({
      ...{ kind: 'reject', contract: this.contract, milestone: 0, reason: 'opinion', note: 'no' },
    })
    this.bench.deliver()
    return codeOf(answer)
  }
}

function wrote(hand: Hand): readonly RecordType[] {
  const types: readonly RecordType[] = ['opening', 'approve', 'reject', 'closing']
  return hand.log.flatMap((entry) =>
    entry.kind === 'record' && entry.record.author === hand.key && types.includes(entry.record.type)
      ? [entry.record.type]
      : [],
  )
}

describe('a result that comes before the opening', () => {
  it('REP-20: is rejected after the opening, since the worker answers for it with its stake', () => {
    const early = new Early()
    expect(early.reject()).toBe('ok')
    expect(wrote(early.requester)).toEqual([])
    early.bench.pass(ACK)
    expect(wrote(early.requester).slice(0, 2)).toEqual(['opening', 'reject'])
  })

  it('CON-22: is approved at once, and that is the opening too', () => {
    const early = new Early()
    early.approve(early.contract)
    expect(wrote(early.requester)).toEqual(['approve', 'closing'])
  })

  it('CON-22: is rejected at once where the worker has nothing at stake', () => {
    const early = new Early(0)
    early.reject()
    expect(wrote(early.requester)[0]).toBe('reject')
  })

  it('REP-20: may still be approved by whoever rejected it before the opening', () => {
    const early = new Early()
    early.reject()
    early.approve(early.contract)
    early.bench.pass(timers.acceptMs + GRACE + ACK)
    expect(wrote(early.requester)).toEqual(['approve', 'closing'])
  })

  it('REP-20: is rejected after the opening by a requester that was started again meanwhile', () => {
    const early = new Early()
    early.bench.part(early.requester, early.worker)
    early.requester.restart()
    early.bench.meet(early.requester, early.worker)
    expect(early.reject()).toBe('ok')
    expect(wrote(early.requester)).toEqual([])
    early.bench.pass(ACK)
    expect(wrote(early.requester).slice(0, 2)).toEqual(['opening', 'reject'])
  })

  it('REP-20: binds nobody if it is rejected by a requester that was away until its award had run out', () => {
    const early = new Early()
    early.bench.part(early.requester, early.worker)
    early.bench.time += timers.acceptMs + GRACE + 10
    early.requester.restart()
    early.bench.meet(early.requester, early.worker)
    early.reject()
    early.bench.pass(ACK)
    expect(wrote(early.requester)).toEqual(['closing'])
    expect(early.requester.contract(early.contract).outcome).toMatchObject({ end: 'lapsed', party: null })
  })
})

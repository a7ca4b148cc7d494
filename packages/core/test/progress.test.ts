import { describe, expect, it } from 'vitest'
import type { AppRequest } from '@haggle/core'
import type { RecordId } from '@haggle/protocol'
import type { Hand } from './bench/hand.ts'
import { ACK, Scene } from './bench/scene.ts'

type Progress = Extract<AppRequest, { readonly kind: 'progress' }>

function heard(hand: Hand): readonly Progress[] {
  return hand.requests.filter((request): request is Progress => request.kind === 'progress')
}
function said(hand: Hand): number {
  return hand.frames.filter(({ frame }) => frame.kind === 'progress').length
}
function say(scene: Scene, contract: RecordId, permille: number, note: string | null = null) {
  const answer = scene.worker.command({ kind: 'progress', contract, permille, note })
  scene.bench.deliver()
  return answer
}

describe('progress', () => {
  it('MKT-28: reaches the requester, which stores nothing of it', () => {
    const scene = new Scene()
    const contract = scene.opened()
    const before = scene.requester.log.length
    expect(say(scene, contract, 500, 'half')).toMatchObject({ ok: true })
    expect(heard(scene.requester)).toMatchObject([{ contract, generation: 1, permille: 500, note: 'half' }])
    expect(scene.requester.log.length).toBe(before)
  })

  it('MKT-28: goes out at most once a second, and only the newest', () => {
    const scene = new Scene()
    const contract = scene.opened()
    for (let permille = 1; permille <= 100; permille += 1) say(scene, contract, permille)
    expect(said(scene.worker)).toBe(1)
    scene.bench.pass(999)
    expect(said(scene.worker)).toBe(1)
    scene.bench.pass(1)
    expect(heard(scene.requester).map(({ permille }) => permille)).toEqual([1, 100])
    scene.bench.pass(3_000)
    expect(said(scene.worker)).toBe(2)
  })

  it('MKT-28: a flood of it is heard twice a second, and renews no lease', () => {
    const scene = new Scene()
    const contract = scene.opened()
    const leased = scene.requester.frames.filter(({ frame }) => frame.kind === 'heartbeat-ack').length
    for (let n = 0; n < 50; n += 1) {
      const frame = { kind: 'progress', contract, generation: 1, permille: n, note: null } as const
      scene.requester.frame(scene.worker.key, frame)
    }
    expect(heard(scene.requester).map(({ permille }) => permille)).toEqual([0])
    expect(scene.requester.frames.filter(({ frame }) => frame.kind === 'heartbeat-ack')).toHaveLength(leased)
  })

  it('MKT-28: a note moves no cursor and is cut to 256 bytes', () => {
    const scene = new Scene()
    const contract = scene.opened()
    const frame = { kind: 'progress', contract, generation: 1, permille: 1 } as const
    scene.requester.frame(scene.worker.key, { ...frame, note: 'a\u001b[2Jb\u202Ec\nd' })
    expect(heard(scene.requester)[0]?.note).toBe('a\uFFFD[2Jb\uFFFDc\uFFFDd')
    scene.bench.pass(2_000)
    say(scene, contract, 2, 'ü'.repeat(300))
    expect(heard(scene.requester)[1]?.note).toBe('ü'.repeat(128))
  })

  it('MKT-28: counts from the worker of a contract under work only', () => {
    const scene = new Scene()
    const other = scene.another()
    const contract = scene.opened()
    const frame = { kind: 'progress', contract, generation: 1, permille: 1, note: null } as const
    scene.requester.frame(other.key, frame)
    scene.requester.frame(scene.worker.key, { ...frame, generation: 2 })
    scene.worker.frame(scene.requester.key, frame)
    expect(heard(scene.requester)).toEqual([])
    expect(heard(scene.worker)).toEqual([])
    expect(scene.requester.command({ kind: 'progress', contract, permille: 1, note: null })).toMatchObject({
      refusal: 'contract/not-yours',
    })
    say(scene, contract, 1)
    say(scene, contract, 2)
    scene.deliver(contract)
    scene.bench.pass(ACK)
    expect(said(scene.worker)).toBe(1)
    expect(say(scene, contract, 3)).toMatchObject({ refusal: 'contract/state' })
    scene.approve(contract)
    expect(say(scene, contract, 3)).toMatchObject({ refusal: 'contract/ended' })
  })
})

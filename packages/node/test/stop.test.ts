import { describe, expect, it } from 'vitest'
import { Stop } from '../src/stop.ts'

const why = new Error('of no use any more')

describe('the stop of a run', () => {
  it('rejects what is waited for, whether the work listens or not', async () => {
    const stop = new Stop()
    const waited = stop.unless(() => new Promise<never>(() => {}))
    stop.stop(why)
    await expect(waited).rejects.toBe(why)
    expect(stop.reason).toBe(why)
  })

  it('aborts the signal of who asked for it before, and gives who asks later one that is aborted', () => {
    const [early, late] = [new Stop(), new Stop()]
    const { signal } = early
    expect(signal.aborted).toBe(false)
    early.stop(why)
    late.stop(why)
    expect([signal, early.signal, late.signal].map((each) => each.reason)).toEqual([why, why, why])
    expect(early.signal).toBe(signal)
  })

  it('keeps its first reason, and lets work end that ends before', async () => {
    const stop = new Stop()
    const waited = stop.unless(() => Promise.resolve('done'))
    await expect(waited).resolves.toBe('done')
    stop.stop(why)
    stop.stop(new Error('another'))
    expect(stop.reason).toBe(why)
    await expect(stop.unless(() => Promise.resolve('done'))).rejects.toBe(why)
  })
})

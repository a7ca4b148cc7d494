import { describe, expect, test } from 'vitest'
import { Agenda } from '../src/world/agenda.ts'
import { EPOCH_MS, NodeClock, Oscillator } from '../src/world/node-clock.ts'
import { Time } from '../src/world/time.ts'
import { stream } from '../src/random.ts'

describe('the agenda', () => {
  test('gives things back in order of time, and of one moment in the order in which they came', () => {
    const random = stream(1n, 'agenda')
    const agenda = new Agenda()
    const out: [number, number][] = []
    for (let number = 0; number < 2_000; number += 1) {
      const at = random.below(200)
      const due = agenda.put(at, () => out.push([at, number]))
      if (random.permille(200)) agenda.callOff(due)
    }
    const size = agenda.size
    for (let run = agenda.take(); run !== undefined; run = agenda.take()) run()
    expect(out).toHaveLength(size)
    expect(out).toEqual(out.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]))
    expect(agenda.size).toBe(0)
  })
})

describe('time', () => {
  test('does not move while a promise of a moment is still to be kept', async () => {
    const time = new Time()
    const seen: number[] = []
    time.after(10, () => {
      void (async () => {
        for (let hop = 0; hop < 50; hop += 1) await Promise.resolve()
        seen.push(time.now)
      })()
    })
    time.after(20, () => seen.push(time.now))
    await time.pass(30)
    expect(seen).toEqual([10, 20])
    expect(time.now).toBe(30)
  })

  test('rejects with what happened in it', async () => {
    const time = new Time()
    time.after(1, () => {
      throw new Error('fire')
    })
    await expect(time.pass(10)).rejects.toThrow('fire')
  })

  test('ends as soon as it is enough', async () => {
    const time = new Time()
    for (let at = 1; at <= 9; at += 1) time.at(at, () => {})
    await time.pass(100, () => time.now >= 4)
    expect(time.now).toBe(4)
  })
})

describe('the clock of an agent', () => {
  test('runs fast or slow by its drift, and an alarm never comes early', async () => {
    for (const ppm of [-20_000, -1, 0, 50, 20_000]) {
      const time = new Time()
      const hardware = new Oscillator(time, 0, ppm)
      const clock = new NodeClock(time, hardware, 5_000)
      const late: number[] = []
      for (let at = 5_001; at < 5_400; at += 7) clock.alarm(at, () => late.push(clock.mono() - at))
      await time.pass(1_000_000)
      expect(late).toHaveLength(57)
      expect(Math.min(...late)).toBe(0)
      expect(Math.max(...late)).toBe(0)
      expect(clock.wall() - EPOCH_MS).toBe(1_000 + Math.floor(ppm / 1_000))
    }
  })

  test('an alarm that was set before the clock was slowed down still does not come early', async () => {
    const time = new Time()
    const hardware = new Oscillator(time, 0, 0)
    const clock = new NodeClock(time, hardware, 0)
    let rang = -1
    clock.alarm(100, () => (rang = clock.mono()))
    await time.pass(50_000)
    hardware.drift(-100_000)
    await time.pass(100_000)
    expect(rang).toBe(-1)
    await time.pass(200_000)
    expect(rang).toBe(100)
  })

  test('a step moves the wall clock and never the monotonic one; mending makes it right', async () => {
    const time = new Time()
    const hardware = new Oscillator(time, 30, 100)
    const clock = new NodeClock(time, hardware, 0)
    await time.pass(1_000_000)
    const mono = clock.mono()
    hardware.step(-5_000)
    expect(clock.mono()).toBe(mono)
    hardware.mend()
    expect(clock.wall()).toBe(EPOCH_MS + 1_000)
  })

  test('a process that is gone is woken by nothing', async () => {
    const time = new Time()
    const clock = new NodeClock(time, new Oscillator(time, 0, 0), 0)
    let woken = 0
    clock.alarm(1, () => (woken += 1))
    clock.end()
    clock.alarm(2, () => (woken += 1))
    await time.pass(10_000)
    expect(woken).toBe(0)
    expect(clock.armed).toBe(0)
  })
})

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { itemsOf } from './fuzz/cbor-items.ts'
import { fuzzOnce, fuzzTarget } from './fuzz/fuzz.ts'
import { parseOptions } from './fuzz/options.ts'
import { Random } from './fuzz/random.ts'
import { mustHold, type Run, type Target } from './fuzz/target.ts'
import { targets } from './fuzz/targets/index.ts'

// Another seed each time: what it finds is replayed with the seed that the failure names.
const seed = Math.floor(Math.random() * 2 ** 32)

describe('a little of the fuzzing', () => {
  test.each(targets.map((target) => [target.name, target] as const))('%s bears it', async (name, target) => {
    const count = ['driver-direct', 'driver-gossip', 'task-files', 'signatures'].includes(name) ? 300 : 1_500
    const { failure } = await fuzzTarget(target, { seed, count })
    const how = `npm run test:fuzz -- --target ${name} --seed ${seed} --count ${count}`
    expect(failure === null ? 'held' : `${failure.error.message}; ${how}`).toBe('held')
  })
})

describe('the fuzzer', () => {
  const listening = (fuzz: Run['fuzz']): Target => ({
    name: 'planted',
    about: 'a defect',
    open: () => ({ keepsState: false, input: (random) => random.bytes(random.below(4)), fuzz }),
  })

  test('finds what was planted, says with which bytes, and finds it again by them', async () => {
    const target = listening(([first]) => {
      mustHold(first !== 0x2a, 'forty-two breaks it')
      return 'held'
    })
    const { failure, count } = await fuzzTarget(target, { seed, count: 100_000 })
    expect(failure?.bytes[0]).toBe(0x2a)
    expect(failure?.error.message).toBe('forty-two breaks it')
    expect(failure?.at).toBeLessThan(count)
    const again = await fuzzOnce(target, failure?.bytes ?? new Uint8Array())
    expect(again).toMatchObject({ error: { message: 'forty-two breaks it' } })
    expect(await fuzzOnce(target, Uint8Array.of(1))).toBe('held')
  })

  test('makes the same inputs of the same seed, and others of another', async () => {
    const inputsOf = async (one: number): Promise<string[]> => {
      const heard: string[] = []
      const target = listening((bytes) => {
        heard.push(Buffer.from(bytes).toString('hex'))
        return 'held'
      })
      await fuzzTarget(target, { seed: one, count: 500 })
      return heard
    }
    expect(await inputsOf(7)).toEqual(await inputsOf(7))
    expect(await inputsOf(7)).not.toEqual(await inputsOf(8))
    expect(new Random(7, 'a', 1).next()).not.toBe(new Random(7, 'a', 2).next())
  })

  test('sees the items of CBOR, and no more of them than the bytes hold', () => {
    // [1, "ab", [h'00']] and a list that claims a thousand items.
    const whole = Uint8Array.from([0x83, 1, 0x62, 0x61, 0x62, 0x81, 0x41, 0])
    expect(itemsOf(whole).map(({ start, end }) => [start, end])).toEqual([
      [0, 8],
      [1, 2],
      [2, 5],
      [5, 8],
      [6, 8],
    ])
    expect(itemsOf(Uint8Array.from([0x99, 3, 232, 1, 2]))).toHaveLength(3)
  })

  test('refuses a command line that it cannot carry out, with the way out', async () => {
    for (const args of [['--target', 'nothing'], ['--count', '0'], ['--seed', '-1'], ['--hex', '0g'], ['--faster']]) {
      expect(() => parseOptions(args, ['gate'])).toThrow(/--|there is no target/)
    }
    const main = fileURLToPath(new URL('fuzz/main.ts', import.meta.url))
    const hook = fileURLToPath(new URL('support/typescript.mjs', import.meta.url))
    const ended = promisify(execFile)(process.execPath, ['--import', hook, main, '--target', 'nothing'])
    await expect(ended).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('--help') as string })
  })
})

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { scenarioOf, type Plan } from '@haggle/simulator'
import { describe, expect, test } from 'vitest'
import type { Session } from '../src/cli/session.ts'
import { runOneWorld } from '../src/sim/one-world.ts'

const BIN = fileURLToPath(new URL('../bin/haggle.js', import.meta.url))

/** What the command says of a failing batch, as far as it is looked at. */
interface Told {
  readonly failed: readonly { readonly findings: readonly { readonly invariant: string }[] }[]
  readonly smaller: { readonly plan: Plan } | null
}

/** Runs one seed against a product with a bug planted in it, as it is built. */
function planted(mutant: string, seed: number): Promise<{ readonly code: number; readonly told: Told }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, 'sim', '--mutant', mutant, '--seed', `${seed}`, '--json'], (error, stdout) => {
      // It is what `haggle sim --json` prints, and each field is looked at.
      resolve({ code: Number(error?.code ?? 0), told: JSON.parse(stdout) as Told })
    })
  })
}

/** A session whose user interrupts it when something is said on stderr, or says so before. */
class Listener implements Session {
  readonly cwd = '/'
  readonly tty = { stdin: false, stdout: false, stderr: true }
  readonly color = false
  readonly killed = new AbortController().signal
  readonly unread = new AbortController().signal
  readonly onNote: (listener: Listener) => void
  readonly #interrupts = new AbortController()
  out = ''

  constructor(onNote: (listener: Listener) => void = () => {}) {
    this.onNote = onNote
  }

  get interrupted(): AbortSignal {
    return this.#interrupts.signal
  }

  interrupt(name: 'SIGINT' | 'SIGTERM'): void {
    this.#interrupts.abort(name)
  }

  async *input(): AsyncGenerator<Uint8Array, void, undefined> {}

  async write(chunk: Uint8Array | string): Promise<void> {
    this.out += String(chunk)
  }

  note(): void {
    this.onNote(this)
  }
}

const drawn = scenarioOf('swarm').draw(4n, 2)
const request = (plan: Plan, json = false): Parameters<typeof runOneWorld>[0] => {
  return { kind: 'one', plan, mutant: null, again: 'haggle sim --seed 4', json }
}
/** Nobody can make a contract over such links: this Plan breaks a promise whatever the product does. */
const farApart: Plan = { ...drawn, faults: [], work: [], weather: { ...drawn.weather, delayUs: 60_000_000 } }

describe('one world', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'that is ended by %s tells what it saw until then, and nothing about its promises',
    async (name, code) => {
      const session = new Listener()
      setImmediate(() => session.interrupt(name))
      expect(await runOneWorld(request(scenarioOf('swarm').draw(4n, 40)), session)).toBe(code)
      expect(session.out).toMatch(/^ended early: swarm 4: 40 agents, .* events in .* s of their time\ntrace \w+\n$/)
    },
  )

  test('that was ended early says so in JSON', async () => {
    const session = new Listener()
    session.interrupt('SIGINT')
    expect(await runOneWorld(request(drawn, true), session)).toBe(130)
    expect(JSON.parse(session.out)).toMatchObject({ partial: true, findings: [], smaller: null, seed: '4' })
  })

  test('that fails is told though making it smaller is interrupted', async () => {
    const session = new Listener((listener) => listener.interrupt('SIGINT'))
    expect(await runOneWorld(request(farApart), session)).toBe(130)
    expect(session.out).toContain('seed 4 breaks L10')
    expect(session.out).toMatch(
      /smaller: 0 faults and 0 deeds among 2 agents\n {2}again: haggle sim --plan .*plan\.json/,
    )
    expect(session.out).not.toContain('ended early')
  })

  test('that fails exits 1, and one that does not 0', async () => {
    expect(await runOneWorld(request(farApart), new Listener())).toBe(1)
    const session = new Listener()
    expect(await runOneWorld(request(drawn), session)).toBe(0)
    expect(session.out).toContain('no promise was broken')
  })
})

describe('somebody who breaks a rule of the product by hand', () => {
  test.each([
    ['send-before-persist', 1, 'S15'],
    ['generation-not-checked', 82, 'S1'],
    ['pen-not-checked', 176, 'S1'],
  ])(
    '(%s) is shown the promise that breaks, and a Plan of few events among few agents',
    async (mutant, seed, id) => {
      const { code, told } = await planted(mutant, seed)
      expect(code).toBe(1)
      expect(told.failed[0]?.findings[0]?.invariant).toBe(id)
      const { faults = [], work = [], agents = [] } = told.smaller?.plan ?? {}
      expect(agents.length).toBeGreaterThan(0)
      expect(agents.length).toBeLessThanOrEqual(4)
      expect(faults.length + work.length).toBeLessThanOrEqual(12)
    },
    60_000,
  )
})

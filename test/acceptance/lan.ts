import { existsSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { largestIsWorst } from './support/figure.ts'
import type { AcceptanceLine } from './support/line.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CONFIG = 'test/lan/vitest.config.ts'
/** The suite closes with this line. */
const CLOSING = /^(\d+) passed, (\d+) failed$/

/** Hosts in network namespaces of their own: what the suite of the LAN checks, and how long it took. */
export const line: AcceptanceLine = {
  name: 'lan',
  target:
    'three hosts, mDNS only: hire on one is served on another, a late joiner wins a task, and a 20 s cut ends alike on both sides',
  async run({ progress }) {
    if (!existsSync(`${ROOT}/${CONFIG}`)) return { passed: false, figures: [], notes: [`there is no ${CONFIG}.`] }
    const began = performance.now()
    const { code, said } = await suite(progress)
    const closing = said.map((text) => CLOSING.exec(text)).findLast((match) => match !== null)
    const [, passed = '0', failed = '0'] = closing ?? []
    const figures = [
      largestIsWorst('scenarios that passed', 'scenarios', [Number(passed)]),
      largestIsWorst('scenarios that failed', 'scenarios', [Number(failed)]),
      largestIsWorst('the whole suite', 'ms', [performance.now() - began]),
    ]
    // A suite that this machine cannot run passes nothing, and says why.
    const skipped = said.filter((text) => text.startsWith('skipped: '))
    const notes = code === 0 ? skipped : [...skipped, ...said.slice(-40)]
    return { passed: code === 0 && Number(passed) > 0 && Number(failed) === 0, figures, notes }
  },
}

async function suite(progress: (text: string) => void): Promise<{ readonly code: number; readonly said: string[] }> {
  const child = spawn('npx', ['vitest', 'run', '--config', CONFIG], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: string[] = []
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
  for await (const text of createInterface({ input: child.stdout })) {
    said.push(text)
    if (text.trim() !== '') progress(text)
  }
  return { code: await ended, said }
}

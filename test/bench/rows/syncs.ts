import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { closePair, hireAll, openPair, SKILL, TERMS, type Bench, type Pair } from '../support/bench.ts'
import { row, type Line } from '../support/row.ts'

const GROUP = 'syncs'
/** Claim, award, accept, delivery, approval: the offer's and the closings' are not among them. */
const WRITES = 5
const IN_FLIGHT = 100

interface Stretch {
  readonly count: number
  readonly fromMs: number
  readonly toMs: number
  /** Durable commits of both, and those of offers and closings alone, per contract. */
  readonly durable: number
  readonly apart: number
}

/** How often both processes of a contract wait for the disk: every fsync and fdatasync, as the kernel was asked for them. */
export async function syncs(bench: Bench): Promise<readonly Line[]> {
  if (spawnSync('strace', ['-V']).status !== 0) return [{ group: GROUP, skipped: 'strace is not installed' }]
  const directory = await bench.directory()
  const trace = (role: string): string => join(directory, `${role}.strace`)
  const strace = ['strace', '-f', '--seccomp-bpf', '-ttt', '-e', 'trace=fdatasync,fsync', '-o']
  const pair = await openPair(bench, { open: { count: true }, under: (role) => [...strace, trace(role)] })
  const idle = await stretch(pair, bench.size(100, 20), 1)
  const busy = await stretch(pair, bench.size(1_000, 200), IN_FLIGHT)
  await closePair(pair)
  const times = [...(await syncTimes(trace('requester'))), ...(await syncTimes(trace('worker')))]
  return [...lines(idle, times, 'idle', 1.2), ...lines(busy, times, '100 in flight', 0.3)]
}

/** Everything that was asked of the disk; then the same without what only the offer and the closings asked for. */
function lines(of: Stretch, times: readonly number[], when: string, atMost: number): readonly Line[] {
  const all = times.filter((at) => at >= of.fromMs && at <= of.toMs).length / of.count
  const [durable, rest] = [of.durable, all - of.durable].map((each) => each.toFixed(2))
  const base = { group: GROUP, unit: '', floor: WRITES, target: { of: 'ratio', atMost } } as const
  const name = `fsync and fdatasync per contract / ${WRITES}, ${when}`
  return [
    row({ ...base, name, observed: all, note: `${durable} by the journals, ${rest} for payloads and else` }),
    row({ ...base, name: `${name}, the offer's and the closings' own apart`, observed: all - of.apart }),
  ]
}

async function stretch(pair: Pair, count: number, inFlight: number): Promise<Stretch> {
  const { requester } = pair
  const until = inFlight === 1 ? 'closed' : 'settled'
  const before = await durables(pair)
  const { wallMs: fromMs } = await requester.call('usage', { collect: false })
  await hireAll(requester, { agent: 'requester', skill: SKILL, count, inFlight, terms: TERMS, until })
  const { wallMs: toMs } = await requester.call('usage', { collect: false })
  const after = await durables(pair)
  const each = (pick: 'durable' | 'apart'): number => (after[pick] - before[pick]) / count
  return { count, fromMs, toMs, durable: each('durable'), apart: each('apart') }
}

async function durables({ requester, worker }: Pair): Promise<{ readonly durable: number; readonly apart: number }> {
  const asked = await requester.call('counted', { agent: 'requester' })
  const worked = await worker.call('counted', { agent: 'worker' })
  return { durable: asked.durable + worked.durable, apart: asked.apart + worked.apart }
}

/** When each call began, in wall milliseconds. */
async function syncTimes(file: string): Promise<readonly number[]> {
  const text = await readFile(file, 'utf8')
  return [...text.matchAll(/^\d+\s+(\d+\.\d+) f(?:data)?sync\(/gm)].map(([, seconds]) => Number(seconds) * 1_000)
}

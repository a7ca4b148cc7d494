import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { passing } from '../../process/support/limit.ts'
import { openPair, TERMS, type Bench, type Pair, type Party } from '../support/bench.ts'
import { rssOf, startHaggle, startReady, type Ready } from '../support/command.ts'
import { row, type Line } from '../support/row.ts'
import { median } from '../support/stats.ts'
import { load } from './throughput.ts'

const MIB = 1_048_576
/** A process that was just started still holds what it needed for that; V8 gives it back in the first minute or so of rest. */
const STARTED_MS = 3_000
const IDLE_MS = 90_000
/** Longer than gossip hands out messages again, and than counters wait for more of a task that is quiet. */
const GOSSIP_MS = 10_000
/** Contracts that are begun together. */
const STEP = 20

/** What an agent holds in memory that has nothing to do, beside a process that only starts the packages it depends on. */
export async function idle(bench: Bench): Promise<readonly Line[]> {
  // At the same time, each in a network of its own: it takes long, and whoever rests disturbs nobody.
  const rounds = await Promise.all(Array.from({ length: bench.init.rounds }, (_, round) => idleRound(bench, round)))
  const bare = median(rounds.map((each) => each.bare.rested))
  const agent = median(rounds.map((each) => each.agent.rested))
  const started = median(rounds.map((each) => each.agent.started - each.bare.started))
  return [
    row({
      ...{ group: 'idle', name: 'idle RSS over the bare dependency set', unit: 'MiB', observed: agent - bare },
      target: { of: 'observed', atMost: 15 },
      rounds: rounds.map((each) => each.agent.rested - each.bare.rested),
      note: `after ${IDLE_MS / 1_000} s: haggle up ${agent.toFixed(0)}, bare ${bare.toFixed(0)} (libp2p with its modules, LevelDB, commander); the difference after ${STARTED_MS / 1_000} s is ${started.toFixed(1)}`,
    }),
  ]
}

interface Rss {
  readonly started: number
  readonly rested: number
}

async function idleRound(bench: Bench, round: number): Promise<{ readonly agent: Rss; readonly bare: Rss }> {
  const home = await bench.directory()
  const flags = ['--json', '--as', 'idle', '--network', `bench-${round}`]
  const [agent, bare] = await Promise.all([
    settledRss(startHaggle(bench, home, ['up', ...flags])),
    settledRss(startReady(home, [bench.init.script('dependencies'), home])),
  ])
  return { agent, bare }
}

async function settledRss(starting: Promise<Ready>): Promise<Rss> {
  const ready = await starting
  await passing(STARTED_MS)
  const started = await rssOf(ready.pid)
  await passing(IDLE_MS - STARTED_MS)
  const rested = await rssOf(ready.pid)
  await ready.end()
  return { started: started / MIB, rested: rested / MIB }
}

/** What each contract that is under way keeps in memory, on either side. */
export async function live(bench: Bench): Promise<readonly Line[]> {
  // With the warm ones, as many as an agent keeps open at the same time.
  const count = bench.size(900, 100)
  const pair = await openPair(bench)
  const { requester, worker } = pair
  await worker.call('serve', { agent: 'worker', skill: 'keep', slots: 2_000, manner: 'keep' })
  await requester.call('sees', { agent: 'requester', skill: 'keep', count: 1 })
  // Code, and what is remembered of messages that passed, is not counted: settled contracts make the program warm, and
  // what gossip keeps for some seconds is gone before anything is measured.
  await load(pair, bench.size(1_000, 100), STEP)
  const warm = bench.size(100, 20)
  await begin(pair, 0, warm)
  const before = [await held(requester), await held(worker)]
  await begin(pair, warm, warm + count)
  const after = [await held(requester), await held(worker)]
  await requester.kill()
  await worker.kill()
  const each = after.map(({ heap }, at) => (heap - (before[at]?.heap ?? 0)) / count / 1_024)
  const rss = after.map((one, at) => ((one.rss - (before[at]?.rss ?? 0)) / count / 1_024).toFixed(1))
  return [
    row({
      ...{ group: 'live', name: 'KiB per live contract, the side that holds more', unit: 'KiB' },
      ...{ observed: Math.max(...each), target: { of: 'observed', atMost: 8 } },
      note: `${count} live; heap after collection: requester ${each[0]?.toFixed(1)}, worker ${each[1]?.toFixed(1)}; RSS ${rss.join(' and ')}`,
    }),
  ]
}

/** Begins contracts that stay under way, a few at a time: a claim waits for its award no longer than the accept window. */
async function begin({ requester, worker }: Pair, from: number, to: number): Promise<void> {
  // REP-02: what two agents have settled covers a hundred credits of stakes, so more contracts than that live without.
  const terms = { ...TERMS, deadline: '1800s', stake: 0 } as const
  for (let at = from; at < to; at += STEP) {
    const count = Math.min(STEP, to - at)
    await requester.call('hire', { agent: 'requester', skill: 'keep', count, inFlight: STEP, terms, until: 'offered' })
    await worker.call('lives', { agent: 'worker', count: at + count })
    await requester.call('lives', { agent: 'requester', count: at + count })
  }
}

async function held(party: Party): Promise<{ readonly heap: number; readonly rss: number }> {
  await passing(GOSSIP_MS)
  // What the last collection set free may need another one to go.
  await party.call('usage', { collect: true })
  const { heapBytes, rssBytes } = await party.call('usage', { collect: true })
  return { heap: heapBytes, rss: rssBytes }
}

/** How long the command takes to say what it can do. */
export async function help(bench: Bench): Promise<readonly Line[]> {
  const bin = join(bench.init.root, 'packages/haggle/bin/haggle.js')
  const spans = Array.from({ length: bench.size(20, 5) }, () => {
    const began = performance.now()
    const { status } = spawnSync(process.execPath, [bin, '--help'])
    if (status !== 0) throw new Error('haggle --help failed')
    return performance.now() - began
  })
  const bare = Array.from({ length: bench.size(20, 5) }, () => {
    const began = performance.now()
    spawnSync(process.execPath, ['--input-type=module', '-e', ''])
    return performance.now() - began
  })
  return [
    row({
      ...{
        group: 'help',
        name: 'haggle --help',
        unit: 'ms',
        floor: median(bare),
        observed: median(spans),
        rounds: spans,
      },
      ...{ target: { of: 'observed', atMost: 150 }, note: `median of ${spans.length}; floor: node that does nothing` },
    }),
  ]
}

import type { BareCalls } from '../children/bare.ts'
import type { Mark } from '../children/party.ts'
import { closePair, hireAll, openPair, SKILL, TERMS, type Bare, type Bench, type Pair } from '../support/bench.ts'
import { openQueue } from '../support/redis.ts'
import { row, type Line } from '../support/row.ts'
import { median, quantile } from '../support/stats.ts'

const GROUP = 'formation'
/** Of each kind before any is counted: until then a third and more of the time is V8 at work on code that it has not met yet. */
const WARM = 600

/**
 * From the call of `hire` to the moment at which both processes hold the contract signed by both on disk: the worker when its
 * accept is written, the requester when it has taken that accept. The requester is always the later one; the input is spooled,
 * the offer signed, synced and gossiped, the claim, award and accept signed, synced and sent within that time.
 */
interface Formed {
  readonly spanMs: number
  /** From `hire` to offered, claimed, awarded, accepted at the worker, accepted at the requester. */
  readonly steps: readonly number[]
}

/** The three ways are measured in turns, so that whatever else the machine does falls on all of them alike. */
export async function formation(bench: Bench): Promise<readonly Line[]> {
  const count = bench.size(200, 20)
  const pair = await openPair(bench, { open: { marks: true } })
  const bare = await openBare(bench)
  const queue = await openQueue(bench)
  const warm = bench.size(WARM, 20)
  bench.say(`formation: ${warm} of each to get warm`)
  await form(pair, warm, TERMS)
  await bare.exchange(warm)
  if (typeof queue !== 'string') await queue.claims(warm)
  const rounds: { formed: readonly Formed[]; bare: number; queue: number; asked: number }[] = []
  const { requester, worker } = pair
  for (let round = 0; round < bench.init.rounds; round += 1) {
    const formed = await bench.profiled('formation', { requester, worker }, () => form(pair, count, TERMS))
    const asked = await form(pair, bench.size(50, 10), { ...TERMS, mode: 'auction', ask: 10 })
    rounds.push({
      formed,
      asked: median(asked.map((each) => each.spanMs)),
      bare: median(await bare.exchange(count)),
      queue: typeof queue === 'string' ? Number.NaN : median(await queue.claims(count)),
    })
    bench.say(`formation ${round + 1}/${bench.init.rounds}`)
  }
  await closePair(pair)
  await bare.close()
  if (typeof queue !== 'string') await queue.close()
  const p50s = rounds.map(({ formed }) => median(formed.map((each) => each.spanMs)))
  const p50 = median(p50s)
  const all = rounds.flatMap(({ formed }) => formed)
  const floor = median(rounds.map((each) => each.bare))
  const claim = median(rounds.map((each) => each.queue))
  return [
    row({
      ...{ group: GROUP, name: 'formation p50, claim mode / bare libp2p durable exchange', unit: 'ms', rounds: p50s },
      ...{ floor, observed: p50, target: { of: 'ratio', atMost: 2.5 }, note: stepsText(all) },
    }),
    typeof queue === 'string'
      ? { group: GROUP, skipped: queue }
      : row({
          ...{ group: GROUP, name: "formation p50 / a Redis queue's fsynced claim", unit: 'ms', rounds: p50s },
          ...{ floor: claim, observed: p50, target: { of: 'ratio', atMost: 10 }, note: 'BullMQ, appendfsync always' },
        }),
    row({
      ...{ group: GROUP, name: 'formation p99, claim mode', unit: 'ms', floor },
      observed: quantile(
        all.map((each) => each.spanMs),
        0.99,
      ),
    }),
    row({
      ...{ group: GROUP, name: 'formation p50, auction with --ask met by the first bid', unit: 'ms', floor },
      observed: median(rounds.map((each) => each.asked)),
      rounds: rounds.map((each) => each.asked),
    }),
  ]
}

/** Contracts one after the other, each begun when both sides hold the other's closing of the one before. */
export async function form(pair: Pair, count: number, terms: object): Promise<readonly Formed[]> {
  const order = { agent: 'requester', skill: SKILL, count, inFlight: 1, terms, until: 'closed' } as const
  const done = await hireAll(pair.requester, order)
  const asked = marksByTask(await pair.requester.call('marks', { agent: 'requester' }))
  const worked = marksByTask(await pair.worker.call('marks', { agent: 'worker' }))
  return done.map(({ task, calledAt }) => {
    const at = (marks: ReadonlyMap<string, readonly Mark[]>, event: string): number =>
      (marks.get(task)?.find((mark) => mark.event === event)?.at ?? Number.NaN) - calledAt
    const steps = [
      at(asked, 'offered'),
      at(worked, 'bid'),
      at(asked, 'awarded'),
      at(worked, 'accepted'),
      at(asked, 'accepted'),
    ]
    return { steps, spanMs: Math.max(...steps) }
  })
}

function marksByTask(marks: readonly Mark[]): ReadonlyMap<string, readonly Mark[]> {
  const byTask = new Map<string, Mark[]>()
  for (const mark of marks) {
    const held = byTask.get(mark.task)
    if (held === undefined) byTask.set(mark.task, [mark])
    else held.push(mark)
  }
  return byTask
}

function stepsText(formed: readonly Formed[]): string {
  const names = ['offer on disk', 'claim on disk', 'award on disk', 'accept on disk', 'accept held']
  return names
    .map((name, at) => `${name} +${(stepOf(formed, at) - (at === 0 ? 0 : stepOf(formed, at - 1))).toFixed(2)}`)
    .join(', ')
}

function stepOf(formed: readonly Formed[], at: number): number {
  return median(formed.map(({ steps }) => steps[at] ?? Number.NaN))
}

interface OpenBare {
  exchange(count: number): Promise<readonly number[]>
  close(): Promise<void>
}

async function openBare(bench: Bench): Promise<OpenBare> {
  const [far, near]: readonly [Bare, Bare] = [
    await bench.child<BareCalls>('bare', 'the bare listener'),
    await bench.child<BareCalls>('bare', 'the bare dialler'),
  ]
  const { address } = await far.call('open', { directory: await bench.directory() })
  await near.call('open', { directory: await bench.directory() })
  await near.call('exchange', { address, count: 50, sync: true })
  return {
    exchange: (count) => near.call('exchange', { address, count, sync: true }),
    async close() {
      await near.leave()
      await far.leave()
    },
  }
}

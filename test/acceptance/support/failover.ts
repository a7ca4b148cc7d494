import { passing } from '../../process/support/limit.ts'
import type { Running } from '../../process/support/running.ts'
import { checkOneSettlement, checkTold } from './one-settlement.ts'
import type { AcceptanceLine } from './line.ts'
import { check, repeated, type Round } from './repeated.ts'

const USUAL_RUNS = 30
/** The lease of the default profile, which a task of a minute has. */
const LEASE_MS = 5_000
const LIMIT_MS = 1.5 * LEASE_MS + 1_000
/** The point at which the worker is struck lies within the lease. */
const STRUCK_WITHIN_MS = LEASE_MS

/** The worker of a contract is struck at a random point while a reserve stands ready: the task is done by the reserve in time. */
export function failover(name: string, how: string, strike: (worker: Running) => Strike): AcceptanceLine {
  return {
    name,
    target: `${how} of the worker with a reserve present: settled by the reserve within 1.5 leases + 1 s (${LIMIT_MS} ms), one settlement, ${USUAL_RUNS} of ${USUAL_RUNS}`,
    run: (context) =>
      repeated(context, {
        usualRuns: USUAL_RUNS,
        what: 'strike to settlement',
        limitMs: LIMIT_MS,
        once: (round) => once(round, strike),
      }),
  }
}

/** What becomes of a worker that was struck, when the task is over and its command has a result after all. */
export type Strike = () => Promise<void>

async function once({ stage, chance }: Round, strike: (worker: Running) => Strike): Promise<number> {
  await stage.up()
  const [first, second] = await Promise.all([
    stage.work('shout', ['--as', 'first', '--price', '1'], ...stage.gated('go')),
    stage.work('shout', ['--as', 'second', '--price', '2'], 'tr', 'a-z', 'A-Z'),
  ])
  const flags = ['--key', 'task', '--deadline', '60s', '--bids', '3s', '--json']
  const hiring = stage.start(['hire', 'shout', ...flags], 'hello')
  await first.event('opened', { generation: 1 })
  await stage.atGate('go')
  check(hiring.events('bid').length === 2, 'one of the two workers did not bid in time: there is no reserve')
  await passing(chance.span(0, STRUCK_WITHIN_MS))

  const after = strike(first)
  const struck = performance.now()
  await hiring.event('settled')
  const spanMs = performance.now() - struck

  const { code, stderr } = await hiring.ended()
  check(code === 0, `hire left with ${code}: ${stderr}`)
  const [result] = hiring.events('result')
  check(result?.['generation'] === 2, `generation ${String(result?.['generation'])} settled instead of 2`)
  await stage.openGate('go')
  await after()
  checkTold(first, 'settled', 0, 'worker that was struck')
  await second.event('settled')
  checkTold(second, 'settled', 1, 'reserve')
  await checkOneSettlement(stage, 'task')
  return spanMs
}

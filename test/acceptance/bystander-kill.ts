import { passing } from '../process/support/limit.ts'
import type { Running } from '../process/support/running.ts'
import type { Stage } from '../process/support/stage.ts'
import type { AcceptanceLine } from './support/line.ts'
import { checkOneSettlement, checkTold } from './support/one-settlement.ts'
import { check, repeated, type Round } from './support/repeated.ts'

const USUAL_RUNS = 30
const STRUCK_WITHIN_MS = 3_000
/** What a contract that nothing disturbs tells its requester, and its worker. */
const UNDISTURBED = new Set(['offered', 'bid', 'awarded', 'accepted', 'opened', 'delivered', 'approved', 'settled'])
const OF_NO_CONTRACT = new Set(['ready', 'peer', 'result'])

/** A bystander is connected to both: it serves the same skill at a price above every budget, or only looks on. */
const bystanders: readonly [(stage: Stage) => Promise<Running>, (stage: Stage) => Promise<Running>] = [
  (stage) => stage.work('shout', ['--as', 'bystander', '--price', '20'], 'cat'),
  (stage) => stage.up('--as', 'bystander'),
]

export const line: AcceptanceLine = {
  name: 'bystander-kill',
  target: `kill -9 of a bystander at a random point: nobody notices, ${USUAL_RUNS} of ${USUAL_RUNS}`,
  run: (context) => repeated(context, { usualRuns: USUAL_RUNS, what: 'start to exit of haggle hire', once }),
}

async function once({ stage, chance }: Round): Promise<number> {
  const worker = await stage.work('shout', [], 'sh', '-c', 'sleep 1; tr a-z A-Z')
  const bystander = await chance.pick(bystanders)(stage)
  const began = performance.now()
  const hiring = stage.start(['hire', 'shout', '--key', 'task', '--deadline', '60s', '--json'], 'hello')
  await passing(chance.span(0, STRUCK_WITHIN_MS))
  await bystander.kill()

  const { code, stdout, stderr } = await hiring.ended()
  const spanMs = performance.now() - began
  check(code === 0 && stderr === '', `hire left with ${code} and said: ${stderr}`)
  check(stdout.toString().includes('"text":"HELLO"'), 'hire printed another result')
  await worker.event('settled')
  for (const [who, running] of [['requester', hiring] as const, ['worker', worker] as const]) {
    const told = running.events().map(({ event }) => event)
    const strange = told.filter((event) => !UNDISTURBED.has(event) && !OF_NO_CONTRACT.has(event))
    check(strange.length === 0, `the ${who} told of ${strange.join(', ')}`)
    checkTold(running, 'awarded', 1, who)
    checkTold(running, 'settled', 1, who)
  }
  await checkOneSettlement(stage, 'task')
  return spanMs
}

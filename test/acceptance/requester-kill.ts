import { passing } from '../process/support/limit.ts'
import type { AcceptanceLine } from './support/line.ts'
import { checkOneSettlement } from './support/one-settlement.ts'
import { check, repeated, type Round } from './support/repeated.ts'

const USUAL_RUNS = 30
/** A hire of a task that takes a second is at any of its points within this span. */
const STRUCK_WITHIN_MS = 3_000
const COMMAND = ['sh', '-c', 'sleep 1; tr a-z A-Z']

/** Also before its offer is durable: whoever hires again under the same key gets the one job either way. */
export const line: AcceptanceLine = {
  name: 'requester-kill',
  target: `kill -9 of the requester at a random point and the same hire again: settles once, ${USUAL_RUNS} of ${USUAL_RUNS}`,
  run: (context) => repeated(context, { usualRuns: USUAL_RUNS, what: 'restart to result', once }),
}

async function once({ stage, chance }: Round): Promise<number> {
  const worker = await stage.work('shout', [], ...COMMAND)
  const hire = ['hire', 'shout', '--key', 'task', '--deadline', '60s', '--json']
  const hiring = stage.start(hire, 'hello')
  await passing(chance.span(0, STRUCK_WITHIN_MS))
  await hiring.kill()

  const began = performance.now()
  const again = await stage.run(hire, 'hello')
  const spanMs = performance.now() - began
  check(again.code === 0, `hire left with ${again.code}: ${again.stderr}`)
  check(again.stdout.toString().includes('"text":"HELLO"'), 'hire printed another result')
  await worker.event('settled')
  check(worker.events('settled').length === 1, 'the worker was settled with more than once')
  await checkOneSettlement(stage, 'task')
  return spanMs
}

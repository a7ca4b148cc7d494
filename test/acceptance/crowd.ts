import { MICRO, protocolParams } from '@haggle/protocol'
import { playCrowd } from './support/crowd.ts'
import { largestIsWorst } from './support/figure.ts'
import type { AcceptanceLine } from './support/line.ts'

const REQUESTERS = 60
const MOST = 1.1
const USUAL_RUNS = 3

const credit = protocolParams.newcomerBudgetMicro / MICRO
const stake = protocolParams.newcomerLimitMicro / MICRO

/** Real agents and real sockets; what each opens is what binds. */
export const line: AcceptanceLine = {
  name: 'crowd',
  target: `${REQUESTERS} requesters award to one key at once, ${stake} credits each: it is bound to at most ${MOST} times the ${credit} that it is good for`,
  async run({ runs, progress }) {
    const count = runs(USUAL_RUNS)
    const awarded: number[] = []
    const bound: number[] = []
    const within: number[] = []
    for (let run = 1; run <= count; run += 1) {
      const seen = await playCrowd({
        requesters: REQUESTERS,
        stake,
        progress: (text) => progress(`run ${run}: ${text}`),
      })
      awarded.push((seen.awarded.length * stake) / credit)
      bound.push((seen.opened.length * stake) / credit)
      within.push(Math.max(...seen.accepted) - Math.min(...seen.accepted))
    }
    return {
      passed: bound.every((times) => times <= MOST) && awarded.every((times) => times > MOST),
      figures: [
        largestIsWorst('bound', 'times its credit', bound),
        largestIsWorst('awarded', 'times its credit', awarded),
        largestIsWorst('from the first ACCEPT to the last', 'ms', within),
      ],
    }
  },
}

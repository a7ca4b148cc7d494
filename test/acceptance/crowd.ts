import { MICRO, protocolParams } from '@haggle/protocol'
import { playCrowd, type Bound, type CrowdProfile } from './support/crowd.ts'
import { largestIsWorst } from './support/figure.ts'
import type { AcceptanceLine, Figure } from './support/line.ts'

const REQUESTERS = 60
const MOST = 1.1
const USUAL_RUNS = 3

const credit = protocolParams.newcomerBudgetMicro / MICRO
const stake = protocolParams.newcomerLimitMicro / MICRO

/** Real agents and real sockets; what each opens is what binds. With the timers of a fast network, which are the default, and of a slow one. */
export const line: AcceptanceLine = {
  name: 'crowd',
  target: `${REQUESTERS} requesters award to one key at once, ${stake} credits each: it is bound at once to at most ${MOST} times the ${credit} that it is good for`,
  async run({ runs, progress }) {
    const count = runs(USUAL_RUNS)
    const wan = await playAll('wan', count, progress)
    const lan = await playAll('lan', count, progress)
    return {
      passed: [wan, lan].every(holds),
      figures: [...figuresOf('wan', wan), ...figuresOf('lan', lan)],
    }
  },
}

/** By run. */
interface Crowds {
  readonly bound: number[]
  readonly opened: number[]
  readonly awarded: number[]
  readonly withinMs: number[]
}

async function playAll(profile: CrowdProfile, count: number, progress: (text: string) => void): Promise<Crowds> {
  const crowds: Crowds = { bound: [], opened: [], awarded: [], withinMs: [] }
  for (let run = 1; run <= count; run += 1) {
    const tell = (text: string): void => progress(`${profile}, run ${run}: ${text}`)
    const seen = await playCrowd({ requesters: REQUESTERS, stake, profile, progress: tell })
    crowds.awarded.push((seen.awarded.length * stake) / credit)
    crowds.bound.push((mostAtOnce(seen.bound) * stake) / credit)
    crowds.opened.push(seen.bound.length)
    crowds.withinMs.push(Math.max(...seen.accepted) - Math.min(...seen.accepted))
  }
  return crowds
}

/** Without more awarded than bound nothing was asked of it. */
function holds({ bound, awarded }: Crowds): boolean {
  return bound.every((times) => times <= MOST) && awarded.every((times) => times > MOST)
}

/** How many of these there were at one moment. */
function mostAtOnce(bound: readonly Bound[]): number {
  const countAt = (at: number): number =>
    bound.filter(({ from, until }) => from <= at && (until === null || until > at)).length
  return Math.max(0, ...bound.map(({ from }) => countAt(from)))
}

function figuresOf(profile: CrowdProfile, { bound, opened, awarded, withinMs }: Crowds): readonly Figure[] {
  return [
    largestIsWorst(`bound at once, ${profile}`, 'times its credit', bound),
    largestIsWorst(`opened in all, ${profile}`, 'contracts', opened),
    largestIsWorst(`awarded, ${profile}`, 'times its credit', awarded),
    largestIsWorst(`from the first ACCEPT to the last, ${profile}`, 'ms', withinMs),
  ]
}

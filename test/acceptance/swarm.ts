import { largestIsWorst, smallestIsWorst } from './support/figure.ts'
import type { AcceptanceLine, Figure } from './support/line.ts'
import { playSwarm, type SwarmSeen } from './support/swarm.ts'

const SIZES = [12, 30, 60]
const OFFERS = 1_000
const PER_SECOND = 10
const WITHIN_MS = 5_000

/** Agents with every default of theirs, each in a process of its own; 60 of them take about 8 GB. */
export const line: AcceptanceLine = {
  name: 'swarm',
  target: `${SIZES.join(', ')} agents on this host, ${PER_SECOND} offers/s: all of ${OFFERS} offers reach all agents within ${WITHIN_MS / 1000} s`,
  async run({ runs, progress }) {
    const offers = runs(OFFERS)
    const figures: Figure[] = []
    const notes: string[] = []
    let passed = true
    for (const agents of SIZES) {
      const init = { agents, offers, perSecond: PER_SECOND, withinMs: WITHIN_MS }
      const seen = await playSwarm({ ...init, progress: (text) => progress(`${agents} agents: ${text}`) })
      if (seen.delivered < seen.due) passed = false
      figures.push(...figuresOf(agents, seen))
      notes.push(noteOf(agents, seen))
    }
    return { passed, figures, notes }
  },
}

function figuresOf(agents: number, seen: SwarmSeen): readonly Figure[] {
  return [
    smallestIsWorst(`delivered to ${agents} agents`, '%', [(100 * seen.delivered) / seen.due]),
    largestIsWorst(`offer to hearing among ${agents}`, 'ms', seen.timesMs),
    smallestIsWorst(`hires settled among ${agents}`, '%', [(100 * seen.settled) / Math.max(seen.hires, 1)]),
    largestIsWorst(`connections of one of ${agents}`, 'peers', seen.peers),
  ]
}

function noteOf(agents: number, seen: SwarmSeen): string {
  const { timesMs, late, peers, rss, cpuMs, startMs, startCpuMs, failures } = seen
  const p99 = timesMs[Math.floor(timesMs.length * 0.99)] ?? Number.NaN
  const seconds = (spanMs: number): string => `${(spanMs / 1000).toFixed(1)} s`
  return [
    `${agents} agents: p99 ${p99} ms; ${seen.delivered} of ${seen.due} deliveries in time, ${timesMs.length} at all;`,
    `${Math.min(...peers)} to ${Math.max(...peers)} connections; up after ${seconds(startMs)};`,
    `processor ${seconds(startCpuMs)} to start and ${seconds(cpuMs)} for the offers, all agents together;`,
    `at most ${Math.round(Math.max(...rss) / 1e6)} MB each.`,
    ...(late.length === 0 ? [] : [lateText(late)]),
    ...(failures.length === 0 ? [] : [`Failed: ${failures.slice(0, 5).join(', ')}.`]),
  ].join(' ')
}

/** Whether it is one offer or one agent says where to look. */
function lateText(late: SwarmSeen['late']): string {
  const offers = new Set(late.map(({ offer }) => offer))
  const agents = new Set(late.map(({ agent }) => agent))
  return `Late or not at all: ${late.length}, of ${offers.size} offers, to agents ${[...agents].slice(0, 10).join(', ')}.`
}

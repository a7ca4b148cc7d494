import { requesters, terms, workers } from './cast.ts'
import type { Claim, FileFinding } from './claims.ts'
import type { Standing } from './message.ts'
import { credits, type Palette } from './palette.ts'
import type { StoryLine } from './story.ts'

const MANNERS = {
  honest: 'does the work',
  vanishes: 'accepts, and is never seen again',
  garbles: 'delivers rubbish',
  dawdles: 'means well, and never gets there',
} as const

const NAME_WIDTH = 11
/** Where the numbers of the standings begin. */
const COLUMN = 29

/** Who plays, before the curtain. */
export function playbill(network: string, without: readonly string[], paint: Palette): string {
  const present = workers.filter(({ name }) => !without.includes(name))
  const row = (name: string, text: string): string => `  ${paint.name(name, NAME_WIDTH)}${text}`
  return [
    paint.strong(
      `The bazaar: ${requesters.length + present.length} agents, each a process of its own, over TCP on this machine`,
    ),
    paint.dim(`network ${network}; no server, no leader; each worker is a stranger to each requester`),
    '',
    ...requesters.map((name) => row(name, 'wants work done, and judges it')),
    ...present.map(({ name, skill, price, manner }) =>
      row(name, `${skill.padEnd(NAME_WIDTH)}${credits(price).padEnd(13)}${MANNERS[manner]}`),
    ),
    '',
    paint.dim(
      'The score of a bid is its price × 1000 / quality of the bidder, which is 300 for a stranger. The lowest wins.',
    ),
    paint.dim(`Every worker stakes ${credits(terms.budget / 10)} of reputation on each contract.`),
    '',
  ].join('\n')
}

/** One line of the story with the seconds since it began. */
export function storyLine({ who, text }: StoryLine, elapsedMs: number, paint: Palette): string {
  const time = `${(elapsedMs / 1_000).toFixed(1).padStart(5)} s`
  return `${paint.dim(time)}  ${paint.name(who, NAME_WIDTH)}${text}`
}

/** How one requester now sees the workers it has dealt with. */
export function standingsTable(
  requester: string,
  standings: readonly Standing[],
  nameOf: (peerId: string) => string,
  paint: Palette,
): string {
  const rows = standings
    .toSorted((a, b) => b.quality - a.quality || (nameOf(a.worker) < nameOf(b.worker) ? -1 : 1))
    .map(({ worker, settled, faults, quality }) => {
      const numbers = [settled, faults, quality].map((each) => String(each).padStart(9)).join('')
      return `  ${paint.name(nameOf(worker), COLUMN - 2)}${faults > 0 ? paint.bad(numbers) : numbers}`
    })
  const head = `What the ${requester} has learnt`.padEnd(COLUMN)
  return [`${paint.strong(head)}${paint.dim('  settled   faults  quality')}`, ...rows, ''].join('\n')
}

/** What `haggle verify` says about each task file: every generation, its worker and its end. */
export function verdictsText(findings: readonly FileFinding[], paint: Palette): string {
  const rows = findings.map(({ file, valid, contracts }) => {
    const ends = contracts.map(({ worker, end, fault, grade }) => {
      const why = fault === null ? '' : ` ${fault}, ${grade ?? 'ungraded'}`
      return `${paint.name(worker)} ${end === 'settled' ? paint.good(end) : (end ?? 'open')}${why}`
    })
    return `  ${file.padEnd(COLUMN)}${valid ? ends.join(', then ') : paint.bad('invalid')}`
  })
  return [paint.strong('Verdicts of haggle verify, offline, from the exported task files'), ...rows, ''].join('\n')
}

/** The claims with what they rest on. */
export function claimsText(claims: readonly Claim[], paint: Palette): string {
  const rows = claims.map(({ claim, holds, file }) => {
    const word = holds ? paint.good('holds         ') : paint.bad('does not hold ')
    return `  ${word}  ${claim} ${paint.dim(`(${file ?? (holds ? 'all task files' : 'no task file shows it')})`)}`
  })
  return [paint.strong('Claims, from these verdicts alone'), ...rows, ''].join('\n')
}

export const whatNext = [
  'Try it yourself: in one terminal    npx haggle work shout -- tr a-z A-Z',
  '                 in another         echo hello | npx haggle hire shout --save contract.json',
  '',
].join('\n')

import { AUDITOR, guests, requesters, ringKeys, ringPrice, terms, workers, type Guest } from './cast.ts'
import type { Claim, FileFinding } from './claims.ts'
import type { Standing } from './message.ts'
import { credits, type Palette } from './palette.ts'
import type { Reputation } from './reputation.ts'
import type { StoryLine } from './story.ts'

const MANNERS = {
  honest: 'does the work',
  vanishes: 'accepts, and is never seen again',
  garbles: 'delivers rubbish',
  dawdles: 'means well, and never gets there',
} as const

const GUESTS: { readonly [guest in Guest]: string } = {
  denier: 'takes work, and never says a word about it',
  slanderer: 'rejects good work, and leaves bids unanswered',
  ring: `praises itself with ${ringKeys.length} keys, and bids ${credits(ringPrice)}`,
}

const NAME_WIDTH = 11
const SKILL_WIDTH = 13
/** Where the numbers of the standings begin. */
const COLUMN = 29

/** Who plays, before the curtain. */
export function playbill(network: string, without: readonly string[], paint: Palette): string {
  const present = workers.filter(({ name }) => !without.includes(name))
  const visitors = guests.filter((name) => !without.includes(name))
  const row = (name: string, text: string): string => `  ${paint.name(name, NAME_WIDTH)}${text}`
  return [
    paint.strong(
      `The bazaar: ${requesters.length + present.length + visitors.length + 1} processes, each an agent, over TCP on this machine`,
    ),
    paint.dim(`network ${network}; no server, no leader; each worker is a stranger to each requester`),
    '',
    ...requesters.map((name) => row(name, 'wants work done, and judges it')),
    ...present.map(({ name, skill, price, manner }) =>
      row(name, `${skill.padEnd(SKILL_WIDTH)}${credits(price).padEnd(13)}${MANNERS[manner]}`),
    ),
    ...visitors.map((name) => row(name, GUESTS[name])),
    row(AUDITOR, 'comes when all is over, and asks for the evidence'),
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

/** Everybody's numbers in a stranger's eyes, and below them who lost what, by which proof. */
export function reputationTable(
  reputations: readonly Reputation[],
  findings: readonly FileFinding[],
  paint: Palette,
): string {
  const rows = reputations
    .toSorted((a, b) => b.capacity - a.capacity || b.quality - a.quality || (a.agent < b.agent ? -1 : 1))
    .flatMap((reputation) => {
      const { agent, capacity, rank, quality } = reputation
      const numbers = [capacity, rank, quality].map((each) => String(each).padStart(9)).join('')
      return [
        `  ${paint.name(agent, COLUMN - 2)}${numbers}`,
        ...lossesOf(reputation, findings).map((each) => paint.bad(each)),
      ]
    })
  const head = `In the eyes of the ${AUDITOR}`.padEnd(COLUMN)
  return [
    `${paint.strong(head)}${paint.dim(' capacity  rank ‰   quality')}`,
    ...rows,
    paint.dim(`  by haggle why, from the evidence alone; the ${AUDITOR} trusts ${requesters.join(' and ')}`),
    '',
  ].join('\n')
}

function lossesOf({ agent, faults }: Reputation, findings: readonly FileFinding[]): readonly string[] {
  return findings.flatMap(({ file, contracts }) =>
    contracts
      .filter(({ party, slash }) => party === agent && slash > 0)
      .map(({ contract, fault, slash, grade, certificates }) => {
        const votes = certificates.find(({ verdict }) => verdict === 'absent')?.votes
        const proof =
          grade === 'witnessed' && votes !== undefined ? `a certificate of ${votes} votes` : `the file alone`
        const isCounted = faults.some((each) => each.contract === contract)
        const other = isCounted ? '' : '; counted by whoever has the result'
        return `    lost ${credits(slash)}: ${fault ?? 'fault'}, by ${proof}, contract …${contract.slice(-8)}, ${file}${other}`
      }),
  )
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
  return [paint.strong('Claims, from these verdicts and numbers alone'), ...rows, ''].join('\n')
}

export const whatNext = [
  'Try it yourself: in one terminal    npx haggle work shout -- tr a-z A-Z',
  '                 in another         echo hello | npx haggle hire shout --save contract.json',
  '',
].join('\n')

import type { Credits } from '@haggle/node'

/** What the bazaar's workers can do. */
export type Skill = 'wordstats' | 'checksum' | 'gzip' | 'toc' | 'concordance'
/** How a worker behaves once a task is its own. */
export type Manner = 'honest' | 'vanishes' | 'garbles' | 'dawdles'

export interface Worker {
  readonly name: string
  readonly skill: Skill
  readonly price: Credits
  readonly manner: Manner
}

/** One task of the story. `after` names the task that has to be settled before this one is offered. */
export interface Errand {
  readonly label: string
  readonly requester: 'editor' | 'archivist'
  readonly skill: Skill
  readonly file: 'lighthouse.md' | 'bread.md' | 'ledger.csv'
  readonly what: string
  readonly after?: string
  /** How long the work may take, where that is not simply until the deadline. */
  readonly workMs?: number
  /** The least quality of a bidder, permille. */
  readonly minQuality?: number
}

/** A task whose requester wants something else than its result. */
export interface Prank {
  readonly label: string
  readonly by: Guest
  readonly skill: Skill | Flattery
  readonly file: Errand['file']
  readonly what: string
}

/** Who comes to a market for other things than trade, each a process of its own; the ring runs three keys in one. */
export type Guest = 'denier' | 'slanderer' | 'ring'
/** What the keys of the ring do for each other. */
export type Flattery = 'flattery-a' | 'flattery-b' | 'flattery-c'

const NEWCOMER = 'newcomer'

export const requesters = ['editor', 'archivist'] as const

/** The cheats ask less than the honest workers of their skill: a stranger is chosen by its price alone. */
export const workers: readonly Worker[] = [
  { name: 'scribe', skill: 'wordstats', price: 2, manner: 'honest' },
  { name: 'clerk', skill: 'checksum', price: 2, manner: 'honest' },
  { name: 'packer', skill: 'gzip', price: 1.5, manner: 'honest' },
  { name: 'indexer', skill: 'toc', price: 2.5, manner: 'honest' },
  { name: 'ghost', skill: 'toc', price: 1, manner: 'vanishes' },
  { name: 'garbler', skill: 'wordstats', price: 1, manner: 'garbles' },
  { name: 'slow', skill: 'checksum', price: 1, manner: 'dawdles' },
  { name: NEWCOMER, skill: 'concordance', price: 2, manner: 'honest' },
]

export const guests: readonly Guest[] = ['denier', 'slanderer', 'ring']
/** The errand after which a guest begins: a market that all crowd into at once is hard to follow, and loads two cores. */
export const entrances: { readonly [guest in Guest]: string } = {
  denier: 'archive',
  slanderer: 'archive',
  ring: 'concordance-1',
}
export const ringKeys = ['ring-a', 'ring-b', 'ring-c'] as const
/** What a key of the ring asks for honest work: a quarter of what anybody else does. */
export const ringPrice: Credits = 0.5
/** Comes when all is over, saw nothing of it, and asks whoever is there for the evidence. */
export const AUDITOR = 'auditor'

/** Who may be left out by `--without`. */
export const dispensable: readonly string[] = [
  ...workers.filter(({ name, manner }) => manner !== 'honest' || name === NEWCOMER).map(({ name }) => name),
  ...guests,
]

export const errands: readonly Errand[] = [
  { label: 'contents', requester: 'editor', skill: 'toc', file: 'lighthouse.md', what: 'a table of contents' },
  { label: 'words-1', requester: 'editor', skill: 'wordstats', file: 'lighthouse.md', what: 'word statistics' },
  {
    label: 'words-2',
    requester: 'editor',
    skill: 'wordstats',
    file: 'bread.md',
    what: 'word statistics',
    after: 'words-1',
  },
  { label: 'archive', requester: 'archivist', skill: 'gzip', file: 'ledger.csv', what: 'a gzip archive' },
  {
    label: 'checksum',
    requester: 'archivist',
    skill: 'checksum',
    file: 'bread.md',
    what: 'a sha-256 checksum',
    workMs: 3_000,
  },
  {
    label: 'concordance-1',
    requester: 'editor',
    skill: 'concordance',
    file: 'bread.md',
    what: 'a concordance',
  },
  {
    label: 'concordance-2',
    requester: 'editor',
    skill: 'concordance',
    file: 'lighthouse.md',
    what: 'a concordance',
    after: 'concordance-1',
    minQuality: 400,
  },
]

/** The one whom the slanderer speaks ill of, and of whom the denier takes work. */
export const victim = 'packer'

export const pranks: readonly Prank[] = [
  { label: 'taken', by: 'denier', skill: 'gzip', file: 'lighthouse.md', what: 'a gzip archive' },
  { label: 'slander-1', by: 'slanderer', skill: 'gzip', file: 'bread.md', what: 'a gzip archive' },
  { label: 'slander-2', by: 'slanderer', skill: 'gzip', file: 'lighthouse.md', what: 'a gzip archive' },
  { label: 'snub', by: 'slanderer', skill: 'gzip', file: 'bread.md', what: 'a gzip archive' },
  { label: 'praise-1', by: 'ring', skill: 'flattery-b', file: 'bread.md', what: 'kind words' },
  { label: 'praise-2', by: 'ring', skill: 'flattery-c', file: 'bread.md', what: 'kind words' },
  { label: 'praise-3', by: 'ring', skill: 'flattery-a', file: 'bread.md', what: 'kind words' },
]

/** Every task of the play, in the order in which they are shown. */
export const labels: readonly string[] = [...errands, ...pranks].map(({ label }) => label)

/**
 * The terms that all errands share. The lease is the shortest that two busy cores keep without trouble: a dead worker is
 * missed after it, and a heartbeat goes every third of it. Bids are taken until everybody has bid, at most for the window.
 */
export const terms = {
  budget: 5,
  deadlineMs: 45_000,
  waitMs: 10_000,
  leaseMs: 3_000,
  bidWindowMs: 4_000,
} as const

export function workersOf(skill: Skill, without: readonly string[]): readonly Worker[] {
  return workers.filter((each) => each.skill === skill && !without.includes(each.name))
}

/** How many bids a task may expect: the ring bids where a quality is asked for, which it thinks it has. */
export function biddersOf({ skill, minQuality }: Errand, without: readonly string[]): number {
  const ring = minQuality === undefined || without.includes('ring') ? 0 : ringKeys.length
  // Whoever asks for nobody's bid has said nothing that an offer can say.
  return Math.max(1, workersOf(skill, without).length + ring)
}

/** What the task file of an errand is called. */
export function taskFileName(label: string): string {
  return `${label}.task.json`
}

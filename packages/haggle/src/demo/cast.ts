import type { Credits } from '@haggle/node'

/** What the bazaar's workers can do. */
export type Skill = 'wordstats' | 'checksum' | 'gzip' | 'toc'
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
}

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
]

/** Who may be left out by `--without`. */
export const cheats: readonly string[] = workers.filter((each) => each.manner !== 'honest').map((each) => each.name)

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
    file: 'ledger.csv',
    what: 'a sha-256 checksum',
    workMs: 3_000,
  },
]

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

/** What the task file of an errand is called. */
export function taskFileName(label: string): string {
  return `${label}.task.json`
}

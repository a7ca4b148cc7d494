import type { AgentKey, HaggleRecord, RecordId } from '@haggle/protocol'
import type { Contract, EntryNode, EntryRecord, Stage } from './contract.ts'
import { faultOf, rankOf } from './ends.ts'

type Tree = Pick<Contract, 'award' | 'requester' | 'worker' | 'nodes'>
type Children = ReadonlyMap<RecordId, readonly EntryNode[]>

/** What the branches of a contract come to: its main line, the evidence of forks, and the stage that counts. */
export function readTree(tree: Tree): Pick<Contract, 'entries' | 'forks' | 'stage'> {
  const children = childrenOf(tree)
  const forks = forksOf(children)
  const line = mainLine(tree, children)
  const end = highestEnd(tree)
  const [fork] = forks
  // CON-03: two entries by one author on one prev void the contract, unless a higher end stands on some branch.
  const voided: EndedStage | null =
    fork === undefined
      ? null
      : { kind: 'ended', outcome: faultOf('void', fork.author, 'FORK'), by: fork, recheck: null }
  const stage = higher(end, voided) ?? line.stage
  return { entries: line.entries, forks, stage }
}

type EndedStage = Stage & { readonly kind: 'ended' }

/** CON-14: the highest end of all branches; of equal ones that of the lowest entry id. */
function highestEnd(tree: Tree): EndedStage | null {
  let best: EndedStage | null = null
  for (const { stage } of tree.nodes.values()) if (stage.kind === 'ended') best = higher(best, stage)
  return best
}

function higher(a: EndedStage | null, b: EndedStage | null): EndedStage | null {
  if (a === null || b === null) return a ?? b
  const difference = rankOf(a.outcome) - rankOf(b.outcome)
  if (difference !== 0) return difference > 0 ? a : b
  return a.by.id <= b.by.id ? a : b
}

/** The entries on each prev, by id, so that nothing depends on the order in which they came. */
function childrenOf(tree: Tree): Children {
  const children = new Map<RecordId, EntryNode[]>()
  for (const node of tree.nodes.values()) {
    if (node.entry.type === 'award') continue
    const { prev } = node.entry.body
    const siblings = children.get(prev)
    if (siblings === undefined) children.set(prev, [node])
    else siblings.push(node)
  }
  for (const siblings of children.values()) siblings.sort((a, b) => (a.entry.id < b.entry.id ? -1 : 1))
  return children
}

function forksOf(children: Children): EntryRecord[] {
  const forks: EntryRecord[] = []
  for (const siblings of children.values()) {
    const authors = new Set<AgentKey>()
    for (const { entry } of siblings) {
      if (authors.has(entry.author)) forks.push(entry)
      authors.add(entry.author)
    }
  }
  return forks.toSorted((a, b) => seqOf(a) - seqOf(b) || (a.id < b.id ? -1 : 1))
}

/** Place of an entry in its branch; the award is 0. */
export function seqOf(entry: EntryRecord): number {
  return entry.type === 'award' ? 0 : entry.body.seq
}

function mainLine(tree: Tree, children: Children): { entries: EntryRecord[]; stage: Stage } {
  const entries: EntryRecord[] = [tree.award]
  let stage: Stage = { kind: 'awaiting-accept' }
  for (;;) {
    const last = entries.at(-1) ?? tree.award
    const siblings = children.get(last.id) ?? []
    const next = preferred(siblings, children)
    // A copy is as long as it must be; a list that grew keeps room for a dozen more.
    if (next === undefined) return { entries: entries.slice(), stage }
    entries.push(next.entry)
    stage = next.stage.kind === 'timed-out' ? withLate(next.stage, siblings) : next.stage
  }
}

/**
 * The branch to show: one with the higher end; else, on one prev, an entry of the old holder that the waiting party has
 * linked to beats its TIMEOUT (CON-24), and a TIMEOUT beats an entry that nobody has linked to.
 */
function preferred(siblings: readonly EntryNode[], children: Children): EntryNode | undefined {
  const weighed = siblings.map((node) => ({
    node,
    end: endBelow(node, children),
    line: weight(node, siblings, children),
  }))
  weighed.sort((a, b) => b.end - a.end || b.line - a.line)
  return weighed[0]?.node
}

function weight(node: EntryNode, siblings: readonly EntryNode[], children: Children): number {
  if (node.entry.type === 'timeout') return 1
  const waiting = siblings.find((other) => other.entry.type === 'timeout')?.entry.author
  const linked = (children.get(node.entry.id) ?? []).some((next) => next.entry.author === waiting)
  return linked ? 2 : 0
}

/** The rank of the highest end in a branch, or -1. Walks without recursion: a branch may be as long as a contract. */
function endBelow(top: EntryNode, children: Children): number {
  let best = -1
  const open = [top]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.stage.kind === 'ended') best = Math.max(best, rankOf(node.stage.outcome))
    open.push(...(children.get(node.entry.id) ?? []))
  }
  return best
}

function withLate(stage: Stage & { kind: 'timed-out' }, siblings: readonly EntryNode[]): Stage {
  const late = siblings.find(
    (other) => other.entry.id !== stage.timeout.id && isByOldHolder(other.entry, stage.timeout),
  )
  return late === undefined ? stage : { ...stage, late: late.entry }
}

function isByOldHolder(entry: EntryRecord, timeout: HaggleRecord<'timeout'>): boolean {
  return entry.author !== timeout.author
}
